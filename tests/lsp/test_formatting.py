"""Formatting."""

from __future__ import annotations

from lsprotocol import types as lsp

from tests.lsp.specs import SMALL


def test_formatting(editor):
    from kspec.rewrite.fmt import format_text

    untidy = SMALL.replace("{rate: 0.5}", "{   rate:   0.5 }").replace("outputs: grade", "outputs:    grade")
    editor.open(untidy)
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    uri = lsp.TextDocumentIdentifier(editor.uri("spec.yaml"))
    edits = editor.ask(lsp.TEXT_DOCUMENT_FORMATTING, lsp.DocumentFormattingParams(uri, options))
    assert editor.apply(edits) == format_text(untidy) != untidy
    editor.open("kspec: [\n")
    assert editor.ask(lsp.TEXT_DOCUMENT_FORMATTING, lsp.DocumentFormattingParams(uri, options)) is None
