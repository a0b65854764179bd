"""The language server, spoken to by a real client over standard input and output."""

from __future__ import annotations

import random
import re

import pytest
from lsprotocol import types as lsp

import kspec
from tests.conftest import ROOT, SPECS
from tests.lsp.lsp_client import Editor, offset, written

MLP = (SPECS / "mlp.yaml").read_text(encoding="utf-8")
SMALL = """\
kspec: 1
vars: {width: 8}
data: {csv: table.csv, targets: {grade: mark}}

inputs:
  points: {shape: [4]}

layers:
  - Dense: {units: "${width * 2}", activation: relu}
    name: wide
  - Dense: {units: $width}
    from: wide
  - Dropout: {rate: 0.5}
  - Dense: {units: 1, activation: sigmoid}
    from: dropout
    name: grade

outputs: grade
compile:
  loss: {grade: binary_crossentropy}
"""


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    root = tmp_path_factory.mktemp("specs")
    (root / "table.csv").write_text("first,second,mark,größe\n1,2,0,3\n", encoding="utf-8")
    with Editor(root) as editor:
        yield editor


def said(diagnostics):
    return [(d.code, d.range.start.line + 1, d.message.split("\n")[0]) for d in diagnostics]


# what is wrong


def test_a_sound_spec_is_clean(editor):
    assert editor.open(MLP) == []


def test_a_problem_has_its_place_severity_and_help(editor):
    editor.open(SMALL)
    problem, _ = editor.type("from: wide", "from: wid")
    assert (problem.code, problem.severity, problem.source) == ("KS201", lsp.DiagnosticSeverity.Error, "kspec")
    assert written(editor.texts[editor.uri("spec.yaml")], problem.range) == "wid"
    assert problem.message.split("\n")[1] == "nodes you can use here: points, wide"


def test_what_leads_nowhere_is_faded_and_a_second_place_is_named(editor):
    found = editor.open(SMALL.replace("    from: dropout\n", "    from: wide\n"))
    unused = [d for d in found if d.code == "KS207"]
    assert list(unused[0].tags) == [lsp.DiagnosticTag.Unnecessary]
    twice = editor.open(SMALL.replace("name: grade", "name: wide"))
    (related,) = next(d for d in twice if d.code == "KS203").related_information
    assert related.location.range.start.line == 9


def test_yaml_that_is_no_spec_is_left_alone(editor):
    assert editor.open("services:\n  web: {image: nginx, : }\n", "compose.yaml") == []
    assert editor.complete("compose.yaml") == {}
    assert said(editor.open("layers: 3\n", "a.kspec.yaml"))


def test_pyproject_is_heeded_when_the_file_is_saved(editor):
    found = editor.open(SMALL)
    assert [d.code for d in found] == ["KS213"]  # `dropout` is a counted name
    settings = editor.root / "pyproject.toml"
    settings.write_text('[tool.kspec]\nignore = ["KS213"]\n')
    try:
        params = lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(editor.uri("spec.yaml")))
        editor.published.clear()
        editor._do(editor.client.text_document_did_save, params)
        assert editor.problems() == []
    finally:
        settings.unlink()


def test_a_closed_file_has_no_problems(editor):
    assert editor.open("kspec: 1\nlayers: 3\n", "closed.yaml")
    editor.close("closed.yaml")  # which sees that they are taken back
    assert editor.open(SMALL.replace("from: dropout", "from: dense_1"), "closed.yaml")


# cures


def act(editor, problem, only=None):
    uri = editor.uri("spec.yaml")
    context = lsp.CodeActionContext([problem], only=only)
    params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), problem.range, context)
    return {action.title: action for action in editor.ask(lsp.TEXT_DOCUMENT_CODE_ACTION, params)}


def test_a_quick_fix_cures_what_it_says(editor):
    (problem,) = editor.open(MLP.replace("units: 20,", "unts: 20,"))
    action = act(editor, problem)["Write `units` for `unts`"]
    assert action.is_preferred
    assert editor.apply(action.edit) == MLP


def test_a_warning_can_be_silenced_on_its_line(editor):
    (problem,) = editor.open(SMALL)
    actions = act(editor, problem)
    assert list(actions)[1] == "Silence KS213 on this line"
    assert editor.open(editor.apply(actions["Silence KS213 on this line"].edit)) == []


