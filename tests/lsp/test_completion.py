"""Completion."""

from __future__ import annotations

import re

import pytest
from lsprotocol import types as lsp

from tests.lsp.client import Editor
from tests.lsp.specs import BLOCKS, MODELS, SMALL, STAGES


def test_all_layers_are_proposed_at_an_item(editor):
    editor.open(SMALL + "")
    editor.type("  - Dropout: {rate: 0.5}", "  - ")
    found = editor.complete()
    from kspec import catalog

    assert set(catalog.names("layer")) <= set(found)
    assert found["LSTM"].text_edit.new_text == "LSTM: {units: ${1:64}}"
    assert found["Flatten"].text_edit.new_text == "Flatten"
    resolved = editor.ask(lsp.COMPLETION_ITEM_RESOLVE, found["Dense"])
    assert "every output is a weighted sum" in resolved.documentation.value


def test_only_the_arguments_of_a_class_are_proposed_within_it(editor):
    editor.open(SMALL)
    editor.type("{rate: 0.5}", "{rate: 0.5, ")
    assert set(editor.complete()) == {"noise_shape", "seed", "activity_regularizer", "dtype"}
    editor.type("{rate: 0.5, ", "{rate: 0.5, se")
    assert "seed" in editor.complete()


def test_values_of_an_argument(editor):
    editor.open(SMALL)
    editor.type("activation: sigmoid", "activation: ")
    assert {"relu", "softmax", "sigmoid"} <= set(editor.complete())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("    from: ", ["dropout", "dense", "wide", "points"]),
        ("    from: [wide, ", ["dropout", "dense", "points"]),
        ("    from: {x: wi", ["dropout", "dense", "wide", "points"]),
    ],
)
def test_preceding_nodes_are_proposed_nearest_first(editor, line, expected):
    editor.open(SMALL)
    editor.type("    from: dropout", line)
    found = editor.complete()
    assert [item.label for item in sorted(found.values(), key=lambda item: item.sort_text)] == expected
    assert found["wide"].detail == "(null, 16)" if "wide" in found else True


def test_sizes_of_nodes(editor):
    editor.open(SMALL)
    editor.type("units: $width", "units: {shape_of: ")
    assert set(editor.complete()) == {"points", "wide"}
    editor.open(SMALL)
    editor.type("units: $width", 'units: "${')
    assert {"width", "sqrt", "units_of", "shape_of", "vocabulary_of"} <= set(editor.complete())
    editor.open(SMALL)
    editor.type("units: $width", 'units: "${2 * units_of(')
    assert set(editor.complete()) == {"points", "wide"}
    editor.open(SMALL)
    editor.type("units: $width", "units: {")
    assert {"units_of", "shape_of", "vocabulary_of", "classes_of"} <= set(editor.complete())


def test_nodes_in_an_expression(editor):
    editor.open(SMALL)
    editor.type("  - Dropout: {rate: 0.5}", "  - expr: 2 * wi")
    found = editor.complete()
    assert {"wide", "points", "maximum", "sqrt"} <= set(found)
    assert found["wide"].text_edit.range.start.character == 14


def test_nodes_for_reuse_and_outputs(editor):
    editor.open(SMALL)
    editor.type("  - Dropout: {rate: 0.5}", "  - reuse: ")
    assert set(editor.complete()) == {"wide", "dense"}  # an input has no layer
    editor.open(SMALL)
    editor.type("outputs: grade", "outputs: ")
    assert set(editor.complete()) == {"points", "wide", "dense", "dropout", "grade"}


def test_columns_of_the_data(editor):
    editor.open(SMALL)
    editor.type("{grade: mark}}", "{grade: ")
    assert list(editor.complete()) == ["first", "second", "mark", "größe", "third"]
    editor.type("targets: {grade: ", "inputs: ")
    assert "second" in editor.complete()


def test_inputs_and_outputs_as_keys(editor):
    editor.open(SMALL)
    editor.type("targets: {grade: mark}", "inputs: {")
    assert "points" in editor.complete()
    editor.open(SMALL)
    editor.type("{grade: binary_crossentropy}", "{")
    assert "grade" in editor.complete()


def test_variables(editor):
    editor.open(SMALL)
    editor.type("units: $width", "units: $")
    assert editor.complete()["$width"].detail == "8"
    editor.open(SMALL)
    editor.type("${width * 2}", "${width * ")
    assert {"width", "max", "min"} <= set(editor.complete())


def test_layers_that_stages_freeze(editor):
    editor.open(STAGES)
    editor.type("{wide: false, wide/inner: true}", "{")
    found = set(editor.complete())
    assert {"wide", "grade"} <= found
    assert "points" not in found
    editor.open(STAGES)
    editor.type("{wide: false, wide/inner: true}", "{wide: false}\n      opt")
    assert {"optimizer", "epochs"} <= set(editor.complete())


