"""Positions: UTF-16 units, line breaks, and many edits in a row."""

from __future__ import annotations

import random
import re

import pytest
from lsprotocol import types as lsp

import kspec
from tests.lsp.client import offset
from tests.lsp.specs import MLP, SMALL


def test_positions_count_utf_16_units(editor):
    text = SMALL.replace("vars: {width: 8}", 'description: "größe 😀😀"  # 😀\nvars: {"wid": 1, width: 8}  # 漢😀')
    editor.open(text)
    place = editor.at("width: 8")
    context = lsp.ReferenceContext(include_declaration=True)
    found = editor.places(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context=context, **place))
    assert [word for _, word in found] == ["width"] * 3
    (problem,) = [d for d in editor.type('"größe 😀😀"  # 😀', '"😀", lossy: 😀') if d.code == "KS002"]
    assert problem.range.start.line == 1


@pytest.mark.parametrize("line_break", ["\r\n", "\r"])
def test_other_line_breaks(editor, line_break):
    text = SMALL.replace("\n", line_break)
    editor.open(text)
    assert editor.hints()[9] == "(null, 16) · 80 parameters"
    edit = editor.ask(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameParams(new_name="passed", **editor.at("grade: mark")))
    assert editor.apply(edit) == text.replace("grade", "passed")


def test_line_breaks_of_yaml_that_editors_do_not_have(editor):
    text = SMALL.replace("vars: {width: 8}", "description: 'a\u2028b\x85c'\nvars: {width: 8}")
    editor.open(text)
    assert editor.hints()[10] == "(null, 16) · 80 parameters"
    editor.type("units: $width", "units: 3")
    assert editor.hints()[12] == "(null, 3) · 51 parameters"


def test_diagnostics_after_many_edits_equal_a_fresh_check(editor):
    chance = random.Random(3)
    words = ["{", "}", "[", "]", ":", ",", "\n", "  ", "- ", "Dense", "units: 4", "$width", "from: wide", "#", "😀", "é",
             "\u2028", "\r\n", "'", '"', "relu", "*", "&a", "name: grade", "\t", "null"]  # fmt: skip
    name = "edited.yaml"
    editor.open(MLP, name)
    uri = editor.uri(name)
    for number in range(300):
        text = editor.texts[uri]
        start = chance.randrange(len(text) + 1)
        while text[start - 1 : start + 1] == "\r\n":  # no place of the protocol lies between the two
            start = chance.randrange(len(text) + 1)
        if chance.random() < 0.5:
            editor.change(start, start, chance.choice(words), name)
        else:
            end = min(start + chance.randrange(12), len(text))
            end += text[end - 1 : end + 1] == "\r\n"
            editor.change(start, end, "", name)
        if len(editor.texts[uri]) < 200 or number % 97 == 0:
            editor.change(0, len(editor.texts[uri]), MLP, name)
        if number % 15 == 0:
            compare_with_check(editor, name)
            editor.hints(name)
            symbols = lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(uri))
            editor.ask(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, symbols)
            place = lsp.Position(chance.randrange(20), chance.randrange(30))
            editor.ask(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionParams(lsp.TextDocumentIdentifier(uri), place))
            editor.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(lsp.TextDocumentIdentifier(uri), place))
    compare_with_check(editor, name)


def compare_with_check(editor, name):
    text = editor.texts[editor.uri(name)]
    path = editor.root / name
    path.write_bytes(text.encode("utf-8"))
    fresh = kspec.check(path)
    told = editor.problems(name)
    assert [d.code for d in told] == [d.code for d in fresh], text
    starts = [0, *(found.end() for found in re.finditer("\r\n|[\r\n\x85\u2028\u2029]", text))]  # YAML's lines
    for problem, other in zip(told, fresh, strict=True):
        assert problem.message.startswith(other.message)
        place = starts[other.span.line - 1] + other.span.column - 1
        assert offset(text, problem.range.start) == min(place, len(text)), (other, text)
