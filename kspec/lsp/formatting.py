"""Formatting as by `kspec fmt`, as edits of the changed lines."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol import types as lsp

from kspec.diagnostics import Source, SpecError
from kspec.lsp.document import Document
from kspec.lsp.text import Text
from kspec.rewrite.fmt import CannotFormat, format_source


def formatting_edits(document: Document) -> list[lsp.TextEdit] | None:
    """The edits that format the text, line by line, so that cursors and folds elsewhere stay.

    Returns:
        None for a text that cannot be read.
    """
    try:
        new = format_source(document.source)
    except (SpecError, CannotFormat):
        return None
    text = document.text
    old_lines, new_lines = _lines(text), _lines(Text(Source("", new)))
    edits = []
    for tag, a, b, c, d in SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes():
        if tag != "equal":
            start, end = _start(text, a), _start(text, b)
            edits.append(lsp.TextEdit(text.between(start, end), "".join(new_lines[c:d])))
    return edits


def _lines(text: Text) -> list[str]:
    return [text.content[start : _start(text, n + 1)] for n, start in enumerate(text.starts)]


def _start(text: Text, line: int) -> int:
    return text.starts[line] if line < len(text.starts) else len(text.content)
