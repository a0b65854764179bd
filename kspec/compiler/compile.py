"""`compile_spec`: the only way from a spec's text to an analysed program."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kspec.analysis.program import Analysis
from kspec.compiler.garbage_collection import paused
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, Source
from kspec.diagnostics.budget import BudgetExceeded, limited
from kspec.language import Permissions, Spec, load_source
from kspec.language.load import report_no_network
from kspec.syntax import read_source

if TYPE_CHECKING:
    from kspec.data import Dataset
    from kspec.data.shared_table import SharedTable

DataAccess = Literal["never", "if_needed", "always"]
"""When to read the training data: never, if a size of the model depends on it, or always."""


@dataclass(slots=True)
class CompiledSpec:
    """A spec as far as it compiles, with every diagnostic.

    Args:
        source: Its text.
        report: Every diagnostic so far.
        spec: None if nothing of the text can be analysed, or if it only holds definitions for other specs to include.
        analysis: None if there is no spec.
        dataset: The training data; None if it has not been read.
    """

    source: Source
    report: Report
    spec: Spec | None = None
    analysis: Analysis | None = None
    dataset: Dataset | None = None

    def unwrap(self) -> tuple[Spec, Analysis]:
        """Returns the spec and its analysis.

        Raises:
            SpecError: with every diagnostic, if one of them is an error.
        """
        if self.spec is None and not self.report.has_errors:
            report_no_network(self.source, self.report)
        self.report.raise_errors()
        assert self.spec is not None
        assert self.analysis is not None
        return self.spec, self.analysis

    def read_data(self, *, keep: bool = False, shared: SharedTable | None = None) -> Dataset | None:
        """Reads the training data, and analyses the spec again with its profile.

        Args:
            keep: Whether the data is stored for the next run, even if its table is not large.
            shared: The table, if several runs share it.

        Returns:
            The data; None if the spec has none, or it has errors, with the reasons in the report.
        """
        if self.spec is None or self.analysis is None or self.analysis.settings is None:
            return None
        from kspec.data.training_data import read_training_data

        data_report = Report()
        self.dataset = read_training_data(self.spec, self.analysis, data_report, keep=keep, shared=shared)
        if self.dataset is not None:
            self.report.diagnostics[:] = self.spec.diagnostics
            self.analysis = analyse(self.spec, self.report, self.dataset.profile, self.dataset.size)
        self.report.diagnostics.extend(data_report)
        return self.dataset


def compile_spec(
    source: Spec | Source | str | os.PathLike[str],
    overrides: Iterable[str] = (),
    *,
    data: DataAccess = "never",
    permissions: Permissions | None = None,
    is_trained: bool = False,
) -> CompiledSpec:
    """Compiles a spec, without TensorFlow: text → language → graph → types and settings, checked by every rule.

    Args:
        source: A loaded spec, a text, or the path of a file.
        overrides: As after `--set`, for a text or a file.
        data: When to read the training data.
        permissions: What the user allows the spec to do.
        is_trained: Whether the text or file is that of a run, whose trained model is saved.

    Returns:
        The compiled spec; `unwrap()` raises its errors.
    """
    report = Report()
    spec: Spec | None = None
    with paused(), limited():
        if isinstance(source, Spec):
            text, spec = source.source, source
            report.diagnostics.extend(spec.diagnostics)
        else:
            text = (
                source if isinstance(source, Source) else read_source(source, report) or Source(os.fspath(source), "")
            )
            if not report.has_errors:
                spec = load_source(text, report, tuple(overrides), permissions)
                if spec is not None:
                    spec.is_trained = is_trained
        if spec is None:
            return CompiledSpec(text, report)
        try:
            compiled = CompiledSpec(text, report, spec, analyse(spec, report))
        except BudgetExceeded as error:
            report.end(error)
            return CompiledSpec(text, report)
    assert compiled.analysis is not None
    if data == "always" or (data == "if_needed" and compiled.analysis.needs_data):
        compiled.read_data()
    return compiled
