"""All that can be told of a spec, as its user wants to hear it: what `kspec check` shows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from kspec.analysis import Analysis, analyse
from kspec.diagnostics import Diagnostic, Report, Source
from kspec.expand.expansion import EXPANSION
from kspec.language import Permissions, Spec, load_source
from kspec.lint.config import read_config
from kspec.lint.suppressions import silence
from kspec.syntax import read_source


@dataclass(frozen=True, slots=True)
class Examined:
    """A spec, and what there is to say of it.

    Args:
        spec: None where it is structurally unsound.
        analysis: Its graph and settings; None where there is no spec.
        strict: Whether the project wants warnings to count as errors.
    """

    diagnostics: list[Diagnostic]
    spec: Spec | None
    analysis: Analysis | None
    strict: bool


def examine(
    spec: Spec | Source | str | os.PathLike[str],
    overrides: Iterable[str] = (),
    *,
    data: bool = False,
    with_keras: bool = False,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Examined:
    """As `kspec.check`, of a text that is at hand too, and with what was found out on the way."""
    report = Report()
    loaded: Spec | None = None
    if isinstance(spec, Spec):
        source, loaded = spec.source, spec
        report.diagnostics.extend(spec.diagnostics)
    elif isinstance(spec, Source):
        source = spec
    else:
        source = read_source(spec, report) or Source(os.fspath(spec), "")
    if loaded is None and not report.has_errors:
        permissions = Permissions(allow_code, allow_outside, allow_network)
        loaded = load_source(source, report, tuple(overrides), permissions)
        loaded = loaded if _is_whole(report) else None
    wishes = Report()
    config = read_config(Path(os.path.abspath(source.name)).parent, wishes)
    if select is not None or ignore is not None:
        config = replace(
            config,
            select=config.select if select is None else tuple(select),
            ignore=config.ignore if ignore is None else tuple(ignore),
        )
    analysis = None if loaded is None else _analyse(loaded, report, data=data, with_keras=with_keras)
    report.diagnostics.extend(wishes)
    complete = _complete(loaded, analysis, report, data=data)
    return Examined(silence(report, source, config, complete), loaded, analysis, config.strict)


def _complete(spec: Spec | None, analysis: Analysis | None, report: Report, *, data: bool) -> tuple[str, ...]:
    """How the codes begin of which all there is has been found: some rules wait for the data; errors hide some."""
    if spec is None or analysis is None or analysis.settings is None or report.has_errors:
        return ()
    return ("",) if data or spec.document.data is None else ("KS2",)


def _is_whole(report: Report) -> bool:
    """Whether a spec was read whole; an entry that cannot be written out hides nothing of the others."""
    return not any(found.is_error and found.code not in EXPANSION for found in report)


def _analyse(spec: Spec, report: Report, *, data: bool, with_keras: bool) -> Analysis:
    before = list(report)
    analysis = analyse(spec, report)
    if data and analysis.settings is not None:
        from kspec.training.data_check import look_at_data, look_at_targets

        found = Report()
        dataset = look_at_data(spec, analysis, found)
        if dataset is not None:  # everything once more, now that the data is known
            report.diagnostics[:] = before
            analysis = analyse(spec, report, dataset.profile)
            if not report.has_errors:
                look_at_targets(spec, analysis, dataset, report)
        report.diagnostics.extend(found)
    if with_keras and not report.has_errors:
        from kspec.training import try_build

        try_build(spec, analysis, report)
    return analysis
