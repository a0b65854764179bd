"""A spec → one file of Keras code."""

from __future__ import annotations

from pathlib import Path

from kspec.codegen import python_source
from kspec.diagnostics import Report
from kspec.export.formats import ExportContext


def write(context: ExportContext, path: Path) -> str:
    """Writes the file.

    Raises:
        SpecError: If plain Keras code cannot express the spec yet (KS620).
    """
    assert context.analysis is not None
    report = Report()
    text = python_source(
        context.spec, context.analysis, context.dataset, report, others=context.others, folder=context.folder
    )
    report.raise_errors()
    path.write_text(text, encoding="utf-8")
    return ""
