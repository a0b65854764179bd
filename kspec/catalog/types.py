"""The types of arguments: a small notation in the catalog's data, parsed into a few plain classes.

| notation | accepts |
| --- | --- |
| `bool` `str` `null` `any` | what they say |
| `int` `int>=1` `int>0` | an integer, bounded |
| `float` `float>=0` `float>0` `float[0,1]` `float[0,1)` `float(0,1)` | a number (an integer is one), bounded |
| `"valid"|"same"` | one of these words |
| `[T]` `[T;2]` `[T;1..3]` | a list of any length, of this length, between these |
| `{T}` | a mapping of names to T |
| `<layer>` `<cell>` `<initializer>` … | an object of that kind of the catalog: a class or Keras's own string |
| `shape` | a list of positive integers, null for an unknown length |
| `dtype` | the name of a dtype |
| `array` | numbers, in lists nested to any depth |
| `path:read` `path:write` | a file's path (the path rule holds) |
| `A|B` | either |
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnyValue:
    pass


@dataclass(frozen=True, slots=True)
class Null:
    pass


@dataclass(frozen=True, slots=True)
class Boolean:
    pass


@dataclass(frozen=True, slots=True)
class Text:
    pass


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; `integer` refuses fractions. A bound that is `open` is not itself allowed."""

    integer: bool
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Type
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class MappingOf:
    item: Type


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object of one kind of the catalog: `layer`, `initializer` …; `cell` is a layer that is an RNN's cell."""

    kind: str


@dataclass(frozen=True, slots=True)
class Shape:
    pass


@dataclass(frozen=True, slots=True)
class Dtype:
    pass


@dataclass(frozen=True, slots=True)
class Array:
    pass


@dataclass(frozen=True, slots=True)
class FilePath:
    write: bool


@dataclass(frozen=True, slots=True)
class Union:
    options: tuple[Type, ...]


Type = (
    AnyValue | Null | Boolean | Text | Number | Choice | ListOf | MappingOf | ObjectOf | Shape | Dtype | Array | FilePath | Union
)
