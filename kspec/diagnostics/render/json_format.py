"""Diagnostics as one JSON document: `{"diagnostics": [...]}`. Lines and columns count from 1, in characters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from kspec.diagnostics.diagnostic import MAX_LISTED, Diagnostic, most_important
from kspec.diagnostics.source import Span


def write(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Writes the document, in ASCII, which every stream can encode."""
    json.dump(document(diagnostics), stream, indent=2)
    stream.write("\n")


def document(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The document as plain values; `omitted` counts the diagnostics that are too many to list."""
    listed, omitted = most_important(diagnostics, MAX_LISTED)
    return {"diagnostics": [as_plain(diagnostic) for diagnostic in listed]} | ({"omitted": omitted} if omitted else {})


def as_plain(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain values; without a place, its file, line and columns are null."""
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "label": diagnostic.label,
        **_place(diagnostic.span),
        "help": diagnostic.help,
        "related": [{"message": related.message, **_place(related.span)} for related in diagnostic.related],
        "edits": [{**_place(edit.span), "replacement": edit.replacement} for edit in diagnostic.edits],
    }


def _place(span: Span | None) -> dict[str, str | int | None]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
