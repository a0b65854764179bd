"""Compares plain values with the catalog's types: pure functions that know no spec and report nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from kspec import catalog
from kspec.catalog import types as t
from kspec.catalog.types import Type
from kspec.diagnostics import Path
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import DOTTED
from kspec.syntax.sizes import SizeExpression, is_size


class Mismatch(NamedTuple):
    """A value that is not of the expected type.

    Args:
        path: Where it is inside the value that was matched; `()` for that value itself.
        expected: What it must be.
        value: What it is.
    """

    path: Path
    expected: Type
    value: Any


class Reference(NamedTuple):
    """A value of the right form that refers to something outside it.

    Args:
        path: Where it is inside the value that was matched.
        type: `ObjectOf`: a class with its arguments; `FilePath`: a file; `Number`: a size, `{classes_of: output}`.
        value: What it is.
    """

    path: Path
    type: Type
    value: Any


_AXIS_SIZE = t.Union((t.Number(integer=True), t.Null()))
"""The size of an axis in a shape that also has sizes of nodes."""


def match(value: Any, type_: Type) -> list[Mismatch]:
    """Compares a value with a type.

    A fault in an item of a list is located at the item. Files, and the arguments of a class, are not looked at: see
    `inspect`.

    >>> from kspec.catalog.types import parse
    >>> match([3, "4"], parse("[int>0;2]"))
    [Mismatch(path=(1,), expected=Number(integer=True, minimum=0, ...), value='4')]
    """
    return [finding for finding in inspect(value, type_) if isinstance(finding, Mismatch)]


def inspect(value: Any, type_: Type, path: Path = ()) -> Iterator[Mismatch | Reference]:
    """Finds the parts of a value that are not of the expected type, and those that refer to something outside it.

    Args:
        value: A plain value: scalars, lists and mappings.
        type_: The type it must have.
        path: Where the value is inside a larger one.
    """
    match type_:
        case _ if is_failed(value):
            return
        case t.Union(options):
            option = next((option for option in options if not match(value, option)), None)
            if option is None and isinstance(value, list):
                option = next((option for option in options if _has_length(value, option)), None)
            if option is not None:
                yield from inspect(value, option, path)
            else:
                yield Mismatch(path, type_, value)
        case t.ListOf(item) if _has_length(value, type_):
            for index, part in enumerate(value):
                yield from inspect(part, item, (*path, index))
        case t.MappingOf(item) if isinstance(value, dict) and not any(match(part, item) for part in value.values()):
            for key, part in value.items():
                yield from inspect(part, item, (*path, key))
        case t.ObjectOf(kind) if is_object(value, kind):
            yield Reference(path, type_, value)
        case t.FilePath() if isinstance(value, str):
            yield Reference(path, type_, value)
        case t.Number(integer) if isinstance(value, SizeExpression) or (integer and is_size(value)):
            yield Reference(path, type_, value)
        case t.Shape() if isinstance(value, list) and any(map(is_size, value)):
            for index, part in enumerate(value):
                yield from inspect(part, _AXIS_SIZE, (*path, index))
        case _ if not _is_scalar_of(value, type_):
            yield Mismatch(path, type_, value)


def is_object(value: Any, kind: str) -> bool:
    """Whether a value names a class of a kind, alone or as `{Name: arguments}`.

    A name alone must be one of the catalog's, or dotted. In `{Name: arguments}`, anything that looks like a class will
    do, so that a misspelt one is reported as such.
    """
    if isinstance(value, str):
        return DOTTED.fullmatch(value) is not None or _find(kind, value) is not None
    if not isinstance(value, dict) or len(value) != 1:
        return False
    (name,) = value
    if not isinstance(name, str):
        return False
    is_model = name == "model" and kind == "layer"
    return is_model or name[:1].isupper() or DOTTED.fullmatch(name) is not None or _find(kind, name) is not None


def is_number(value: Any, type_: t.Number) -> bool:
    """Whether a value is a number within the bounds of a type."""
    if isinstance(value, bool) or not isinstance(value, int if type_.integer else (int, float)) or value != value:
        return False
    low, high = type_.minimum, type_.maximum
    if low is not None and (value < low or (type_.open_minimum and value == low)):
        return False
    return not (high is not None and (value > high or (type_.open_maximum and value == high)))


def _is_scalar_of(value: Any, type_: Type) -> bool:
    """Whether a value is of a type that has no parts; False for the others, whose own cases come first."""
    match type_:
        case t.AnyValue():
            return True
        case t.Null():
            return value is None
        case t.Boolean():
            return isinstance(value, bool)
        case t.Text():
            return isinstance(value, str)
        case t.Choice(values):
            return isinstance(value, str) and value in values
        case t.Number():
            return is_number(value, type_)
        case t.Shape():
            return isinstance(value, list) and all(p is None or is_failed(p) or _is_axis_size(p) for p in value)
        case t.Dtype():
            return isinstance(value, str) and value in t.DTYPES
        case t.Array():
            return _is_array(value)
    return False


def _has_length(value: Any, type_: Type) -> bool:
    """Whether a value is a list of a length that a list type allows."""
    if not isinstance(value, list) or not isinstance(type_, t.ListOf):
        return False
    return type_.minimum <= len(value) and (type_.maximum is None or len(value) <= type_.maximum)


def _is_axis_size(value: Any) -> bool:
    """Whether a value is the size of an axis; -1 stands for the rest."""
    return isinstance(value, int) and not isinstance(value, bool) and (value > 0 or value == -1)


def _is_array(value: Any) -> bool:
    if isinstance(value, list):
        return all(is_failed(part) or _is_array(part) for part in value)
    return is_size(value) or isinstance(value, (bool, int, float))


def _find(kind: str, name: str) -> catalog.Entry | None:
    return catalog.find(catalog_kind(kind), name)


def catalog_kind(kind: str) -> catalog.Kind:
    """The catalog's kind for the kind of an `ObjectOf`: an RNN's cell is listed with the layers.

    >>> catalog_kind("cell"), catalog_kind("initializer")
    ('layer', 'initializer')
    """
    return "layer" if kind == "cell" else cast(catalog.Kind, kind)