def test_layers_of_an_application_that_stages_freeze(editor):
    application = "{application: {MobileNetV2: {include_top: false}}}"
    editor.open(SMALL + f"models:\n  base: {application}\nfit:\n  stages:\n    - trainable: {{b: true}}\n")
    editor.type("{b: true}", "{b")
    found = set(editor.complete())
    assert {"base", "base/block_16_expand"} <= found
    assert "base/predictions" not in found


def test_quantities_to_monitor(editor):
    editor.open(SMALL + "fit:\n  callbacks:\n    - EarlyStopping: {patience: 3}\n")
    editor.type("{patience: 3}", "{monitor: ")
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} <= set(editor.complete())
    editor.open(SMALL + "fit:\n  keep: best\n  monitor: x\n")
    editor.type("monitor: x", "monitor: ")
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} <= set(editor.complete())
    editor.open(SMALL + "fit:\n  keep: best\n")
    editor.type("keep: best", "keep: ")
    assert {"last", "best"} <= set(editor.complete())


def test_sections_and_their_keys(editor):
    editor.open(SMALL + "fi")
    assert {"fit", "seed", "task"} <= set(editor.complete())
    assert "layers" not in editor.complete()
    editor.open(SMALL + "fit:\n  ")
    assert {"epochs", "batch_size", "callbacks"} <= set(editor.complete())
    editor.open(SMALL + "fit:\n  epochs: 3\n  ba")
    found = editor.complete()
    assert "epochs" not in found
    assert found["batch_size"].text_edit.new_text == "batch_size: $1"


def accepted(editor, label):
    """The text once a proposal is taken, as it stands before its places are filled in."""
    item = editor.complete()[label]
    new = re.sub(r"\$\{\d+:((?:\\\}|[^}])*)\}|\$\d", lambda found: found[1] or "", item.text_edit.new_text)
    return editor.apply([lsp.TextEdit(item.text_edit.range, new.replace("\\", ""))])


@pytest.mark.parametrize(
    ("old", "new", "back", "label", "expected"),
    [  # what is typed over, with what, how many characters back the cursor is, what is taken, what then stands there
        ("{rate: 0.5}", "{rate:}", 1, "$width", "{rate: $width}"),
        ("Dropout: {rate: 0.5}", "Dropt: {rate: 0.5}", 15, "Dropout", "- Dropout: {rate: 0.5}"),
        ("units: 1, activation", "unts: 1, activation", 17, "units", "{units: 1, activation: sigmoid}"),
        ("activation: relu", "activation: relu", 2, "tanh", "activation: tanh}"),
        ("{units: 1, activation: sigmoid}", "{ units: 1}", 10, "activation", "{activation: , units: 1}"),
    ],
)
def test_an_accepted_proposal_fits_its_surroundings(editor, old, new, back, label, expected):
    editor.open(SMALL)
    editor.type(old, new)
    editor.cursor -= back
    assert expected in accepted(editor, label)


