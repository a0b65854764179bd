"""Finds every problem that can be found without running a spec: for `kspec check` and editors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kspec.analysis.program import Analysis
from kspec.compiler.compile import CompiledSpec, DataAccess, compile_spec
from kspec.diagnostics import Diagnostic, Report, Source
from kspec.diagnostics.budget import unlimited
from kspec.language import Permissions, Spec
from kspec.language.removed_values import attempt
from kspec.lint.config import Config, read_config
from kspec.lint.suppressions import suppress

if TYPE_CHECKING:
    from kspec.data import Dataset


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A spec and its diagnostics.

    Args:
        diagnostics: In the order of the text, without suppressed ones.
        spec: None if the text has structural errors.
        analysis: None if there is no spec.
        strict: Whether the project counts warnings as errors.
        dataset: The data; None if it has not been read, or cannot be.
    """

    diagnostics: list[Diagnostic]
    spec: Spec | None
    analysis: Analysis | None
    strict: bool
    dataset: Dataset | None = None


def check_spec(
    source: Spec | Source | str | os.PathLike[str],
    overrides: Iterable[str] = (),
    *,
    data: bool = False,
    with_keras: bool = False,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    permissions: Permissions | None = None,
) -> CheckResult:
    """Compiles a spec and reports its problems; see `kspec.check`.

    Args:
        source: A loaded spec, a text, or the path of a file.
        overrides: As after `--set`, for a text or a file.
        data: Also read the data, and report mismatches between data and spec.
        with_keras: Also build the model, and report what Keras rejects.
        select: Report only these codes or families; by default those of `pyproject.toml`, else all.
        ignore: Ignore these codes or families; by default those of `pyproject.toml`.
        permissions: What the user allows the spec to do.

    Returns:
        The diagnostics, and the spec as far as it compiles.
    """
    access: DataAccess = "always" if data else "if_needed" if with_keras else "never"
    compiled = compile_spec(source, overrides, data=access, permissions=permissions)
    spec, analysis, report = compiled.spec, compiled.analysis, compiled.report
    if data and compiled.dataset is not None:
        from kspec.data.step_check import check_step_data, check_targets

        assert spec is not None
        assert analysis is not None
        if not report.has_errors:
            check_targets(spec, analysis, compiled.dataset, report)
        check_step_data(spec, analysis, compiled.dataset, report)
    if access == "never" and spec is not None and analysis is not None:
        attempt(lambda: _check_headers(spec, analysis, report))
    if with_keras and spec is not None and not report.has_errors:
        from kspec.compiler.build import build_compiled

        build_compiled(compiled, must_adapt=False)
    if spec is not None and isinstance(spec.values.get("sweep"), dict):
        from kspec.compiler.search.check import check_sweep

        check_sweep(spec, report)
    config_report = Report()
    config = _config(compiled.source, config_report, select, ignore)
    report.diagnostics.extend(config_report)
    complete = _complete_codes(compiled, data=data)
    with unlimited():
        diagnostics = suppress(report, compiled.source, config, complete)
    return CheckResult(diagnostics, spec, analysis, config.strict, compiled.dataset)


def _check_headers(spec: Spec, analysis: Analysis, report: Report) -> None:
    """Checks what the spec says of its data as far as the headers of the data tell it."""
    if spec.document.data is not None:
        from kspec.data.headers.check import check_headers
        from kspec.data.network_specs import input_specs

        outputs = [] if analysis.settings is None else list(analysis.graph.outputs)
        check_headers(spec, input_specs(spec), outputs, report)


def _config(source: Source, report: Report, select: Iterable[str] | None, ignore: Iterable[str] | None) -> Config:
    config = read_config(Path(os.path.abspath(source.name)).parent, report)
    return replace(
        config,
        select=config.select if select is None else tuple(select),
        ignore=config.ignore if ignore is None else tuple(ignore),
    )


def _complete_codes(compiled: CompiledSpec, *, data: bool) -> tuple[str, ...]:
    """Prefixes of the codes whose problems are all known: some rules need data, and errors hide other problems."""
    spec, analysis = compiled.spec, compiled.analysis
    if spec is None or analysis is None or analysis.settings is None or compiled.report.has_errors:
        return ()
    return ("",) if data or spec.document.data is None else ("KS2",)
