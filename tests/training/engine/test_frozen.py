"""Frozen layers are computed once for each stage, without changing the training of the others."""

import re

import numpy as np
import pytest

import kspec
from kspec.analysis.hoisting import hoisted_by_stage
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import spec_of

SPEC = """\
kspec: 1
name: frozen
task: multiclass_classification
seed: 3
data: {synthetic: {examples: 85, classes: 3}}
inputs: {picture: {shape: [8, 8, 3]}}
models:
  base:
    inputs: {p: {shape: [8, 8, 3]}}
    trainable: false
    layers:
      - Conv2D: {filters: 4, kernel_size: 3, kernel_regularizer: l2}
      - BatchNormalization
      - ReLU
      - GlobalAveragePooling2D
layers:
  - Rescaling: {scale: 0.5}
  - model: base
  - Dropout: {rate: 0.2}
  - Dense: {units: 3, activation: softmax}
    name: kind
fit: {epochs: 2, batch_size: 8}
"""
STAGES = "fit.stages=[{}, {epochs: 1, trainable: {base: true}}]"


def changed(*changes):
    text = SPEC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def inside(layer):
    """Another layer in the frozen base."""
    return changed(("      - ReLU\n", f"      - ReLU\n      - {layer}\n"))


TWICE = changed(
    ("{picture: {shape: [8, 8, 3]}}", "{left: {shape: [8, 8, 3]}, right: {shape: [8, 8, 3]}}"),
    ("  - Rescaling: {scale: 0.5}\n  - model: base\n",
     "  - model: base\n    from: left\n    name: one\n  - model: base\n    from: right\n    name: two\n"
     "  - Concatenate:\n    from: [one, two]\n"),
)  # fmt: skip
WORDS = changed(
    ("{picture: {shape: [8, 8, 3]}}", "{words: {shape: [5], dtype: int32}}"),
    ("  - Rescaling: {scale: 0.5}\n  - model: base\n",
     "  - Embedding: {input_dim: 1000, output_dim: 4, mask_zero: true}\n    trainable: false\n"
     "  - LSTM: {units: 4, return_sequences: true}\n    trainable: false\n  - LSTM: {units: 3}\n    name: last\n"),
)  # fmt: skip
WORLDS = {
    "frozen": (SPEC, ["rescaling", "base"]),
    "dropout inside": (inside("Dropout: {rate: 0.3}"), ["rescaling"]),
    "normalization that goes on inside": (
        changed(("      - BatchNormalization\n", "      - BatchNormalization:\n        trainable: true\n")),
        ["rescaling"],
    ),
    "normalization without weights that goes on inside": (
        inside("BatchNormalization: {center: false, scale: false}\n        trainable: true"),
        ["rescaling"],
    ),
    "a loss inside": (changed(("kernel_regularizer: l2", "activity_regularizer: l2")), ["rescaling"]),
    "augmentation before": (changed(("  - model: base\n", "  - RandomFlip\n  - model: base\n")), ["rescaling"]),
    "a sub-model on two inputs": (TWICE, ["one", "two", "concatenate"]),
    "a mask goes on": (WORDS, []),
    "a mask ends": (
        WORDS.replace("name: last", "name: last\n    trainable: false"),
        ["embedding", "lstm", "last"],
    ),
    "frozen layers": (
        changed(("  - model: base\n", "  - Conv2D: {filters: 2, kernel_size: 3}\n    trainable: false\n  - Flatten\n")),
        ["rescaling", "conv2d", "flatten"],
    ),
}
FAST = {"frozen", "dropout inside", "a mask goes on"}


def run(path, engine, *overrides):
    """A run, and the layers that it announced to compute once."""
    return kspec.run(path, overrides=[f"fit.engine={engine}", *overrides], quiet=False)


def computed_once(capsys):
    lines = capsys.readouterr().out.splitlines()
    return [re.findall("`([^`]+)`", line) for line in lines if "computed once" in line]


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "spec.yaml").write_text(text)
        return str(tmp_path / "spec.yaml")

    return write


@pytest.fixture
def without(monkeypatch):
    """Precomputes nothing while the function runs that this returns."""
    from kspec.training.engine import fused

    def call(function):
        with monkeypatch.context() as context:
            context.setattr(fused, "precompute_prefix", lambda *_, **__: None)
            return function()

    return call


def assert_same(ours, theirs, *, bits):
    for mine, other in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        if bits:
            assert np.array_equal(mine, other)
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)
    for mine, other in zip(ours.history, theirs.history, strict=True):
        assert mine == pytest.approx(other, rel=1e-5)


@pytest.mark.parametrize("world", WORLDS)
def test_the_forecast(world):
    text, expected = WORLDS[world]
    analysis = analyse(spec_of(text), Report())
    stages = analysis.settings.stages
    assert hoisted_by_stage("fused", analysis.graph, analysis.types, stages) == {"": expected}
    assert hoisted_by_stage("keras", analysis.graph, analysis.types, stages) == {}


