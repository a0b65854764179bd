"""Hover."""

from __future__ import annotations

from tests.lsp.specs import MODELS, SMALL


def test_hover_over_a_layer_shows_its_shapes_and_arguments(editor):
    editor.open(SMALL)
    shown = editor.hover("Dense: {units: $width}")
    assert "**dense** · `Dense`" in shown
    assert "`(null, 16)` → `(null, 8)`" in shown
    assert "136 parameters" in shown
    assert "units: 8\n" in shown  # what the variable gives
    assert "use_bias: true  # default" in shown
    assert "https://keras.io/api/layers/core_layers/dense" in shown


def test_hover_over_an_argument_a_setting_a_reference_and_a_variable(editor):
    editor.open(SMALL)
    assert "between 0 and 1" in editor.hover("rate: 0.5") or "default" in editor.hover("rate: 0.5")
    assert "keras.losses.BinaryCrossentropy" in editor.hover("binary_crossentropy")
    assert "keras.activations.relu" in editor.hover("relu}")
    assert "**wide** · `Dense`" in editor.hover("wide\n  - Dropout")
    assert editor.hover("width}\n    from") == "`$width` is `8`"
    assert editor.hover("width * 2") == "`$width` is `8`"
    assert "loss" in editor.hover("loss: {grade")
    assert editor.hover("\n\nlayers") == ""


def test_hover_over_an_expression_shows_its_numbers(editor):
    editor.open(SMALL.replace("  - Dropout: {rate: 0.5}", "  - expr: (wide - 1) / ${units_of(wide)} * $width"))
    shown = editor.hover("expr: (wide")
    assert "**expr** · `(wide - 1) / 16 * 8`  \n`(null, 16)`" in shown
    assert "keras.ops" not in shown


def test_hover_over_a_sub_model(editor):
    editor.open(MODELS)
    shown = editor.hover("encoder\n    from: left")
    assert "the sub-model **encoder** · frozen" in shown
    assert "83 parameters, 83 non-trainable" in shown
    assert "- input `row`: `(null, 6)`" in shown
    assert "**wide** · `Dense`" in editor.hover("Dense: {units: 8")
    assert "**wide** · `Concatenate`" in editor.hover("Concatenate")
    assert "`both` (a sub-model)  \n`(null, 3)`, `(null, 3)` → `(null, 6)`" in editor.hover("pair")


def test_hover_over_a_column_shows_its_facts(editor):
    data = (
        "data: {csv: facts.csv, inputs: [age, visits], targets: bought, columns: {old: age > 40}, where: visits < 90}"
    )
    rows = [f"{20 + row},{row % 4 if row != 7 else ''},{'yes' if row % 2 else 'no'}" for row in range(40)]
    (editor.root / "facts.csv").write_text("\n".join(["age,visits,bought", *rows, "30,99,no"]))
    layers = "inputs: {x: {shape: [2]}}\nlayers: [{Dense: {units: 1}, name: y}]\n"
    editor.open(f"kspec: 1\n{data}\n{layers}")
    assert editor.hover("age, visits") == (
        "**age** · integer column\n\n39 rows, none missing · 39 distinct · from 20 to 59, median 40"
    )
    assert "**visits** · integer column" in editor.hover("visits]")
    assert "from 0 to 3, median 1" in editor.hover("visits < 90"), "without the rows that `where` leaves out"
    assert "`no` 20, `yes` 19" in editor.hover("bought,")
    (editor.root / "facts.csv").write_text("age,visits,bought\n1,2,maybe\n")
    assert "`maybe` 1" in editor.hover("bought,")
    (editor.root / "facts.csv").unlink()
    assert "maybe" not in editor.hover("bought,")


def test_an_address_of_a_sweep(editor):
    editor.open(f"{SMALL}sweep:\n  search: {{fit.batch_size: {{int: [8, 64]}}}}\n  goal: {{minimize: val_loss}}\n")
    assert "Number of examples per training step" in editor.hover("fit.batch_size")
