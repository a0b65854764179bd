"""Random graphs of layers, ops, formulas and weights, on tensors of every kind, with branches and shared layers."""

from __future__ import annotations

import random
import re
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
    "Reshape": lambda r: {"target_shape": [-1, _small(r)]},
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
WORDS = ["ant", "bee", "cat", "dog"]
SPREADS = ("int", "one_hot", "multi_hot", "count")
OF_STRINGS: dict[str, Maker] = {
    "StringLookup": lambda r: {"vocabulary": WORDS, "output_mode": r.choice(SPREADS)},
    "Hashing": lambda r: {"num_bins": r.randint(2, 9), "output_mode": r.choice(SPREADS)},
    "TextVectorization": lambda r: {
        "vocabulary": WORDS,
        **r.choice([{"output_sequence_length": 4}, {"output_mode": "multi_hot"}, {"output_mode": "count"}, {}]),
    },
}
OF_INDICES: dict[str, Maker] = {
    "Embedding": lambda r: {"input_dim": INDICES, "output_dim": _small(r)},
    "CategoryEncoding": lambda r: {"num_tokens": INDICES, "output_mode": r.choice(SPREADS[1:])},
    "IntegerLookup": lambda r: {"vocabulary": [1, 2, 3], "output_mode": r.choice(SPREADS)},
    "Hashing": OF_STRINGS["Hashing"],
}
INDICES = 10
"""More than any index that an input or one of the layers above gives."""

CONSTANTS: dict[str, Maker] = {
    "arange": lambda r: {"start": 0, "stop": _small(r), "dtype": r.choice(["float32", "int32"])},
    "ones": lambda r: {"shape": [_small(r)]},
    "eye": lambda r: {"N": _small(r)},
}
FORMULAS = ("-x * 0.5 + 1", "x + y", "maximum(x, y) - sigmoid(x)", "x > y", "x ** 2 / 3", "x * y // 2", "relu(x) % 2")
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
    "cast": lambda r: {"dtype": r.choice(["float32", "int32", "bool", "float16"])},
    "one_hot": lambda r: {"num_classes": INDICES},
    "equal": lambda r: {"x2": 1},
}


def random_spec(seed: int, count: int) -> str:
    """The text of a spec of up to `count` nodes; by what our own inference says of them, most fit their inputs.

    A node that we refuse is mostly thrown away; now and then it stays, as the last one: Keras must refuse it too.
    """
    r = random.Random(seed)
    sizes = r.choice([[None, 4, 5, 8, 12], [4, 5, 8, 12]])
    inputs: dict[str, Any] = {
        f"in{i}": {"shape": [r.choice(sizes[-4:] if axis == rank - 1 else sizes) for axis in range(rank)]}
        for i, rank in enumerate(r.choices([0, 1, 2, 3], [1, 4, 4, 4], k=r.randint(1, 3)))
    }
    for given in inputs.values():
        given["dtype"] = r.choices(["float32", "int32", "bool", "string"], [14, 2, 1, 3])[0]
    known = _Known({name: TensorType((None, *given["shape"]), given["dtype"]) for name, given in inputs.items()})
    known.indices.update(name for name, given in inputs.items() if given["dtype"] == "int32")
    layers: list[dict[str, Any]] = []
    while len(layers) < count:
        name = f"n{len(layers)}"
        entry = _entry(r, known) | {"name": name}
        found = _type_of(entry, layers, known.types, inputs)
        if (found is None and r.random() > 0.1) or (found is not None and found.shape is None):
            continue
        layers.append(entry)
        if found is None:
            break
        known.add(entry, found)
    return _text(inputs, layers)


