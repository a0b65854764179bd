"""The types of arguments: a small notation in the catalog's data, parsed into a few plain classes.

| notation | accepts |
| --- | --- |
| `bool` `str` `null` `any` | a boolean, text, null, anything |
| `int` `int>=1` `int>0` | an integer, bounded |
| `float` `float>=0` `float<0` `float[0,1]` `float[0,1)` `float(0,1)` | a number (an integer is one), bounded |
| `"valid"|"same"` | one of these words |
| `[T]` `[T;2]` `[T;1..3]` | a list of any length, of this length, between these |
| `{T}` | a mapping of names to T |
| `<layer>` `<cell>` `<initializer>` … | an object of that kind of the catalog: a class or Keras's own string |
| `shape` | a list of positive integers, null for an unknown size |
| `dtype` | the name of a dtype |
| `array` | a number, or numbers in lists nested to any depth (an op wants NumPy's array of them, not a list) |
| `path:read` `path:write` | a file's path, subject to the path policy |
| `A|B` | either |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


class _Plain:
    """A type without parts; all instances of a class are equal. Not a dataclass: those take long to create."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class AnyValue(_Plain):
    __slots__ = ()


class Null(_Plain):
    __slots__ = ()


class Boolean(_Plain):
    __slots__ = ()


class Text(_Plain):
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds, an integer if `integer`. An `open` bound is itself excluded."""

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
    """An object of one kind of the catalog: `layer`, `initializer` …; `cell` is a layer that is an RNN cell."""

    kind: str


class Shape(_Plain):
    __slots__ = ()


class Dtype(_Plain):
    __slots__ = ()


class Array(_Plain):
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FilePath:
    write: bool


@dataclass(frozen=True, slots=True)
class Union:
    options: tuple[Type, ...]


Type = (
    AnyValue
    | Null
    | Boolean
    | Text
    | Number
    | Choice
    | ListOf
    | MappingOf
    | ObjectOf
    | Shape
    | Dtype
    | Array
    | FilePath
    | Union
)

DTYPES = frozenset((
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "string",
))  # fmt: skip
"""The names of dtypes that Keras has."""

DTYPE_POLICIES = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
"""The policies that a whole model can have."""

_TOKEN = re.compile(
    r"""
    (?P<number>(?:int|float)(?:(?P<bound>[<>]=?)(?P<at>-?[\d.]+)|(?P<open>[\[(])(?P<low>-?[\d.]+),(?P<high>-?[\d.]+)(?P<close>[\])]))?)
  | "(?P<word>[^"]*)"
  | <(?P<kind>\w+)>
  | (?P<plain>path:read|path:write|[a-z]+)
  | (?P<length>;(?P<fewest>\d+)(?:\.\.(?P<most>\d+))?)
  | (?P<mark>[\[\]{}|])
""",
    re.VERBOSE,
)

_PLAIN: dict[str, Type] = {
    "any": AnyValue(),
    "null": Null(),
    "bool": Boolean(),
    "str": Text(),
    "shape": Shape(),
    "dtype": Dtype(),
    "array": Array(),
    "path:read": FilePath(write=False),
    "path:write": FilePath(write=True),
}


@cache
def parse(notation: str) -> Type:
    """Parses the notation of a type; raises a ValueError, with the place, if it is malformed.

    >>> parse("int>=1|[int>=1;2]")
    Union(options=(Number(integer=True, minimum=1, ...), ListOf(...)))
    """
    reader = _Reader(notation)
    type_ = reader.union()
    if reader.token:
        raise reader.error("the end")
    return type_


class _Reader:
    """A recursive-descent parser for one notation."""

    def __init__(self, notation: str) -> None:
        self.notation = notation
        self.end = 0
        self.token: re.Match[str] | None = None
        self.advance()

    def advance(self) -> None:
        self.start = self.end
        self.token = _TOKEN.match(self.notation, self.start)
        if self.token:
            self.end = self.token.end()
        elif self.start < len(self.notation):
            raise self.error("a type")

    def error(self, expected: str) -> ValueError:
        return ValueError(f"type notation `{self.notation}`: expected {expected} at `{self.notation[self.start :]}`")

    def takes(self, mark: str) -> bool:
        if self.token and self.token["mark"] == mark:
            self.advance()
            return True
        return False

    def union(self) -> Type:
        options = [self.single()]
        while self.takes("|"):
            options.append(self.single())
        words = tuple(word for option in options if isinstance(option, Choice) for word in option.values)
        others = tuple(option for option in options if not isinstance(option, Choice))
        choice: tuple[Type, ...] = (Choice(words),) if words else ()
        return (choice + others)[0] if len(choice + others) == 1 else Union(choice + others)

    def single(self) -> Type:
        if self.takes("["):
            return self.list_of()
        if self.takes("{"):
            item = self.union()
            self.close("}")
            return MappingOf(item)
        token = self.token
        type_: Type | None = None
        if token and token["number"]:
            type_ = _number(token)
        elif token and token["word"] is not None:
            type_ = Choice((token["word"],))
        elif token and token["kind"]:
            type_ = ObjectOf(token["kind"])
        elif token and token["plain"]:
            type_ = _PLAIN.get(token["plain"])
        if type_ is None:
            raise self.error("a type")
        self.advance()
        return type_

    def list_of(self) -> ListOf:
        item = self.union()
        token = self.token
        if not (token and token["length"]):
            self.close("]")
            return ListOf(item)
        self.advance()
        self.close("]")
        return ListOf(item, int(token["fewest"]), int(token["most"] or token["fewest"]))

    def close(self, mark: str) -> None:
        if not self.takes(mark):
            raise self.error(f"`{mark}`")


def _number(token: re.Match[str]) -> Number:
    integer = token["number"].startswith("int")
    value = int if integer else float
    if token["bound"] in (">", ">="):
        return Number(integer, value(token["at"]), open_minimum=token["bound"] == ">")
    if token["bound"]:
        return Number(integer, None, value(token["at"]), open_maximum=token["bound"] == "<")
    if token["open"]:
        return Number(integer, value(token["low"]), value(token["high"]), token["open"] == "(", token["close"] == ")")
    return Number(integer)
