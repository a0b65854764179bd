"""`compile_spec`: the one way from a spec's text to an analysed program."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kspec.analysis.program import Analysis
from kspec.compiler.passes import analyse
from kspec.diagnostics import Diagnostic, Report, Source
from kspec.expand.expansion import EXPANSION_RULES
from kspec.language import Permissions, Spec, load_source
from kspec.language.load import report_no_network
from kspec.syntax import read_source

if TYPE_CHECKING:
    from kspec.data import Dataset

DataAccess = Literal["never", "if_needed", "always"]
"""When the training data is read: never, where a size of the model depends on it, or always."""


@dataclass(slots=True)
class CompiledSpec:
    """A spec, as far as it could be compiled, and everything found on the way.

    Args:
        source: Its text.
        report: Every diagnostic so far.
        spec: None where the text is not structurally sound, or holds only what other specs include.
        analysis: None where there is no spec.
        dataset: The training data; None where it has not been read.
    """

    source: Source
    report: Report
    spec: Spec | None = None
    analysis: Analysis | None = None
    dataset: Dataset | None = None

    def unwrap(self) -> tuple[Spec, Analysis]:
        """The spec and its analysis.

        Raises:
            SpecError: with every diagnostic, where there is an error among them.
        """
        if self.spec is None and not self.report.has_errors:
            report_no_network(self.source, self.report)
        self.report.raise_errors()
        assert self.spec is not None
        assert self.analysis is not None
        return self.spec, self.analysis

    def read_data(self) -> Dataset | None:
        """Reads the training data, and analyses the spec again with what is known of it.

        Returns:
            The data; None where the spec has none, or it is faulty, with the reasons in the report.
        """
        if self.spec is None or self.analysis is None or self.analysis.settings is None:
            return None
        from kspec.data.training_data import read_training_data

        found = Report()
        self.dataset = read_training_data(self.spec, self.analysis, found)
        if self.dataset is not None:
            before: list[Diagnostic] = list(self.spec.diagnostics)
            self.report.diagnostics[:] = before
            self.analysis = analyse(self.spec, self.report, self.dataset.profile)
        self.report.diagnostics.extend(found)
        return self.dataset


def compile_spec(
    source: Spec | Source | str | os.PathLike[str],
    overrides: Iterable[str] = (),
    *,
    data: DataAccess = "never",
    permissions: Permissions | None = None,
) -> CompiledSpec:
    """Compiles a spec: text → language → graph → types and settings, with every rule checked. No TensorFlow.

    Args:
        source: A loaded spec, a text at hand, or the path of a file.
        overrides: As after `--set`, for a text or a file.
        data: When to read the training data too.
        permissions: What the user allows a text or a file.

    Returns:
        The compiled spec; `unwrap()` raises what is wrong with it.
    """
    report = Report()
    spec: Spec | None = None
    if isinstance(source, Spec):
        text, spec = source.source, source
        report.diagnostics.extend(spec.diagnostics)
    else:
        text = source if isinstance(source, Source) else read_source(source, report) or Source(os.fspath(source), "")
        if not report.has_errors:
            spec = load_source(text, report, tuple(overrides), permissions)
            spec = spec if _is_analysable(report) else None
    compiled = CompiledSpec(text, report, spec)
    if spec is not None:
        compiled.analysis = analyse(spec, report)
        if data == "always" or (data == "if_needed" and compiled.analysis.needs_data):
            compiled.read_data()
    return compiled


def _is_analysable(report: Report) -> bool:
    """Whether a spec was read whole; an entry that cannot be expanded hides no problem of the others."""
    return not any(problem.is_error and problem.code not in EXPANSION_RULES for problem in report)
