"""`--set`: overrides of a spec's values, with errors that point at the command line."""

import pytest

from kspec.diagnostics import Report, Source
from kspec.expand.overrides import apply_overrides
from kspec.expand.variables import substitute
from kspec.syntax import parse

SPEC = """\
kspec: 1
vars: {width: 10}
layers:
  - Normalization
  - Dense: {units: $width}
    name: hidden1
  - Dense: {units: 1}
models:
  encoder:
    inputs: {row: {shape: [4]}}
    layers:
      - Dense: {units: 8}
        name: hidden
    trainable: true
compile:
  optimizer: {Adam: {learning_rate: 1e-3}}
fit:
  callbacks:
    - EarlyStopping: {patience: 3}
sweep:
  search: {fit.epochs: {int: [1, 2]}}
"""


def overridden(*overrides):
    report = Report()
    tree = parse(Source("spec.yaml", SPEC), report)
    apply_overrides(tree, overrides, report)
    substitute(tree, report)
    return tree, report.sorted()


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("fit.epochs=5", ("fit", "epochs"), 5),
        ("seed=3", ("seed",), 3),
        ("vars.width=64", ("layers", 1, "Dense", "units"), 64),
        ("layers.hidden1.units=32", ("layers", 1, "Dense", "units"), 32),
        ("layers.hidden1.Dense.units=32", ("layers", 1, "Dense", "units"), 32),
        ("layers.hidden1.units=${width * 2}", ("layers", 1, "Dense", "units"), 20),
        ("layers.hidden1.trainable=false", ("layers", 1, "trainable"), False),
        ("layers.dense.units=2", ("layers", 2, "Dense", "units"), 2),
        ("layers.normalization.axis=-1", ("layers", 0, "Normalization", "axis"), -1),
        ("compile.optimizer.learning_rate=0.1", ("compile", "optimizer", "Adam", "learning_rate"), 0.1),
        ("compile.optimizer=sgd", ("compile", "optimizer"), "sgd"),
        ("fit.callbacks.EarlyStopping.patience=9", ("fit", "callbacks", 0, "EarlyStopping", "patience"), 9),
        ("fit.callbacks+={TerminateOnNaN: {}}", ("fit", "callbacks", 1, "TerminateOnNaN"), {}),
        ("fit.callbacks+=[TerminateOnNaN]", ("fit", "callbacks", 1), "TerminateOnNaN"),
        ("models.encoder.layers.hidden.units=3", ("models", "encoder", "layers", 0, "Dense", "units"), 3),
        ("models.encoder.trainable=false", ("models", "encoder", "trainable"), False),
        ("models.encoder.inputs.row.shape=[5]", ("models", "encoder", "inputs", "row", "shape"), [5]),
        ("models.other={file: base.keras}", ("models", "other", "file"), "base.keras"),
        ("data.split.test=0.3", ("data", "split", "test"), 0.3),
        ('data.columns."a.b"=float32', ("data", "columns", "a.b"), "float32"),
        ("sweep.search.vars.width={int: [1, 4]}", ("sweep", "search", "vars.width", "int"), [1, 4]),
        ('sweep.search."fit.epochs".int=[1, 4]', ("sweep", "search", "fit.epochs", "int"), [1, 4]),
        ("sweep.search.fit.epochs.int=[1, 4]", ("sweep", "search", "fit.epochs", "int"), [1, 4]),
    ],
)
def test_a_value_is_replaced_and_its_place_is_on_the_command_line(override, path, value):
    tree, found = overridden(override)
    assert not [d for d in found if d.is_error]
    here = tree.value
    for part in path:
        here = here[part]
    assert here == value
    if "vars" not in override:
        assert tree.positions.value(path).source.name == "--set"


