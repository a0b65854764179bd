"""Whether a plain value fits a type of the catalog: enough for the tests of its data."""

from __future__ import annotations

from typing import Any

from kspec.catalog import find
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
)

DTYPES = {
    *("float16", "float32", "float64", "bfloat16", "bool", "string", "complex64", "complex128"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}


def accepts(type_: Type, value: Any) -> bool:
    match type_:
        case AnyValue():
            return True
        case Null():
            return value is None
        case Boolean():
            return isinstance(value, bool)
        case Text() | FilePath():
            return isinstance(value, str)
        case Number():
            return _number(type_, value)
        case Choice(values):
            return value in values
        case ListOf(item, minimum, maximum):
            fits = isinstance(value, list) and minimum <= len(value) and (maximum is None or len(value) <= maximum)
            return fits and all(accepts(item, one) for one in value)
        case MappingOf(item):
            return isinstance(value, dict) and all(accepts(item, one) for one in value.values())
        case ObjectOf(kind):
            return _object(kind, value)
        case Shape():
            return isinstance(value, list) and all(one is None or isinstance(one, int) for one in value)
        case Dtype():
            return value in DTYPES
        case Array():
            return all(accepts(type_, one) for one in value) if isinstance(value, list) else _plain_number(value)
        case Union(options):
            return any(accepts(option, value) for option in options)
    raise AssertionError(type_)


def _plain_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(type_: Number, value: Any) -> bool:
    if not _plain_number(value) or (type_.integer and not isinstance(value, int)):
        return False
    low, high = type_.minimum, type_.maximum
    if low is not None and (value <= low if type_.open_minimum else value < low):
        return False
    return high is None or (value < high if type_.open_maximum else value <= high)


def _object(kind: str, value: Any) -> bool:
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value))
    entry = find("layer" if kind == "cell" else kind, value) if isinstance(value, str) else None  # type: ignore[arg-type]
    return entry is not None and (entry.cell if kind == "cell" else True)
