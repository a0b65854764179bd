"""Outline and folding."""

from __future__ import annotations

from lsprotocol import types as lsp

from tests.lsp.specs import MODELS, SMALL


def test_outline(editor):
    editor.open(SMALL)
    uri = lsp.TextDocumentIdentifier(editor.uri("spec.yaml"))
    found = editor.ask(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(uri))
    layers = next(symbol for symbol in found if symbol.name == "layers")
    assert [(child.name, child.detail) for child in layers.children][:2] == [
        ("wide", "Dense · (null, 16) · 80 parameters"),
        ("dense", "Dense · (null, 8) · 136 parameters"),
    ]
    for symbol in [*found, *layers.children]:
        inner, outer = symbol.selection_range, symbol.range
        assert (outer.start.line, outer.start.character) <= (inner.start.line, inner.start.character)
        assert (inner.end.line, inner.end.character) <= (outer.end.line, outer.end.character)


def test_outline_of_sub_models(editor):
    editor.open(MODELS)
    models = next(symbol for symbol in editor.symbols() if symbol.name == "models")
    assert [(child.name, child.detail) for child in models.children] == [
        ("encoder", "(null, 6) → (null, 3)"),
        ("both", "(null, 3), (null, 3) → (null, 6)"),
    ]
    assert [(child.name, child.detail) for child in models.children[0].children][1:] == [
        ("wide", "Dense · (null, 8) · 56 parameters"),
        ("code", "Dense · (null, 3) · 27 parameters"),
    ]


def test_folds(editor):
    editor.open("# one\n# two\n" + SMALL)
    uri = lsp.TextDocumentIdentifier(editor.uri("spec.yaml"))
    found = editor.ask(lsp.TEXT_DOCUMENT_FOLDING_RANGE, lsp.FoldingRangeParams(uri))
    lines = {(fold.start_line + 1, fold.end_line + 1) for fold in found}
    assert {(1, 2), (7, 8), (10, 18), (11, 12)} <= lines
