"""Calls each layer on symbolic tensors as its entry states."""

from typing import Any

import keras
import pytest
from keras import KerasTensor

from kspec.backend.keras_objects import instantiate
from kspec.catalog import Entry, find, names
from tests.catalog.samples import required

SEQUENCE, IMAGE, VOLUME, ROWS = (2, 8, 3), (2, 8, 8, 3), (2, 8, 8, 8, 3), (2, 4)
SHAPES: dict[str, tuple[int, ...]] = {
    "ConvLSTM1D": (2, 4, 8, 3),
    "ConvLSTM2D": (2, 4, 8, 8, 3),
    "ConvLSTM3D": (2, 4, 8, 8, 8, 3),
    "EinsumDense": (2, 8, 3),
    "HashedCrossing": (2, 1),
    "MelSpectrogram": (2, 8192),
    "Permute": SEQUENCE,
    "Reshape": (2, 12),
    "RepeatVector": ROWS,
    "STFTSpectrogram": (2, 1024, 1),
    "SpatialDropout1D": SEQUENCE,
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "CategoryEncoding": {"num_tokens": 5},
    "CenterCrop": {"height": 4, "width": 4},
    "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "Dot": {"axes": 1},
    "GroupNormalization": {"groups": 3},
    "IntegerLookup": {"vocabulary": [3, 4]},
    "Reshape": {"target_shape": [3, -1]},
    "StringLookup": {"vocabulary": ["word"]},
    "TextVectorization": {"vocabulary": ["word"]},
    "TimeDistributed": {"layer": {"Dense": {"units": 3}}},
}
DTYPES = {
    **dict.fromkeys(("StringLookup", "TextVectorization"), "string"),
    **dict.fromkeys(("CategoryEncoding", "HashedCrossing", "Hashing", "IntegerLookup"), "int64"),
}
STATES: dict[str, list[tuple[int, ...]]] = {
    "Bidirectional": [(2, 3)] * 4,
    "ConvLSTM1D": [(2, 6, 3)] * 2,
    "ConvLSTM2D": [(2, 6, 6, 3)] * 2,
    "ConvLSTM3D": [(2, 6, 6, 6, 3)] * 2,
    "GRU": [(2, 3)],
    "GRUCell": [(2, 3)],
    "LSTM": [(2, 3)] * 2,
    "LSTMCell": [(2, 3)] * 2,
    "RNN": [(2, 3)] * 2,
    "SimpleRNN": [(2, 3)],
    "SimpleRNNCell": [(2, 3)],
}
SEQUENTIAL = {
    *("AdditiveAttention", "Attention", "Bidirectional", "GRU", "GroupNormalization", "GroupQueryAttention", "LSTM"),
    *("Masking", "MultiHeadAttention", "RNN", "SimpleRNN", "TextVectorization", "TimeDistributed"),
}
NOT_STANDALONE = {"MaxNumBoundingBoxes", "StackedRNNCells"}
"""MaxNumBoundingBoxes needs boxes besides the images; StackedRNNCells, called by an RNN, needs nested states."""


def shape_of(name: str) -> tuple[int, ...]:
    if name in SHAPES:
        return SHAPES[name]
    if find("layer", name).cell:
        return ROWS
    for digits, shape in (("1D", SEQUENCE), ("2D", IMAGE), ("3D", VOLUME)):
        if digits in name:
            return shape
    if "image_preprocessing" in getattr(getattr(keras.layers, name, None), "__module__", ""):
        return IMAGE
    return SEQUENCE if name in SEQUENTIAL else ROWS


def call(entry: Entry, every_tensor: bool) -> Any:
    layer = instantiate("layer", {entry.name: {**required(entry), **ARGUMENTS.get(entry.name, {})}})
    shape, dtype = shape_of(entry.name), DTYPES.get(entry.name, "float32")
    named: dict[str, Any] = {}
    for tensor in entry.tensors:
        if not (tensor.required or every_tensor):
            continue
        symbol = KerasTensor(shape, dtype)
        if "mask" in tensor.name:
            symbol = KerasTensor(shape if len(shape) == 2 else shape[:2], "bool")
            if tensor.name == "attention_mask":
                symbol = KerasTensor((shape[0], shape[1], shape[1]), "bool")
        if tensor.name in ("states", "initial_state"):
            named[tensor.name] = [KerasTensor(state) for state in STATES[entry.name]]
        else:
            named[tensor.name] = [symbol, symbol] if tensor.form == "list" else symbol
    first = entry.tensors[0].name
    return layer(named.pop(first), **named)


@pytest.mark.parametrize("name", [name for name in names("layer") if name not in NOT_STANDALONE])
def test_a_layer_takes_its_tensors(name):
    entry = find("layer", name)
    output = call(entry, every_tensor=False)
    assert any(isinstance(part, KerasTensor) for part in keras.tree.flatten(output))


@pytest.mark.parametrize("name", [n for n in names("layer") if any(not t.required for t in find("layer", n).tensors)])
def test_a_layer_takes_its_optional_tensors(name):
    entry = find("layer", name)
    output = call(entry, every_tensor=True)
    assert any(isinstance(part, KerasTensor) for part in keras.tree.flatten(output))


def test_tensors_are_in_the_order_of_the_call():
    for name, tensors in {
        "Dense": ["inputs"],
        "MultiHeadAttention": [
            *("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"),
        ],
        "LSTM": ["sequences", "initial_state", "mask"],
        "Bidirectional": ["sequences", "initial_state", "mask"],
        "Attention": ["inputs", "mask"],
    }.items():
        assert [tensor.name for tensor in find("layer", name).tensors] == tensors


def test_merge_layers_take_one_list():
    for name in ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "Attention"):
        assert find("layer", name).tensors[0].form == "list"