def test_all_is_fixed_at_once(editor):
    found = editor.open(MLP.replace("units: 20,", "unts: 20,").replace("loss: binary", "lss: binary"))
    (action,) = act(editor, found[0], only=["source.fixAll"]).values()
    assert action.title == "Fix all that kspec can fix (2)"
    assert editor.apply(action.edit) == MLP


# hints


def test_each_node_tells_its_shape_and_parameters(editor):
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
    assert len(found) == 1  # it is said once
    assert editor.hints() == {line: hint for line, hint in before.items() if line != 13}
    editor.type("rate: ", "rate: 0.5}\n  - ReLU")
    assert len(editor.hints()) == len(before) + 1


def test_entries_between_brackets_have_hints_too(editor):
    editor.open("kspec: 1\ninputs: {x: {shape: [3]}}\nlayers: [{Dense: {units: 2}}, Flatten]\ntask: regression\n")
    uri = editor.uri("spec.yaml")
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0))
    found = editor.ask(lsp.TEXT_DOCUMENT_INLAY_HINT, lsp.InlayHintParams(lsp.TextDocumentIdentifier(uri), whole))
    assert [(h.position.line, h.position.character, h.label) for h in found] == [
        (1, 24, "(null, 3)"), (2, 28, "(null, 2) · 8 parameters"), (2, 37, "(null, 2)"),
    ]  # fmt: skip


# hover


def test_hover_over_a_layer_tells_all_of_it(editor):
    editor.open(SMALL)
    shown = editor.hover("Dense: {units: $width}")
    assert "**dense** · `Dense`" in shown
    assert "`(null, 16)` → `(null, 8)`" in shown
    assert "136 parameters" in shown
    assert "units: 8\n" in shown  # what the variable gives
    assert "use_bias: true  # default" in shown
    assert "https://keras.io/api/layers/core_layers/dense" in shown


def test_hover_over_an_argument_a_setting_a_citation_and_a_variable(editor):
    editor.open(SMALL)
    assert "between 0 and 1" in editor.hover("rate: 0.5") or "default" in editor.hover("rate: 0.5")
    assert "keras.losses.BinaryCrossentropy" in editor.hover("binary_crossentropy")
    assert "keras.activations.relu" in editor.hover("relu}")
    assert "**wide** · `Dense`" in editor.hover("wide\n  - Dropout")
    assert editor.hover("width}\n    from") == "`$width` is `8`"
    assert editor.hover("width * 2") == "`$width` is `8`"
    assert "loss" in editor.hover("loss: {grade")
    assert editor.hover("\n\nlayers") == ""


# completion


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


def test_within_a_class_its_arguments_alone_are_proposed(editor):
    editor.open(SMALL)
    editor.type("{rate: 0.5}", "{rate: 0.5, ")
    assert set(editor.complete()) == {"noise_shape", "seed", "activity_regularizer", "dtype"}
    editor.type("{rate: 0.5, ", "{rate: 0.5, se")
    assert "seed" in editor.complete()


def test_words_of_an_argument(editor):
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
def test_nodes_above_are_proposed_the_nearest_first(editor, line, expected):
    editor.open(SMALL)
    editor.type("    from: dropout", line)
    found = editor.complete()
    assert [item.label for item in sorted(found.values(), key=lambda item: item.sort_text)] == expected
    assert found["wide"].detail == "(null, 16)" if "wide" in found else True


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
    assert list(editor.complete()) == ["first", "second", "mark", "größe"]
    editor.type("targets: {grade: ", "inputs: ")
    assert "second" in editor.complete()


def test_inputs_and_outputs_where_they_are_keys(editor):
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
    stages = SMALL + "fit:\n  stages:\n    - trainable: {wide: false, wide/inner: true}\n"
    editor.open(stages)
    assert renamed(editor, "wide\n  - Dense", "broad") == stages.replace("wide", "broad")
    editor.type("{wide: false, wide/inner: true}", "{")
    found = set(editor.complete())
    assert {"wide", "grade"} <= found
    assert "points" not in found
    editor.open(stages)
    editor.type("{wide: false, wide/inner: true}", "{wide: false}\n      opt")
    assert {"optimizer", "epochs"} <= set(editor.complete())


