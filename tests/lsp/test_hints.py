"""Inlay hints."""

from __future__ import annotations

from lsprotocol import types as lsp

from tests.lsp.specs import BLOCKS, MODELS, SMALL


def test_each_node_shows_its_shape_and_parameters(editor):
    editor.open(SMALL)
    assert editor.hints() == {
        6: "(null, 4)",
        9: "(null, 16) · 80 parameters",
        11: "(null, 8) · 136 parameters",
        13: "(null, 8)",
        14: "(null, 1) · 9 parameters",
    }
    editor.type("width: 8", "width: 9")
    assert editor.hints()[9] == "(null, 18) · 90 parameters"


def test_hints_stay_while_a_line_is_half_typed(editor):
    editor.open(SMALL)
    before = editor.hints()
    found = editor.type("rate: 0.5}", "rate: ")
    assert len(found) == 1  # it is summaries once
    assert editor.hints() == {line: hint for line, hint in before.items() if line != 13}
    editor.type("rate: ", "rate: 0.5}\n  - ReLU")
    assert len(editor.hints()) == len(before) + 1


def test_entries_in_flow_style_have_hints(editor):
    editor.open("kspec: 1\ninputs: {x: {shape: [3]}}\nlayers: [{Dense: {units: 2}}, Flatten]\ntask: regression\n")
    uri = editor.uri("spec.yaml")
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0))
    found = editor.ask(lsp.TEXT_DOCUMENT_INLAY_HINT, lsp.InlayHintParams(lsp.TextDocumentIdentifier(uri), whole))
    assert [(h.position.line, h.position.character, h.label) for h in found] == [
        (1, 24, "(null, 3)"), (2, 28, "(null, 2) · 8 parameters"), (2, 37, "(null, 2)"),
    ]  # fmt: skip


def test_blocks_have_hints(editor):
    assert editor.open(BLOCKS) == []
    hints = editor.hints()
    assert hints[8] == "(null, 8) · 40 parameters · 2 times"
    assert hints[16] == "(null, 4) · 152 parameters"


def test_sub_models_have_hints(editor):
    assert editor.open(MODELS) == []
    hints = editor.hints()
    assert hints[5] == "(null, 6) → (null, 3) · 83 parameters · frozen"
    assert hints[8] == "(null, 8) · 56 parameters"
    assert hints[21] == "(null, 3) · 83 parameters"
    assert hints[24] == "(null, 3)"  # the weights count once
    assert hints[27] == "(null, 6)"


def test_sizes_are_those_of_the_data_and_follow_it(editor):
    table = editor.root / "kinds.csv"
    rows = [f"{number},{'abc'[number % 3]}" for number in range(30)]
    table.write_text("\n".join(["x,kind", *rows]))
    last = "  - Dense: {units: {classes_of: kind}, activation: softmax}\n    name: kind\n"
    editor.open("kspec: 1\ndata: {csv: kinds.csv, targets: kind}\ninputs: {x: {shape: [1]}}\nlayers:\n" + last)
    assert editor.hints()[5] == "(null, 3) · 6 parameters"
    table.write_text("\n".join(["x,kind", *rows, "30,d", "31,d", "32,d"]))
    editor.type("name: kind", "name: kind  # again")
    assert editor.hints()[5] == "(null, 4) · 8 parameters"
    table.unlink()
    editor.type("# again", "# gone")
    assert editor.hints()[5] == "(null, null)"
