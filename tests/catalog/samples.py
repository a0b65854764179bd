"""Values for every argument of every class, none of them the default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kspec.catalog import Entry, Kind, Parameter, find, names
from kspec.catalog.types import (
    AnyValue,
    Array,
    Boolean,
    Choice,
    Dtype,
    FilePath,
    ListOf,
    MappingOf,
    Null,
    Number,
    ObjectOf,
    Shape,
    Text,
    Type,
    Union,
    parse,
)
from tests.catalog.samples_by_class import APART, APART_BY_NAME, NEEDS, VALUES, VALUES_BY_NAME

OBJECTS: dict[str, list[Any]] = {
    "activation": ["selu", "softsign"],
    "cell": [{"LSTMCell": {"units": 3}}],
    "constraint": [{"MaxNorm": {"max_value": 3}}],
    "initializer": [{"HeNormal": {"seed": 3}}],
    "layer": [{"Dense": {"units": 3}}],
    "optimizer": [{"SGD": {"momentum": 0.5}}],
    "regularizer": [{"L2": {"l2": 0.25}}],
    "schedule": [{"ExponentialDecay": {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.5}}],
}


def sample(parameter: Parameter) -> Any:
    """A value of the parameter's type that is not its default, unless the type has no other value."""
    values = list(_values(parse(parameter.type)))
    others = (value for value in values if parameter.required or value != parameter.default)
    return next(others, values[0])


def cases(kind: Kind) -> Iterator[tuple[str, dict[str, Any]]]:
    """Classes with arguments, which together set each argument of each class to another value than its default."""
    for name in names(kind):
        entry = find(kind, name)
        if entry is not None and entry.path:
            for arguments in _groups(entry):
                yield name, arguments


def required(entry: Entry) -> dict[str, Any]:
    """Values for the required arguments of a class."""
    return {name: value_of(entry, name) for name, parameter in entry.parameters.items() if parameter.required}


def value_of(entry: Entry, argument: str) -> Any:
    own = VALUES.get((entry.kind, entry.name), {})
    if argument in own:
        return own[argument]
    if (entry.kind, argument) in VALUES_BY_NAME:
        return VALUES_BY_NAME[entry.kind, argument]
    return sample(entry.parameters[argument])


def _groups(entry: Entry) -> Iterable[dict[str, Any]]:
    """One set with all compatible arguments, and one for each incompatible argument."""
    incompatible = (*APART.get((entry.kind, entry.name), ()), *APART_BY_NAME.get(entry.kind, ()))
    apart = [name for name in incompatible if name in entry.parameters]
    yield {name: value_of(entry, name) for name in entry.parameters if name not in apart}
    for name in apart:
        needed = NEEDS.get((entry.kind, entry.name, name), {})
        yield {**required(entry), **needed, name: value_of(entry, name)}


def _values(type_: Type) -> Iterator[Any]:
    """Values of a type, the most revealing first."""
    match type_:
        case Union(options):
            yield from (value for option in options for value in _values(option))
        case Choice(values):
            yield from values
        case Boolean():
            yield from (True, False)
        case Number():
            yield from _numbers(type_)
        case ListOf(item, minimum, _):
            yield [next(_values(item))] * max(minimum, 1)
        case MappingOf(item):
            yield {"first": next(_values(item))}
        case ObjectOf(kind):
            yield from OBJECTS[kind]
        case Dtype():
            yield from ("float64", "int64")
        case Null():
            yield None
        case Text():
            yield "text"
        case Shape() | Array():
            yield [3, 4]
        case FilePath():
            yield "file.txt"
        case AnyValue():
            yield 3


def _numbers(type_: Number) -> Iterator[int | float]:
    low, high = type_.minimum, type_.maximum
    for value in (3, 2, 1, 0, 4) if type_.integer else (0.25, 0.5, 2.5, 3.5, -0.25):
        if (low is None or value >= low) and (high is None or value <= high):
            yield value
