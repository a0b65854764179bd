"""The catalog as a reference: each class with its arguments, its signature and an example in YAML."""

from __future__ import annotations

from typing import Any

from kspec import catalog
from kspec.catalog import Entry, Kind, Parameter
from kspec.catalog import types as t
from kspec.catalog.type_text import describe
from kspec.syntax.yaml_flow import to_yaml

NOUNS: dict[Kind, str] = {kind: kind for kind in catalog.KINDS} | {"schedule": "learning-rate schedule"}
_PLACES: dict[Kind, str] = {
    "optimizer": "compile:\n  optimizer: {}",
    "loss": "compile:\n  loss: {}",
    "metric": "compile:\n  metrics:\n    - {}",
    "callback": "fit:\n  callbacks:\n    - {}",
    "schedule": "compile:\n  optimizer: {{Adam: {{learning_rate: {{{}}}}}}}",
    "initializer": "- Dense: {{units: 8, kernel_initializer: {}}}",
    "regularizer": "- Dense: {{units: 8, kernel_regularizer: {}}}",
    "constraint": "- Dense: {{units: 8, kernel_constraint: {}}}",
    "activation": "- Dense: {{units: 8, activation: {}}}",
    "application": "models:\n  base:\n    application: {}",
}
_NESTED = ("initializer", "regularizer", "constraint")
_TYPICAL: dict[str, Any] = {
    "units": 64,
    "filters": 32,
    "kernel_size": 3,
    "rate": 0.5,
    "num_heads": 2,
    "key_dim": 16,
    "input_dim": 1000,
    "output_dim": 16,
    "equation": "abc,cd->abd",
    "output_shape": [None, 64],
    "subscripts": "bi,bj->bij",
    "layer": {"Dense": {"units": 8}},
    "schedule": "1e-3",
    "filename": "log.csv",
    "filepath": "best.keras",
    "backup_dir": "backup",
}
_OBJECTS: dict[str, Any] = {
    "layer": {"Dense": {"units": 8}},
    "cell": {"LSTMCell": {"units": 8}},
    "initializer": "he_normal",
    "regularizer": "l2",
    "constraint": "non_neg",
    "activation": "relu",
    "application": "MobileNetV2",
    "optimizer": "adam",
    "schedule": {"CosineDecay": {"initial_learning_rate": 0.001, "decay_steps": 1000}},
    "loss": "mse",
    "metric": "accuracy",
    "callback": "TerminateOnNaN",
}


def kinds_of(name: str) -> list[Kind]:
    """The kinds with a class of this name."""
    return [kind for kind in catalog.KINDS if catalog.find(kind, name) is not None]


def default(parameter: Parameter) -> str:
    """The default in YAML; empty if there is none."""
    return "" if parameter.required else to_yaml(parameter.default)


def signature(entry: Entry) -> str:
    """The constructor's signature in one line: `Dense(units, activation=null, …)`."""
    arguments = entry.constants if entry.kind == "op" else entry.parameters
    words = [tensor.name for tensor in entry.tensors] if entry.kind == "op" else []
    words += [p.name if p.required else f"{p.name}={default(p)}" for p in arguments.values()]
    return f"{entry.name}({', '.join(words)})"


def example(entry: Entry) -> str:
    """An example in YAML, with the required arguments."""
    required = {p.name: sample(p) for p in entry.parameters.values() if p.required}
    if entry.kind in ("layer", "op"):
        return _node_example(entry, required)
    text = f"{entry.name}: {to_yaml(required)}" if required else entry.name
    if entry.kind in _NESTED or (entry.kind in ("optimizer", "loss") and required):
        text = f"{{{entry.name}: {to_yaml(required)}}}"
    return _PLACES[entry.kind].format(text)


def _node_example(entry: Entry, required: dict[str, Any]) -> str:
    constants = {p.name: sample(p) for p in entry.constants.values() if p.required}
    tensors = [tensor for tensor in entry.tensors if tensor.required and tensor.name not in constants]
    head = f"- op: {entry.name}" if entry.kind == "op" else f"- {entry.name}"
    beside = []
    if len(tensors) == 1 and tensors[0].form != "one":
        beside.append("from: [a, b]")
    elif len(tensors) > 1:
        letters = zip(tensors, "abcdefgh", strict=False)
        named = {tensor.name: letter if tensor.form == "one" else [letter] for tensor, letter in letters}
        beside.append(f"from: {to_yaml(named)}")
    elif entry.kind == "op" and not entry.tensors:
        beside.append("from: []")
    if constants:
        beside.append(f"call: {to_yaml(constants)}")
    if entry.kind == "layer" and required:
        head += f": {to_yaml(required)}"
    elif entry.kind == "layer" and beside:
        head += ":"
    return "\n  ".join([head, *beside])


def sample(parameter: Parameter) -> Any:
    """A typical value of an argument."""
    typical = _TYPICAL.get(parameter.name)
    kind = t.parse(parameter.type)
    if typical is not None and _allows(kind, typical):
        return typical
    return _sample_of(kind)


def _allows(kind: t.Type, value: Any) -> bool:
    """Whether a typical value fits the type; bounds are wide enough for all of them."""
    match kind:
        case t.Union(options):
            return any(_allows(option, value) for option in options)
        case t.Number(integer):
            return isinstance(value, int) if integer else isinstance(value, (int, float))
        case t.Text() | t.FilePath():
            return isinstance(value, str)
        case t.ObjectOf("layer"):
            return isinstance(value, dict)
        case t.ListOf():
            return isinstance(value, list)
    return False


def _sample_of(kind: t.Type) -> Any:
    match kind:
        case t.Union(options):
            return _sample_of(options[0])
        case t.Choice(values):
            return values[0]
        case t.Number():
            return _number(kind)
        case t.ListOf(item, minimum, _):
            return [_sample_of(item)] * max(minimum, 1)
        case t.MappingOf(item):
            return {"name": _sample_of(item)}
        case t.ObjectOf(name):
            return _OBJECTS[name]
        case t.FilePath():
            return "file.txt"
    samples = {t.Boolean: True, t.Null: None, t.Text: "text", t.Shape: [4], t.Dtype: "float32", t.Array: [0.0, 1.0]}
    return samples.get(type(kind), 1)


def _number(kind: t.Number) -> int | float:
    candidates: tuple[int | float, ...] = (2, 1, 0, -1, 10, 100) if kind.integer else (0.1, 0.5, 1.0, 2.0, -0.1, 10.0)
    for value in candidates:
        low = kind.minimum is None or value > kind.minimum or (value == kind.minimum and not kind.open_minimum)
        high = kind.maximum is None or value < kind.maximum or (value == kind.maximum and not kind.open_maximum)
        if low and high:
            return value
    return candidates[0]


def as_plain(entry: Entry) -> dict[str, Any]:
    """An entry as plain data, for JSON."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "path": entry.path,
        "aliases": list(entry.aliases),
        "description": entry.doc,
        "refused": entry.refused,
        "arguments": [_parameter(p) for p in entry.parameters.values()],
        "tensors": [{"name": x.name, "form": x.form, "required": x.required} for x in entry.tensors],
        "call": [_parameter(p) for p in entry.constants.values()],
        "skipped": entry.skipped,
        "example": "" if entry.refused else example(entry),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": parameter.name, "type": parameter.type, "required": parameter.required}
    if not parameter.required:
        plain["default"] = parameter.default
    return plain | {"words": describe(t.parse(parameter.type)), "description": parameter.doc}
