"""Definition, references, highlights and rename."""

from __future__ import annotations

import pytest
from lsprotocol import types as lsp

from tests.lsp.specs import BLOCKS, MODELS, SMALL, STAGES


def test_definition_and_references(editor):
    editor.open(SMALL)
    assert editor.definition("wide\n  - Dropout") == [(10, "wide")]
    assert editor.definition("dropout\n") == [(13, "Dropout")]
    assert editor.references("grade\n\noutputs") == [(3, "grade"), (18, "grade"), (20, "grade")]
    assert editor.references("width: 8") == [(9, "width"), (11, "width")]


def test_names_in_sizes(editor):
    text = SMALL.replace("{rate: 0.5}", '{rate: "${1 / units_of(wide)}"}').replace(
        "  - Dropout", "  - Dense: {units: {shape_of: wide, axis: 1}}\n  - Dropout", 1
    )
    editor.open(text)
    assert editor.definition("wide)}") == editor.definition("wide, axis") == [(10, "wide")]
    assert editor.rename("wide, axis", "broad") == text.replace("wide", "broad")


def test_names_in_an_expression(editor):
    text = SMALL.replace("  - Dropout: {rate: 0.5}", "  - expr: $width * (wide - 1)\n    name: dropped", 1)
    editor.open(text)
    assert editor.definition("wide - 1") == [(10, "wide")]
    assert editor.rename("wide - 1", "broad") == text.replace("wide", "broad")
    assert editor.rename("width * (", "size") == text.replace("width", "size")


def test_names_in_a_block(editor):
    editor.open(BLOCKS)
    assert editor.references("units, rate", declaration=True) == [(6, "units"), (8, "units"), (17, "units")]
    assert editor.rename("main\n      - Add", "body") == BLOCKS.replace("main", "body")
    assert editor.rename("residual:", "unit") == BLOCKS.replace("residual", "unit")
    assert editor.definition("stage\n    name: price") == [(19, "stage")]


def test_names_in_a_sub_model_are_its_own(editor):
    editor.open(MODELS)
    assert editor.rename("wide\n      - Dense", "broad") == MODELS.replace("name: wide", "name: broad", 1)
    assert editor.rename("row: {shape", "x") == MODELS.replace("{row:", "{x:")
    assert editor.rename("encoder\n    from: left", "coder") == MODELS.replace("encoder", "coder")
    assert editor.definition("encoder\n    from: {row") == [(5, "encoder")]
    editor.open(MODELS.replace("  - Dense: {units: 1}", "  - TimeDistributed: {layer: {model: encoder}}"))
    assert editor.references("encoder:") == [(21, "encoder"), (24, "encoder"), (30, "encoder")]


def test_layers_that_stages_freeze_are_renamed(editor):
    editor.open(STAGES)
    assert editor.rename("wide\n  - Dense", "broad") == STAGES.replace("wide", "broad")


def test_rename_of_an_output_changes_it_everywhere(editor):
    editor.open(SMALL)
    text = editor.rename("grade\n\noutputs", "passed")
    assert text == SMALL.replace("grade", "passed")
    assert "KS201" not in [d.code for d in editor.open(text)]


def test_rename_of_an_output_changes_what_callbacks_monitor(editor):
    text = SMALL.replace("outputs: grade\n", "outputs: [grade, wide]\n").replace(
        "  loss: {grade: binary_crossentropy}\n", "  loss: {grade: binary_crossentropy, wide: mse}\n"
    ) + "fit: {keep: best, monitor: val_grade_loss, callbacks: [{EarlyStopping: {monitor: val_grade_loss, mode: min}}]}\n"  # fmt: skip
    editor.open(text)
    assert editor.rename("grade, wide]", "passed") == text.replace("grade", "passed")


def test_rename_of_a_variable(editor):
    editor.open(SMALL)
    assert editor.rename("width: 8", "size") == SMALL.replace("width", "size")


def test_rename_names_a_node_that_had_an_automatic_name(editor):
    editor.open(SMALL)
    text = editor.rename("dropout\n", "thinned")
    assert "  - Dropout: {rate: 0.5}\n    name: thinned\n" in text
    assert editor.open(text) == []


@pytest.mark.parametrize(
    ("new", "reason"),
    [("grade", "already in use"), ("a b", "not a valid name"), ("mse", "Keras loss or metric"), ("true", "as text")],
)
def test_a_refused_rename_says_why(editor, new, reason):
    editor.open(SMALL)
    with pytest.raises(Exception, match=reason):
        editor.rename("wide\n  - Dropout", new)


def test_prepare_rename_and_highlights(editor):
    editor.open(SMALL)
    params = lsp.PrepareRenameParams(**editor.at("wide\n  - Dropout"))
    assert editor.ask(lsp.TEXT_DOCUMENT_PREPARE_RENAME, params).placeholder == "wide"
    nothing = lsp.PrepareRenameParams(**editor.at("units: 1,"))
    assert editor.ask(lsp.TEXT_DOCUMENT_PREPARE_RENAME, nothing) is None
    params = lsp.DocumentHighlightParams(**editor.at("wide\n  - Dropout"))
    found = editor.places(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, params)
    assert found == [(10, "wide"), (12, "wide")]