def test_layers_of_an_application_that_stages_freeze(editor):
    application = "{application: {MobileNetV2: {include_top: false}}}"
    editor.open(SMALL + f"models:\n  base: {application}\nfit:\n  stages:\n    - trainable: {{b: true}}\n")
    editor.type("{b: true}", "{b")
    found = set(editor.complete())
    assert {"base", "base/block_16_expand"} <= found
    assert "base/predictions" not in found


def test_what_can_be_watched(editor):
    editor.open(SMALL + "fit:\n  callbacks:\n    - EarlyStopping: {patience: 3}\n")
    editor.type("{patience: 3}", "{monitor: ")
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} <= set(editor.complete())


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
def test_what_is_taken_fits_in(editor, old, new, back, label, expected):
    editor.open(SMALL)
    editor.type(old, new)
    editor.cursor -= back
    assert expected in accepted(editor, label)


def test_proposals_fit_the_place(editor):
    editor.open(SMALL)
    editor.type("targets: {grade: mark}}", "missing: {")
    assert {"first", "größe"} <= set(editor.complete())
    editor.type("missing: {", "missing: {first: ")
    assert set(editor.complete()) == {"drop_row", "mean", "median", "most_frequent"}
    editor.open(SMALL)
    editor.type("csv: table.csv", "csv: ")
    assert "table.csv" in editor.complete()
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


BLOCKS = """\
kspec: 1
task: regression
inputs: {x: {shape: [4]}}
blocks:
  residual:
    params: [units, rate: 0.1]
    layers:
      - Dense: {units: $units, activation: relu}
        name: hidden
      - Dropout: {rate: $rate}
      - Dense: {units: 4}
        name: main
      - Add:
        from: [in, main]
layers:
  - block: residual
    with: {units: 8}
    repeat: 2
    name: stage
  - Dense: {units: 1}
    from: stage
    name: price
"""


def test_blocks_have_hints_names_and_completion(editor):
    assert editor.open(BLOCKS) == []
    hints = editor.hints()
    assert hints[8] == "(null, 8) · 40 parameters · 2 times"
    assert hints[16] == "(null, 4) · 152 parameters"
    place = editor.at("units, rate")
    context = lsp.ReferenceContext(include_declaration=True)
    found = editor.places(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context=context, **place))
    assert found == [(6, "units"), (8, "units"), (17, "units")]
    assert renamed(editor, "main\n      - Add", "body") == BLOCKS.replace("main", "body")
    assert renamed(editor, "residual:", "unit") == BLOCKS.replace("residual", "unit")
    used = lsp.DefinitionParams(**editor.at("stage\n    name: price"))
    assert editor.places(lsp.TEXT_DOCUMENT_DEFINITION, used) == [(19, "stage")]
    editor.type("from: [in, main]", "from: [")
    assert set(editor.complete()) == {"in", "hidden", "dropout", "main"}
    editor.open(BLOCKS)
    editor.type("block: residual", "block: ")
    assert set(editor.complete()) == {"residual"}
    editor.open(BLOCKS)
    editor.type("with: {units: 8}", "with: {")
    assert set(editor.complete()) == {"units", "rate"}
    editor.open(BLOCKS)
    editor.type("{rate: $rate}", "{rate: $")
    assert set(editor.complete()) == {"$units", "$rate"}


def test_a_fault_in_a_block_names_its_use(editor):
    editor.open(BLOCKS)
    (problem,) = editor.type("{rate: $rate}", "{rat: $rate}")
    assert problem.related_information[0].message.startswith("in `stage_0`, used here (and in 1 more use)")


MODELS = """\
kspec: 1
task: regression
inputs: {left: {shape: [6]}, right: {shape: [6]}}
models:
  encoder:
    inputs: {row: {shape: [6]}}
    layers:
      - Dense: {units: 8, activation: relu}
        name: wide
      - Dense: {units: 3}
        name: code
    outputs: code
    trainable: false
  both:
    inputs: {a: {shape: [3]}, b: {shape: [3]}}
    layers:
      - Concatenate:
        from: [a, b]
        name: wide
layers:
  - model: encoder
    from: left
    name: one
  - model: encoder
    from: {row: right}
    name: two
  - model: both
    from: {a: one, b: two}
    name: pair
  - Dense: {units: 1}
    name: price
"""