def test_proposals_fit_the_place(editor):
    editor.open(SMALL)
    editor.type("targets: {grade: mark}}", "missing: {")
    assert {"first", "größe"} <= set(editor.complete())
    editor.type("missing: {", "missing: {first: ")
    assert {"drop_row", "mean", "median", "most_frequent", "forward", "backward"} <= set(editor.complete())
    editor.type("missing: {first: ", "read: {")
    assert {"first", "größe"} <= set(editor.complete())
    editor.type("read: {", "read: {first: ")
    assert {"image", "audio", "text"} <= set(editor.complete())
    editor.open(SMALL)
    editor.type("csv: table.csv", 'files: {photo: "p/{who}/*.png"}')
    editor.type("{grade: mark}}", "{grade: ")
    assert set(editor.complete()) == {"photo", "who"}
    editor.open(SMALL)
    editor.type("csv: table.csv", "csv: ")
    assert "table.csv" in editor.complete()
    editor.open(SMALL)
    editor.type("targets: {grade: mark}}", "columns: {new: ")
    found = editor.complete()
    assert {"first", "größe", "month", "ln"} <= set(found)
    assert found["größe"].text_edit.new_text == '"größe"'
    assert not {"sum", "random", "read_csv"} & set(found)
    editor.open(SMALL)
    editor.type("  - Dropout: {rate: 0.5}", "  - MultiHeadAttention: {num_heads: 1, key_dim: 2}\n    from: {")
    assert {"query", "value", "key"} <= set(editor.complete())
    editor.open(SMALL)
    editor.type("  - Dropout: {rate: 0.5}", "  - op: sum\n    call: {")
    assert {"axis", "keepdims"} <= set(editor.complete())
    editor.type("call: {", "call: {keepdims: ")
    assert set(editor.complete()) == {"true", "false"}
    editor.open(SMALL + "fit:\n  verbose: ")
    assert {"0", "1", "2"} <= set(editor.complete())
    editor.open(SMALL)
    editor.type("loss: {grade: binary_crossentropy}", "metrics: ")
    found = editor.complete()
    assert min(found.values(), key=lambda item: item.sort_text).label == "accuracy"  # binary classification


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("from: [in, main]", "from: [", {"in", "hidden", "dropout", "main"}),
        ("block: residual", "block: ", {"residual"}),
        ("with: {units: 8}", "with: {", {"units", "rate"}),
        ("{rate: $rate}", "{rate: $", {"$units", "$rate"}),
    ],
)
def test_completion_in_blocks(editor, old, new, expected):
    editor.open(BLOCKS)
    editor.type(old, new)
    assert set(editor.complete()) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("model: both", "model: ", {"encoder", "both"}),
        ("Concatenate:", "model: ", {"encoder"}),  # what stands above alone
        ("- Dense: {units: 1}", "- TimeDistributed: {layer: {model: ", {"encoder", "both"}),
        ("{a: one, b: two}", "{a: one, ", {"b"}),
        ("{a: one, b: two}", "{a: ", {"left", "right", "one", "two"}),
        ("from: [a, b]", "from: [a, ", {"b"}),
        ("outputs: code", "outputs: ", {"row", "wide", "code"}),
        ("    trainable: false\n", "    tr", {"trainable", "weights", "file", "application"}),
        ("trainable: false", "trainable: ", {"true", "false"}),
    ],
)
def test_completion_in_sub_models(editor, old, new, expected):
    editor.open(MODELS)
    editor.type(old, new)
    found = editor.complete()
    assert {label for label in found if not label.startswith("$")} == expected


def test_an_output_can_be_minimized(editor):
    editor.open(SMALL)
    editor.type("{grade: binary_crossentropy}", "{grade: ")
    assert {"minimize", "binary_crossentropy"} <= set(editor.complete())


def test_nodes_and_sub_models_to_predict(editor):
    editor.open(MODELS + "predict: {nodes: [price, ]}")
    editor.type("[price, ]", "[price, ")
    found = {label for label in editor.complete() if not label.startswith("$")}
    assert found >= {"left", "right", "encoder", "both"}
    assert "price" not in found


def test_nothing_is_proposed_in_a_comment(editor):
    editor.open(SMALL + "# fi")
    assert editor.complete() == {}


def test_an_editor_without_snippets_gets_plain_text(tmp_path):
    with Editor(tmp_path, snippets=False) as plain:
        plain.open(SMALL)
        plain.type("  - Dropout: {rate: 0.5}", "  - ")
        item = plain.complete()["LSTM"]
        assert item.text_edit.new_text == "LSTM: {units: 64}"
        assert item.insert_text_format == lsp.InsertTextFormat.PlainText
    assert plain.status == 0


def test_columns_in_windows(editor):
    editor.open(SMALL)
    editor.type("targets: {grade: mark}}", "window: {length: 3, time: ")
    assert {"first", "größe"} <= set(editor.complete())
    editor.type("window: {length: 3, time: ", "window: {length: 3, by: ")
    assert {"first", "größe"} <= set(editor.complete())


def test_addresses_and_goals_of_a_sweep(editor):
    editor.open(SMALL + "sweep:\n  search:\n    la")
    assert {"vars.width", "fit.batch_size", "layers.wide.units", "layers.grade.use_bias"} <= set(editor.complete())
    editor.open(SMALL + "sweep:\n  search: {fit.epochs: {int: [1, 2]}}\n  goal: {maximize: x}\n")
    editor.type("{maximize: x}", "{maximize: ")
    assert "val_accuracy" in editor.complete()
    assert "val_loss" not in editor.complete()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("search:\n    fit.batch_size: ", "{int: [8, 128], log: true}"),
        ("search:\n    layers.wide.activation: {choice: [", "Activation"),
        ("sampler: {CmaEs: {", "consider_pruned_trials"),
        ("pruner: {Patient: {wrapped_pruner: ", "Hyperband"),
        ("goal: ", "{minimize: val_loss}"),
        ("goal: {maximize: ", "val_accuracy"),
        ("constraints: [", "parameters <= 100000"),
    ],
)
def test_what_a_sweep_can_have(editor, typed, first):
    editor.open(SMALL)
    end = len(SMALL)
    editor.change(end, end, f"sweep:\n  {typed}")
    found = sorted(editor.complete().values(), key=lambda item: item.sort_text)
    assert found[0].label == first
