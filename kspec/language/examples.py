"""What to write for a class and its arguments, by example."""

from __future__ import annotations

import re
from typing import Any

from kspec.catalog import reader
from kspec.catalog import types as kinds
from kspec.catalog.entry import Entry, Kind
from kspec.catalog.types import parse
from kspec.syntax.yaml_flow import abbreviate

_PREFIX = re.compile(
    r"(?:(?:tf|tensorflow)\.)?(?:keras\.)?(?:layers|ops|optimizers|losses|metrics|callbacks|activations|initializers"
    r"|regularizers|constraints)\."
)


def without_module(name: str) -> str:
    """The name that a class or function has in a spec, where it is written with a module of Keras's before it.

    >>> without_module("keras.layers.Dense"), without_module("my.layers.Dense")
    ('Dense', 'my.layers.Dense')
    """
    found = _PREFIX.match(name)
    return name[found.end() :] if found else name


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
    entry = reader.find(kind, without_module(ast.unparse(call.func)))
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
    """How a class is written that was given a value without a name: it is taken for the first argument."""
    if value in ([], {}, "", None):
        return entry.name if not any(p.required for p in entry.parameters.values()) else needed(entry)
    if not entry.parameters:
        return entry.name
    first = next((p for p in entry.parameters.values() if p.required), next(iter(entry.parameters.values())))
    kind = parse(first.type)
    if isinstance(kind, kinds.ObjectOf) and isinstance(value, str):
        inner = reader.find("layer" if kind.kind in ("layer", "cell") else kind.kind, value)
        if inner is not None and any(p.required for p in inner.parameters.values()):
            return f"{entry.name}: {{{first.name}: {{{needed(inner)}}}}}"
    return written(entry, {first.name: value})


def needed(entry: Entry) -> str:
    """A class with an example of each argument that it needs."""
    wanted = [parameter for parameter in entry.parameters.values() if parameter.required]
    return f"{entry.name}: {{{', '.join(f'{p.name}: {example(parse(p.type))}' for p in wanted)}}}"


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
