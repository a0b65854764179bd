"""Random graphs of layers and ops, with branches, merges and shared layers, as specs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import yaml

from kspec.analysis.shapes.types import TensorType
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import spec_of

Maker = Callable[[random.Random], dict[str, Any]]


def _small(r: random.Random) -> int:
    return r.randint(1, 6)


def _conv(r: random.Random, rank: int) -> dict[str, Any]:
    more: dict[str, Any] = {"padding": r.choice(["valid", "same"])}
    if r.random() < 0.3:
        more["strides"] = 2
    elif r.random() < 0.3:
        more["dilation_rate"] = 2
    return {"filters": _small(r), "kernel_size": [r.randint(1, 3) for _ in range(rank)], **more}


ANY: dict[str, Maker] = {
    "Dense": lambda r: {"units": _small(r), "use_bias": r.random() < 0.5},
    "Activation": lambda r: {"activation": r.choice(["relu", "tanh", "softmax", "gelu"])},
    "Dropout": lambda r: {"rate": 0.5},
    "BatchNormalization": lambda r: {"scale": r.random() < 0.5},
    "LayerNormalization": lambda r: {},
    "Flatten": lambda r: {},
    "ReLU": lambda r: {},
    "PReLU": lambda r: {},
    "GaussianNoise": lambda r: {"stddev": 0.1},
    "Rescaling": lambda r: {"scale": 0.5},
    "UnitNormalization": lambda r: {},
}
BY_RANK: dict[int, dict[str, Maker]] = {
    2: {"RepeatVector": lambda r: {"n": _small(r)}},
    3: {
        "LSTM": lambda r: {"units": _small(r), "return_sequences": r.random() < 0.5},
        "GRU": lambda r: {"units": _small(r), "return_sequences": r.random() < 0.5, "reset_after": r.random() < 0.5},
        "SimpleRNN": lambda r: {"units": _small(r)},
        "Conv1D": lambda r: _conv(r, 1),
        "MaxPooling1D": lambda r: {"pool_size": 2, "padding": r.choice(["valid", "same"])},
        "GlobalAveragePooling1D": lambda r: {"keepdims": r.random() < 0.5},
        "Bidirectional": lambda r: {"layer": {"LSTM": {"units": _small(r), "return_sequences": r.random() < 0.5}}},
        "TimeDistributed": lambda r: {"layer": {"Dense": {"units": _small(r)}}},
        "ZeroPadding1D": lambda r: {"padding": r.randint(0, 2)},
        "Cropping1D": lambda r: {"cropping": r.randint(0, 2)},
        "UpSampling1D": lambda r: {"size": 2},
        "Permute": lambda r: {"dims": [2, 1]},
        "SeparableConv1D": lambda r: {"filters": _small(r), "kernel_size": 2},
    },
    4: {
        "Conv2D": lambda r: _conv(r, 2),
        "Conv2DTranspose": lambda r: {"filters": _small(r), "kernel_size": 3, "strides": r.randint(1, 2)},
        "DepthwiseConv2D": lambda r: {"kernel_size": 2, "depth_multiplier": r.randint(1, 2)},
        "SeparableConv2D": lambda r: {"filters": _small(r), "kernel_size": 2},
        "MaxPooling2D": lambda r: {"pool_size": 2, "padding": r.choice(["valid", "same"])},
        "AveragePooling2D": lambda r: {"pool_size": 2},
        "GlobalMaxPooling2D": lambda r: {},
        "UpSampling2D": lambda r: {"size": [1, 2]},
        "ZeroPadding2D": lambda r: {"padding": 1},
        "SpatialDropout2D": lambda r: {"rate": 0.2},
        "GroupNormalization": lambda r: {"groups": 1},
    },
}
MERGES = ("Add", "Multiply", "Maximum", "Average", "Concatenate", "Subtract")
OPS: dict[str, Maker] = {
    "mean": lambda r: {"axis": -1, "keepdims": r.random() < 0.5},
    "sum": lambda r: {"axis": 1},
    "max": lambda r: {"axis": -1},
    "expand_dims": lambda r: {"axis": -1},
    "abs": lambda r: {},
    "square": lambda r: {},
    "exp": lambda r: {},
    "sigmoid": lambda r: {},
    "reshape": lambda r: {"newshape": [-1, _small(r)]},
    "multiply": lambda r: {"x2": 0.5},
    "get_item": lambda r: {"key": "..., 0:1"},
    "argmax": lambda r: {"axis": -1},
}


def random_spec(seed: int, count: int) -> str:
    """The text of a spec of up to `count` nodes; by what our own inference says of them, most fit their inputs.

    A node that we refuse is mostly thrown away; now and then it stays, as the last one: Keras must refuse it too.
    """
    r = random.Random(seed)
    sizes = [None, 4, 5, 8, 12]
    inputs = {
        f"in{i}": {"shape": [r.choice(sizes[1:] if axis == rank - 1 else sizes) for axis in range(rank)]}
        for i, rank in enumerate(r.choices([1, 2, 3], k=r.randint(1, 3)))
    }
    layers: list[dict[str, Any]] = []
    types = {name: TensorType((None, *given["shape"])) for name, given in inputs.items()}
    called: list[str] = []
    while len(layers) < count:
        name = f"n{len(layers)}"
        entry = _entry(r, types, called) | {"name": name}
        found = _type_of(entry, layers, types, inputs)
        if found is None and r.random() > 0.1:
            continue
        layers.append(entry)
        if found is None:
            break
        types[name] = found
        if not {"op", "reuse", *MERGES, "PReLU"} & set(entry):
            called.append(name)
    return _text(inputs, layers)


def _entry(r: random.Random, types: dict[str, TensorType], called: list[str]) -> dict[str, Any]:
    shapes = {name: type.shape for name, type in types.items()}
    source = r.choice(list(shapes)[-6:])
    rank = len(shapes[source])
    dice = r.random()
    if dice < 0.15:
        same = [name for name, shape in shapes.items() if shape == shapes[source]]
        others = r.sample(same, min(len(same), r.randint(2, 3))) if len(same) > 1 else [source, source]
        if r.random() < 0.1:
            others = [source, r.choice(list(shapes))]
        merge = r.choice(MERGES)
        return {merge: {}, "from": others[:2] if merge == "Subtract" else others}
    if dice < 0.3:
        op = r.choice(list(OPS))
        return {"op": op, "from": source, "call": OPS[op](r)}
    if dice < 0.36 and called:
        return {"reuse": r.choice(called), "from": source}
    choices = ANY | (BY_RANK.get(rank, {}) if r.random() < 0.95 else BY_RANK[r.choice([2, 3, 4])])
    head = r.choice(list(choices))
    return {head: choices[head](r), "from": source}


def _type_of(
    entry: dict[str, Any], layers: list[dict[str, Any]], types: dict[str, TensorType], inputs: dict[str, Any]
) -> TensorType | None:
    """What an entry after others gives, by our own inference; None where we refuse it.

    Looked at alone, with inputs for what it takes; a layer that is called again is looked at with all before it.
    """
    taken = entry["from"] if isinstance(entry["from"], list) else [entry["from"]]
    if "reuse" not in entry and all(types[name].shape[:1] == (None,) for name in taken):
        inputs = {name: {"shape": list(types[name].shape[1:]), "dtype": types[name].dtype} for name in taken}
        layers = []
    report = Report()
    spec = spec_of(_text(inputs, [*layers, entry]), report)
    if spec is None:
        return None
    analysis = analyse(spec, report)
    if any(d.code.startswith("KS3") for d in report):
        return None
    return analysis.types.calls[entry["name"]].outputs[0]


def _text(inputs: dict[str, Any], layers: list[dict[str, Any]]) -> str:
    document = {"kspec": 1, "task": "regression", "inputs": inputs, "layers": layers}
    return yaml.dump(document, sort_keys=False, Dumper=yaml.CSafeDumper)
