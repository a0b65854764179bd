"""Reading the catalog: names, aliases, refused classes, and that it is fast."""

import subprocess
import sys

import pytest

from kspec.catalog import KINDS, find, names, refused


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_sorted_and_found(kind):
    assert names(kind) == tuple(sorted(names(kind)))
    assert not set(names(kind)) & set(refused(kind))
    for name in names(kind):
        entry = find(kind, name)
        assert entry is not None
        assert (entry.kind, entry.name, entry.refused) == (kind, name, "")


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_described(kind):
    for name in names(kind):
        entry = find(kind, name)
        assert entry is not None
        assert entry.doc, name
        for parameter in (*entry.parameters.values(), *entry.constants.values()):
            assert parameter.doc, (name, parameter.name)
            assert len(parameter.doc) < 200
            assert "\n" not in parameter.doc


def test_an_alias_finds_its_class():
    for kind, alias, name in [
        ("layer", "Convolution2D", "Conv2D"),
        ("layer", "MaxPool2D", "MaxPooling2D"),
        ("op", "swish", "silu"),
        ("optimizer", "adam", "Adam"),
        ("loss", "mse", "MeanSquaredError"),
        ("loss", "binary_crossentropy", "BinaryCrossentropy"),
        ("loss", "kld", "KLDivergence"),
        ("metric", "auc", "AUC"),
        ("metric", "mae", "MeanAbsoluteError"),
        ("initializer", "glorot_uniform", "GlorotUniform"),
        ("initializer", "normal", "RandomNormal"),
        ("regularizer", "l1_l2", "L1L2"),
        ("constraint", "max_norm", "MaxNorm"),
        ("activation", "swish", "silu"),
    ]:
        entry = find(kind, alias)
        assert entry is not None
        assert entry.name == name
        assert alias in entry.aliases


def test_accuracy_is_a_word_of_compile_and_not_a_class():
    for alias in ("accuracy", "acc"):
        entry = find("metric", alias)
        assert entry is not None
        assert (entry.name, entry.path, entry.parameters) == ("accuracy", "", {})
    entry = find("metric", "Accuracy")
    assert entry is not None
    assert entry.path == "keras.metrics.Accuracy"


def test_unknown_names_are_not_found():
    assert find("layer", "Dens") is None
    assert find("layer", "dense") is None
    assert find("optimizer", "Dense") is None


def test_refused_entries_have_a_reason():
    for kind, name in [
        ("layer", "Lambda"),
        ("layer", "InputLayer"),
        ("layer", "Wrapper"),
        ("op", "vectorized_map"),
        ("op", "while_loop"),
        ("callback", "LambdaCallback"),
        ("optimizer", "Optimizer"),
        ("loss", "Loss"),
        ("metric", "MeanMetricWrapper"),
        ("initializer", "Initializer"),
    ]:
        entry = find(kind, name)
        assert entry is not None
        assert entry.refused
        assert name in refused(kind)
        assert name not in names(kind)


def test_a_skipped_argument_has_a_reason():
    entry = find("layer", "Dense")
    assert entry is not None
    assert "quantization_config" in entry.skipped
    assert "quantization_config" not in entry.parameters


def test_name_and_trainable_are_not_arguments_of_a_layer_but_dtype_is():
    for name in names("layer"):
        entry = find("layer", name)
        assert entry is not None
        assert not {"name", "trainable"} & set(entry.parameters), name
        assert "dtype" in entry.parameters or name in ("IntegerLookup", "Pipeline", "StringLookup")


def test_layers_that_adapt_and_cells_are_marked():
    adapting = {name for name in names("layer") if (entry := find("layer", name)) and entry.adapts}
    assert adapting == {"Discretization", "IntegerLookup", "Normalization", "StringLookup", "TextVectorization"}
    cells = {name for name in names("layer") if (entry := find("layer", name)) and entry.cell}
    assert cells == {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}


def test_reading_imports_neither_numpy_nor_tensorflow_and_is_quick():
    code = """
import sys, time
import kspec.catalog as catalog
start = time.perf_counter()
entry = catalog.find("layer", "Dense")
took = time.perf_counter() - start
print(took, entry.parameters["units"].type, *({"numpy", "tensorflow", "keras", "yaml"} & set(sys.modules)))
"""
    took, *rest = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert rest == ["int>=1"]
    assert float(took) < 0.05  # about one millisecond; the margin is for a busy machine
