"""The target `python`: the spec as one file of Keras code."""

from __future__ import annotations

from pathlib import Path

from kspec.codegen import python_source
from kspec.diagnostics import Report
from kspec.export.formats import ExportContext


def write(subject: ExportContext, path: Path) -> str:
    """Writes the file.

    Raises:
        SpecError: when the spec asks for what plain Python code has no way for yet (KS620).
    """
    assert subject.analysis is not None
    report = Report()
    text = python_source(
        subject.spec, subject.analysis, subject.dataset, report, others=subject.others, folder=subject.folder
    )
    report.raise_errors()
    path.write_text(text, encoding="utf-8")
    return ""