@pytest.mark.parametrize(
    "world", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in WORLDS]
)
def test_built_layers_show_the_same_without_the_catalog(world, monkeypatch):
    """Their traces suffice, whatever the catalog says."""
    from kspec.analysis import hoisting
    from kspec.compiler.build import build_structure
    from kspec.training.engine.precompute import precompute_prefix

    text, expected = WORLDS[world]
    described = build_structure(spec_of(text))
    for name in ("is_pure", "makes_mask"):
        monkeypatch.setattr(hoisting, name, lambda *_, answer=name == "is_pure": answer)
    found = precompute_prefix(described.model, described.graph, described.network, [])
    assert (found.nodes if found is not None else []) == expected


def test_stages_train_the_same_bits(spec, without, monkeypatch, capsys):
    from kspec.training.engine import fused

    path = spec(SPEC)
    monkeypatch.setattr(fused, "PROGRESS_SECONDS", -1.0)
    ours = run(path, "fused", STAGES)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    computed = [line for line in lines if "computed" in line]
    assert " ".join(computed[0]) == "fit `rescaling`, `base` computed once for 51 training and 17 validation examples"
    assert computed[1] == ["fit", "8", "of", "68", "examples", "computed"]  # of long work one hears now and then
    assert computed[-1] == ["fit", "68", "of", "68", "examples", "computed"]
    summary = (ours.folder / "summary.txt").read_text()
    assert "computed once: rescaling, base before stage 1; rescaling before stage 2" in summary
    theirs = without(lambda: run(path, "fused", STAGES))
    assert computed_once(capsys) == []
    assert_same(ours, theirs, bits=True)


@pytest.mark.slow
def test_layers_frozen_after_training_use_their_new_weights(spec, capsys):
    path = spec(SPEC)
    stages = "fit.stages=[{trainable: {base: true}}, {trainable: {base: false}}]"
    ours = run(path, "fused", stages)
    assert computed_once(capsys) == [["rescaling", "base"]]
    assert_same(ours, run(path, "keras", stages), bits=False)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_training_equals_keras(world, spec, capsys):
    text, expected = WORLDS[world]
    path = spec(text)
    ours = run(path, "fused")
    assert computed_once(capsys) == ([expected] if set(expected) - {"rescaling"} else [])
    assert_same(ours, run(path, "keras"), bits=False)


@pytest.mark.slow
def test_values_that_depend_on_other_examples_are_detected(spec, capsys):
    """The catalog cannot tell it from an op's axis; a sample of examples from all over the data can."""
    path = spec(
        changed(("      - GlobalAverage", "      - op: softmax\n        call: {axis: 0}\n      - GlobalAverage"))
    )
    ours = run(path, "fused")
    lines = capsys.readouterr().out
    assert "rescaling, base: not precomputed, since an example's values depend on its batch" in lines
    assert_same(ours, run(path, "keras"), bits=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "max_bytes"),
    [("fit.epochs=1", 1 << 30), ("fit.steps_per_epoch=3", 1 << 30), ("fit.epochs=2", 15 * 51)],
)
def test_nothing_is_precomputed_in_vain_or_beyond_memory(override, max_bytes, spec, monkeypatch, capsys):
    from kspec.training.engine import precompute

    monkeypatch.setattr(precompute, "MAX_PRECOMPUTED_BYTES", max_bytes)
    run(spec(SPEC), "fused", override)
    assert computed_once(capsys) == []


@pytest.mark.slow
def test_the_catalog_agrees_with_the_traces_of_frozen_layers():
    """If the catalog says that training does not change a frozen Keras layer, its trace shows no side effects."""
    import keras

    from kspec.analysis.purity import is_pure
    from kspec.backend.keras_objects import instantiate
    from kspec.catalog import find, names
    from kspec.ir import Graph, Node
    from kspec.training.engine.subgraph import TracedSubgraph
    from tests.catalog.samples import required
    from tests.catalog.test_layer_calls import ARGUMENTS, DTYPES, NOT_STANDALONE, shape_of

    differ, count = [], 0
    for name in names("layer"):
        entry = find("layer", name)
        if entry.refused or entry.cell or name in NOT_STANDALONE or name == "TextVectorization":
            continue
        arguments = {**required(entry), **ARGUMENTS.get(name, {})}
        layer = instantiate("layer", {name: arguments})
        layer.trainable = False
        tensors = [tensor for tensor in entry.tensors if tensor.required]
        many = 2 if tensors[0].form == "list" else len(tensors)
        given = [keras.Input(shape_of(name)[1:], dtype=DTYPES.get(name, "float32")) for _ in range(many)]
        answer = layer(given) if tensors[0].form == "list" else layer(*given)
        ends = {str(place): one for place, one in enumerate(keras.tree.flatten(answer))}
        traced = TracedSubgraph({str(place): one for place, one in enumerate(given)}, ends)
        pure = is_pure(Node(name, "layer", name, (), entry, arguments), Graph(), {name: False})
        count += 1
        if pure == bool(traced.side_effects):
            differ.append(name)
    assert count > 100
    assert differ == ["RandomColorJitter"]  # which draws nothing as long as none of its factors is stated
