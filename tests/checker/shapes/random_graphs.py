"""Random graphs of layers and ops, with branches, merges and shared layers, as specs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import yaml

from kspec.checker import analyse
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
    """The text of a spec of `count` nodes; nodes mostly fit their inputs, by what our own inference says of them."""
    r = random.Random(seed)
    sizes = [None, 4, 5, 8, 12]
    inputs = {
        f"in{i}": {"shape": [r.choice(sizes[1:] if axis == rank - 1 else sizes) for axis in range(rank)]}
        for i, rank in enumerate(r.choices([1, 2, 3], k=r.randint(1, 3)))
    }
    layers: list[dict[str, Any]] = []
    shapes: dict[str, tuple[int | None, ...] | None] = {name: (None, *given["shape"]) for name, given in inputs.items()}
    called: list[str] = []
    for number in range(count):
        name = f"n{number}"
        entry = _entry(r, shapes, called) | {"name": name}
        layers.append(entry)
        found = _shape(inputs, layers, name)
        shapes[name] = found
        if not {"op", "reuse", *MERGES, "PReLU"} & set(entry):
            called.append(name)
        if found is None:
            break
    return yaml.safe_dump({"kspec": 1, "task": "regression", "inputs": inputs, "layers": layers}, sort_keys=False)


def _entry(r: random.Random, shapes: dict[str, Any], called: list[str]) -> dict[str, Any]:
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


def _shape(inputs: dict[str, Any], layers: list[dict[str, Any]], name: str) -> tuple[int | None, ...] | None:
    text = yaml.safe_dump({"kspec": 1, "task": "regression", "inputs": inputs, "layers": layers}, sort_keys=False)
    report = Report()
    spec = spec_of(text, report)
    if spec is None:
        return None
    analysis = analyse(spec, report)
    if any(d.code.startswith("KS3") for d in report):
        return None
    return analysis.types.answers[name].outputs[0].shape
