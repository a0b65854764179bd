"""What to write for a class and its arguments, by example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kspec.catalog import reader
from kspec.catalog import types as kinds
from kspec.catalog.entry import Entry, Kind
from kspec.catalog.types import parse
from kspec.diagnostics.suggest import HABITS
from kspec.syntax.yaml_flow import abbreviate

SECTIONS = {
    "Input": "inputs are declared under `inputs:`",
    "InputLayer": "inputs are declared under `inputs:`",
    "Sequential": "list the layers under `layers:`, or under `models:` for a part to call with `model:`",
    "Model": "list the layers under `layers:`, or under `models:` for a part to call with `model:`",
}
"""Classes of Keras that a spec writes as sections, and what to write."""

_PREFIX = re.compile(
    r"(?:(?:tf|tensorflow)\.)?(?:keras\.)?(?:layers|ops|optimizers|losses|metrics|callbacks|activations|initializers"
    r"|regularizers|constraints)\."
    r"|(?:tf|tensorflow|jax|torch|np|numpy|jnp)\.(?:(?:math|linalg|nn|numpy|functional)\.)*"
)


def without_module(name: str) -> str:
    """The name that a class or function has in a spec, without the module of Keras or of another library.

    >>> without_module("keras.layers.Dense"), without_module("tf.nn.gelu"), without_module("my.layers.Dense")
    ('Dense', 'gelu', 'my.layers.Dense')
    """
    found = _PREFIX.match(name)
    return name[found.end() :] if found else name


def keras_name(kind: Kind, name: str) -> str:
    """The name that Keras gives to what another name means; empty where Keras has nothing of it.

    >>> keras_name("op", "tf.reduce_mean"), keras_name("layer", "torch.nn.Linear"), keras_name("layer", "my.Dense")
    ('mean', 'Dense', '')
    """
    plain = without_module(name)
    return next((each for each in (plain, HABITS.get(plain, "")) if reader.find(kind, each)), "")


def from_call(kind: Kind, text: str) -> str:
    """How a call in Python's way is written in a spec; empty where the text is none of a class that Keras has.

    >>> from_call("optimizer", "Adam(learning_rate=0.01)"), from_call("layer", "Dense(10, activation='relu')")
    ('Adam: {learning_rate: 0.01}', 'Dense: {units: 10, activation: relu}')
    """
    if not text.endswith(")"):
        return ""
    import ast

    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if not isinstance(call, ast.Call):
        return ""
    entry = reader.find(kind, keras_name(kind, ast.unparse(call.func)))
    if entry is None or entry.refused:
        return ""
    try:
        positional = [ast.literal_eval(argument) for argument in call.args]
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except ValueError:
        return ""
    if len(positional) > len(entry.parameters):
        return ""
    return written(entry, dict(zip(entry.parameters, positional, strict=False)) | named)


def with_first(entry: Entry, value: Any) -> str:
    """How a class is written that was given a value without a name: it is taken for the first argument.

    The items of a list are taken for the first arguments, where their types fit.

    >>> with_first(reader.find("layer", "Conv2D"), [32, 3]), with_first(reader.find("layer", "Reshape"), [4, 2])
    ('Conv2D: {filters: 32, kernel_size: 3}', 'Reshape: {target_shape: [4, 2]}')
    """
    if value in ([], {}, "", None):
        return entry.name if not any(p.required for p in entry.parameters.values()) else needed(entry)
    if not entry.parameters:
        return entry.name
    if isinstance(value, list) and 1 < len(value) <= len(entry.parameters):
        arguments = dict(zip(entry.parameters, value, strict=False))
        if all(_is_plausible(parse(entry.parameters[name].type), item) for name, item in arguments.items()):
            return written(entry, arguments)
    first = next((p for p in entry.parameters.values() if p.required), next(iter(entry.parameters.values())))
    kind = parse(first.type)
    if isinstance(kind, kinds.ObjectOf) and isinstance(value, str):
        inner = reader.find("layer" if kind.kind in ("layer", "cell") else kind.kind, value)
        if inner is not None and any(p.required for p in inner.parameters.values()):
            return f"{entry.name}: {{{first.name}: {{{needed(inner)}}}}}"
    return written(entry, {first.name: value})


def _is_plausible(kind: kinds.Type, value: Any) -> bool:
    """Whether a value can be meant for an argument of a type."""
    match kind:
        case kinds.Union(options):
            return any(_is_plausible(option, value) for option in options)
        case kinds.Number(integer=True):
            return isinstance(value, int)
        case kinds.Number():
            return isinstance(value, int | float)
        case kinds.Choice(values):
            return value in values
        case kinds.ObjectOf(name):
            found = "layer" if name in ("layer", "cell") else name
            return isinstance(value, str) and reader.find(found, value) is not None
        case kinds.Boolean():
            return isinstance(value, bool)
        case kinds.ListOf() | kinds.Shape():
            return isinstance(value, list)
        case _:
            return False


_TYPICAL = {"pool_size": "2", "kernel_size": "3", "filters": "32", "rate": "0.5", "output_dim": "16", "key_dim": "16"}
"""Typical values of arguments for which any number is valid."""


def needed(entry: Entry, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """A class with an example of each argument that it needs.

    Args:
        entry: The class.
        known: Better values than typical ones, by argument.
    """
    wanted = [parameter for parameter in entry.parameters.values() if parameter.required]
    typical = {**_TYPICAL, **known}
    arguments = ", ".join(f"{p.name}: {typical.get(p.name) or example(parse(p.type))}" for p in wanted)
    return f"{entry.name}: {{{arguments}}}"


def written(entry: Entry, arguments: dict[str, Any]) -> str:
    """A class with its arguments on one line."""
    shown = ", ".join(f"{name}: {abbreviate(value)}" for name, value in arguments.items())
    return f"{entry.name}: {{{shown}}}" if shown else entry.name


def example(kind: kinds.Type) -> str:
    """A value of a type."""
    match kind:
        case kinds.Union(options):
            return example(options[0])
        case kinds.Number(integer=True):
            return "10" if (kind.maximum or 10) >= 10 else "1"
        case kinds.Number():
            return "0.1"
        case kinds.Choice(values):
            return values[0]
        case kinds.Boolean():
            return "true"
        case kinds.ListOf(item):
            return f"[{example(item)}]"
        case kinds.Shape():
            return "[10]"
        case kinds.ObjectOf("layer"):
            return "{Dense: {units: 10}}"
        case kinds.ObjectOf("cell"):
            return "{LSTMCell: {units: 10}}"
        case kinds.ObjectOf("activation"):
            return "relu"
        case _:
            return "..."