@pytest.mark.parametrize(
    "override",
    [
        "epochs",
        "=3",
        "layers.hidden9.units=3",
        "fit.callbacks.Early.patience=1",
        "models.encoder.layers.hiden.units=1",
        "models.encder.trainable=false",
        "blocks.residual.layers.main.units=1",
        "kspec.x=1",
        "kspec+=1",
        "fit.epochs=[",
    ],
)
def test_invalid_overrides(override):
    _, found = overridden(override)
    assert len(found) == 1
    assert found[0].span.source.name == "--set"


def test_a_mistyped_name_is_suggested():
    _, found = overridden("layers.hiden1.units=3")
    assert found[0].label == "did you mean `hidden1`?"
    assert found[0].span[1:] == (1, 8, 1, 14)


def test_a_mistyped_sub_model_is_suggested():
    _, found = overridden("models.encder.layers.hidden.units=3")
    assert found[0].label == "did you mean `encoder`?"
    assert found[0].help == "available sub-models: encoder"


def test_an_automatic_name_has_a_warning():
    _, found = overridden("layers.dense.units=2")
    (warning,) = found
    assert warning.code == "KS213"
    assert warning.span.source.name == "--set"
    (edit,) = warning.edits
    assert edit.replacement.strip() == "name: dense"
    assert edit.span.source.name != "--set"


def test_an_empty_name_between_two_dots():
    _, found = overridden("fit..epochs=3")
    assert [(d.code, d.message) for d in found] == [("KS015", "empty name between two dots")]


def test_an_address_that_a_sweep_searches_no_more():
    tree, found = overridden("sweep.search.fit.epochs=null")
    assert (tree.value["sweep"]["search"], found) == ({}, [])


def test_a_variable_that_nothing_references():
    _, found = overridden("vars.widht=99")
    assert [(d.code, d.label) for d in found] == [("KS015", "did you mean `width`?")]
    assert overridden("vars.depth=2", "layers.hidden1.units=$depth")[1] == []
    assert overridden("vars.width=2")[1] == []
    assert overridden("seed=1")[1] == []


BLOCKS = """\
kspec: 1
blocks:
  inner:
    params: [units]
    layers:
      - Dense: {units: $units}
        name: main
  outer:
    layers:
      - block: inner
        name: pair
        with: {units: 3}
        repeat: 2
models:
  encoder:
    layers:
      - Dense: {units: 4}
        name: code
layers:
  - block: outer
    name: out
  - model: encoder
    name: coded
  - Dense: {units: 2}
    name: tower
    repeat: 3
fit:
  stages:
    - name: head
    - epochs: 3
"""


@pytest.mark.parametrize(
    ("override", "help"),
    [
        ("layers.out/pair_0/main.units=4", "--set blocks.inner.layers.main.units=..."),
        ("layers.out/pair.with.units=4", "--set blocks.outer.layers.pair.with.units=..."),
        ("layers.encoder/code.units=4", "--set models.encoder.layers.code.units=..."),
        ("layers.coded/code.units=4", "--set models.encoder.layers.code.units=..."),
        ("layers.tower_1.units=4", "--set layers.tower.units=..."),
        ("layers.out.units=4", "--set layers.out.with.units=..."),
        ("layers.out.pair.with.units=4", "--set blocks.outer.layers.pair.with.units=..."),
    ],
)
def test_help_gives_the_address_of_a_node_that_expansion_creates(override, help):
    report = Report()
    apply_overrides(parse(Source("spec.yaml", BLOCKS), report), [override], report)
    (problem,) = report.sorted()
    assert problem.code == "KS015"
    assert problem.help.endswith(help)


def test_block_arguments_and_stages_can_be_overridden():
    report = Report()
    tree = parse(Source("spec.yaml", BLOCKS), report)
    overrides = [
        "layers.out.with.units=4",
        "fit.stages.head.epochs=5",
        "fit.stages.2.epochs=6",
        "fit.stages+={epochs: 7}",
    ]
    apply_overrides(tree, overrides, report)
    assert not report.sorted()
    assert tree.value["layers"][0]["with"] == {"units": 4}
    assert [stage["epochs"] for stage in tree.value["fit"]["stages"]] == [5, 6, 7]