def test_sub_models_tell_their_shapes(editor):
    assert editor.open(MODELS) == []
    hints = editor.hints()
    assert hints[5] == "(null, 6) → (null, 3) · 83 parameters · frozen"
    assert hints[8] == "(null, 8) · 56 parameters"
    assert hints[21] == "(null, 3) · 83 parameters"
    assert hints[24] == "(null, 3)"  # the weights count once
    assert hints[27] == "(null, 6)"
    shown = editor.hover("encoder\n    from: left")
    assert "the sub-model **encoder** · frozen" in shown
    assert "83 parameters, 83 of them not trainable" in shown
    assert "- takes `row`: `(null, 6)`" in shown
    assert "**wide** · `Dense`" in editor.hover("Dense: {units: 8")
    assert "**wide** · `Concatenate`" in editor.hover("Concatenate")
    assert "`both` (a sub-model)  \n`(null, 3)`, `(null, 3)` → `(null, 6)`" in editor.hover("pair")
    uri = lsp.TextDocumentIdentifier(editor.uri("spec.yaml"))
    found = editor.ask(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(uri))
    models = next(symbol for symbol in found if symbol.name == "models")
    assert [(child.name, child.detail) for child in models.children] == [
        ("encoder", "(null, 6) → (null, 3)"), ("both", "(null, 3), (null, 3) → (null, 6)"),
    ]  # fmt: skip
    assert [(child.name, child.detail) for child in models.children[0].children][1:] == [
        ("wide", "Dense · (null, 8) · 56 parameters"), ("code", "Dense · (null, 3) · 27 parameters"),
    ]  # fmt: skip


def test_names_in_a_sub_model_are_its_own(editor):
    editor.open(MODELS)
    assert renamed(editor, "wide\n      - Dense", "broad") == MODELS.replace("name: wide", "name: broad", 1)
    assert renamed(editor, "row: {shape", "x") == MODELS.replace("{row:", "{x:")
    assert renamed(editor, "encoder\n    from: left", "coder") == MODELS.replace("encoder", "coder")
    used = lsp.DefinitionParams(**editor.at("encoder\n    from: {row"))
    assert editor.places(lsp.TEXT_DOCUMENT_DEFINITION, used) == [(5, "encoder")]
    held = MODELS.replace("  - Dense: {units: 1}", "  - TimeDistributed: {layer: {model: encoder}}")
    editor.open(held)
    place = editor.at("encoder:")
    context = lsp.ReferenceContext(include_declaration=False)
    found = editor.places(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context=context, **place))
    assert found == [(21, "encoder"), (24, "encoder"), (30, "encoder")]


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
def test_completion_in_and_of_sub_models(editor, old, new, expected):
    editor.open(MODELS)
    editor.type(old, new)
    found = editor.complete()
    assert {label for label in found if not label.startswith("$")} == expected


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


# names


def test_definition_and_references(editor):
    editor.open(SMALL)
    place = editor.at("wide\n  - Dropout")
    assert editor.places(lsp.TEXT_DOCUMENT_DEFINITION, lsp.DefinitionParams(**place)) == [(10, "wide")]
    place = editor.at("dropout\n")
    assert editor.places(lsp.TEXT_DOCUMENT_DEFINITION, lsp.DefinitionParams(**place)) == [(13, "Dropout")]
    place = editor.at("grade\n\noutputs")
    context = lsp.ReferenceContext(include_declaration=False)
    found = editor.places(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context=context, **place))
    assert found == [(3, "grade"), (18, "grade"), (20, "grade")]
    place = editor.at("width: 8")
    found = editor.places(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context=context, **place))
    assert found == [(9, "width"), (11, "width")]


def renamed(editor, mark, new):
    edit = editor.ask(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameParams(new_name=new, **editor.at(mark)))
    return editor.apply(edit)


def test_rename_of_an_output_changes_it_everywhere(editor):
    editor.open(SMALL)
    text = renamed(editor, "grade\n\noutputs", "passed")
    assert text == SMALL.replace("grade", "passed")
    assert "KS201" not in [d.code for d in editor.open(text)]


def test_rename_of_an_output_changes_what_callbacks_watch(editor):
    text = SMALL.replace("outputs: grade\n", "outputs: [grade, wide]\n").replace(
        "  loss: {grade: binary_crossentropy}\n", "  loss: {grade: binary_crossentropy, wide: mse}\n"
    ) + "fit: {callbacks: [{EarlyStopping: {monitor: val_grade_loss, mode: min}}]}\n"  # fmt: skip
    editor.open(text)
    assert renamed(editor, "grade, wide]", "passed") == text.replace("grade", "passed")