class _Known:
    """What is known of the nodes so far.

    Args:
        types: Their types.
    """

    def __init__(self, types: dict[str, TensorType]) -> None:
        self.types = types
        self.layers: list[str] = []
        """Those that another node may call again."""
        self.indices: set[str] = set()
        """Those whose values are integers from 0, less than `INDICES`."""
        self.constants: set[str] = set()
        """Those that depend on no input."""

    def add(self, entry: dict[str, Any], found: TensorType) -> None:
        name, taken, head = entry["name"], names_taken(entry), next(iter(entry))
        self.types[name] = found
        if head not in ("op", "reuse", "expr", "weight", "PReLU", *MERGES):
            self.layers.append(name)
        if (head in OF_STRINGS or head == "IntegerLookup") and "int" in found.dtype:
            self.indices.add(name)
        if head != "weight" and self.constants.issuperset(taken):
            self.constants.add(name)


def names_taken(entry: dict[str, Any]) -> list[str]:
    """The nodes that an entry takes."""
    if "expr" in entry:
        return re.findall(r"\b(?:in|n)\d+", entry["expr"])
    taken = entry.get("from", [])
    return taken if isinstance(taken, list) else [taken]


def _entry(r: random.Random, known: _Known) -> dict[str, Any]:
    shapes = {name: type.shape for name, type in known.types.items()}
    source = r.choice(list(shapes)[-6:])
    rank = len(shapes[source])
    same = [name for name, shape in shapes.items() if shape == shapes[source]]
    dice = r.random()
    if dice < 0.03:
        op = r.choice(list(CONSTANTS))
        return {"op": op, "from": [], "call": CONSTANTS[op](r)}
    if dice < 0.06:
        return {"weight": {"shape": [size or 1 for size in shapes[source][1:]] or [1]}}
    if dice < 0.12:
        other = r.choice(same if r.random() < 0.8 else list(shapes))
        return {"expr": re.sub(r"\b[xy]\b", lambda match: {"x": source, "y": other}[match[0]], r.choice(FORMULAS))}
    if dice < 0.25:
        others = r.sample(same, min(len(same), r.randint(2, 3))) if len(same) > 1 else [source, source]
        if r.random() < 0.1:
            others = [source, r.choice(list(shapes))]
        merge = r.choice([name for name in MERGES if name != "Concatenate" or rank > 1])  # or it joins the examples
        return {merge: {}, "from": others[:2] if merge == "Subtract" else others}
    if dice < 0.4:
        op = r.choice([name for name in OPS if name != "one_hot" or source in known.indices])
        return {"op": op, "from": source, "call": OPS[op](r)}
    while source in known.constants:
        source = r.choice(list(shapes))
    if dice < 0.45 and known.layers:
        return {"reuse": r.choice(known.layers), "from": source}
    choices = ANY | (BY_RANK.get(rank, {}) if r.random() < 0.95 else BY_RANK[r.choice([2, 3, 4])])
    if r.random() < 0.8:
        choices = OF_STRINGS if known.types[source].dtype == "string" else choices
        choices = OF_INDICES if source in known.indices else choices
    head = r.choice(list(choices))
    return {head: choices[head](r), "from": source}


def _type_of(
    entry: dict[str, Any], layers: list[dict[str, Any]], types: dict[str, TensorType], inputs: dict[str, Any]
) -> TensorType | None:
    """What an entry after others gives, by our own inference; None where we refuse it.

    Looked at alone, with inputs for what it takes, if each has a batch axis; otherwise with all before it, as is a layer
    that is called again.
    """
    taken = names_taken(entry)
    if taken and "reuse" not in entry and all(types[name].shape[:1] == (None,) for name in taken):
        inputs = {name: {"shape": list(types[name].shape[1:]), "dtype": types[name].dtype} for name in taken}
        layers = []
    report = Report()
    spec = spec_of(_text(inputs, [*layers, entry]), report)
    assert spec is not None, (entry, [d.message for d in report])
    analysis = analyse(spec, report)
    if any(d.code.startswith("KS3") and d.is_error for d in report):
        return None
    return analysis.types.calls[entry["name"]].outputs[0]


def _text(inputs: dict[str, Any], layers: list[dict[str, Any]]) -> str:
    document = {"kspec": 1, "task": "regression", "inputs": inputs, "layers": layers}
    return yaml.dump(document, sort_keys=False, Dumper=yaml.CSafeDumper)