def test_rename_of_a_variable(editor):
    editor.open(SMALL)
    assert renamed(editor, "width: 8", "size") == SMALL.replace("width", "size")


def test_rename_gives_a_counted_node_a_name_of_its_own(editor):
    editor.open(SMALL)
    text = renamed(editor, "dropout\n", "thinned")
    assert "  - Dropout: {rate: 0.5}\n    name: thinned\n" in text
    assert editor.open(text) == []


@pytest.mark.parametrize(
    ("new", "reason"),
    [("grade", "is taken"), ("a b", "is not a name"), ("mse", "loss or metric"), ("true", "no text to YAML")],
)
def test_a_rename_that_cannot_be_says_why(editor, new, reason):
    editor.open(SMALL)
    with pytest.raises(Exception, match=reason):
        renamed(editor, "wide\n  - Dropout", new)


def test_prepare_rename_and_highlights(editor):
    editor.open(SMALL)
    params = lsp.PrepareRenameParams(**editor.at("wide\n  - Dropout"))
    assert editor.ask(lsp.TEXT_DOCUMENT_PREPARE_RENAME, params).placeholder == "wide"
    nothing = lsp.PrepareRenameParams(**editor.at("units: 1,"))
    assert editor.ask(lsp.TEXT_DOCUMENT_PREPARE_RENAME, nothing) is None
    params = lsp.DocumentHighlightParams(**editor.at("wide\n  - Dropout"))
    found = editor.places(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, params)
    assert found == [(10, "wide"), (12, "wide")]


# outline, folds, layout


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


def test_folds(editor):
    editor.open("# one\n# two\n" + SMALL)
    uri = lsp.TextDocumentIdentifier(editor.uri("spec.yaml"))
    found = editor.ask(lsp.TEXT_DOCUMENT_FOLDING_RANGE, lsp.FoldingRangeParams(uri))
    lines = {(fold.start_line + 1, fold.end_line + 1) for fold in found}
    assert {(1, 2), (7, 8), (10, 18), (11, 12)} <= lines


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


# texts of all kinds


def test_places_count_in_utf_16(editor):
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


def test_line_breaks_of_yaml_that_are_none_to_an_editor(editor):
    text = SMALL.replace("vars: {width: 8}", "description: 'a\u2028b\x85c'\nvars: {width: 8}")
    editor.open(text)
    assert editor.hints()[10] == "(null, 16) · 80 parameters"
    editor.type("units: $width", "units: 3")
    assert editor.hints()[12] == "(null, 3) · 51 parameters"


def test_a_thousand_edits_end_where_a_fresh_check_does(editor):
    chance = random.Random(3)
    words = ["{", "}", "[", "]", ":", ",", "\n", "  ", "- ", "Dense", "units: 4", "$width", "from: wide", "#", "😀", "é",
             "\u2028", "\r\n", "'", '"', "relu", "*", "&a", "name: grade", "\t", "null"]  # fmt: skip
    name = "edited.yaml"
    editor.open(MLP, name)
    uri = editor.uri(name)
    for number in range(1000):
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
        if number % 50 == 0:
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


def test_five_thousand_lines(editor):
    lines = "".join(f"  - Dense: {{units: {4 + n % 3}, activation: relu}}\n" for n in range(5000))
    text = SMALL.replace("  - Dense: {units: $width}\n    from: wide\n", lines)
    assert [d.code for d in editor.open(text)] == ["KS213"]
    editor.type("{rate: 0.5}", "{rat: 0.5}")
    assert "KS110" in [d.code for d in editor.problems()]
    assert len(editor.hints()) >= 5000
    editor.type("{rat: 0.5}", "{")
    assert set(editor.complete()) == {"rate", "noise_shape", "seed", "activity_regularizer", "dtype"}


def test_the_server_imports_no_tensorflow():
    """The editor's room is told so by the import contract; here it is seen."""
    import subprocess
    import sys

    code = (
        "import sys, kspec.cli.lsp, kspec.lsp.server, kspec.compiler.check, kspec.data.table_preview;"
        f"kspec.compiler.check.check_spec({str(SPECS / 'mlp.yaml')!r});"
        "print([m for m in ('tensorflow', 'keras', 'numpy', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.strip() == "[]"
