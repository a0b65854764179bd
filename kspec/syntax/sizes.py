"""Sizes in a spec: `{units_of: node}`, and expressions over them such as `${units_of(node) // 2}`.

A size is known only after the graph is resolved, so it stays in the values of a spec until then: as the mapping that is
written, or as a `SizeExpression`, in which variables are already replaced by their values.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

OF_DATA = ("vocabulary_of", "classes_of")
"""Sizes that data decides: of a layer's vocabulary, and of a target's classes."""
OF_SHAPE = ("units_of", "shape_of")
"""Sizes in the shape of a node: its last axis, and any axis."""
SIZE_WORDS = (*OF_DATA, *OF_SHAPE)
_WORDS = frozenset(SIZE_WORDS)
ROOT = "/"
"""What a name starts with that is already full: `/words`, within a block, is the spec's own node `words`."""

_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(/[A-Za-z_][A-Za-z0-9_-]*)*")
_CALL = re.compile(rf"\b({'|'.join(SIZE_WORDS)})\(\s*([A-Za-z_][\w/-]*)\s*(?=[,)])")
_QUOTED_CALL = re.compile(rf"\b({'|'.join(SIZE_WORDS)})\('([A-Za-z_][\w/-]*)'")


class ExpressionError(ValueError):
    """An expression cannot be parsed or computed; `help` says what to write instead."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class Size(NamedTuple):
    """A reference to a size.

    Args:
        word: One of `SIZE_WORDS`.
        name: A node; for `classes_of` an output.
        axis: The axis of `shape_of`, where 0 is the batch; otherwise the last.
    """

    word: str
    name: str
    axis: int = -1

    def __str__(self) -> str:
        """As written in an expression: `shape_of(x, 1)`."""
        return f"{self.word}({self.name}, {self.axis})" if self.word == "shape_of" else f"{self.word}({self.name})"

    def mapping(self) -> dict[str, Any]:
        """As written for an integer: `{shape_of: x, axis: 1}`."""
        return {self.word: self.name, **({"axis": self.axis} if self.word == "shape_of" else {})}


class SizeExpression(str):
    """An expression over sizes, `${units_of(h) // 2}`, with its variables replaced by their values."""

    __slots__ = ()


Sizes = Callable[[Size], "int | None"]
"""Looks up a size; None if it is unknown."""


def read_size(value: Any) -> Size | None:
    """The size that a mapping stands for: `{units_of: node}`, `{shape_of: node, axis: 1}`; None for anything else."""
    if not isinstance(value, dict) or len(value) > 2 or _WORDS.isdisjoint(value):
        return None
    word = next((key for key in value if key in SIZE_WORDS), "")
    name, axis = value.get(word), value.get("axis", -1)
    if not isinstance(name, str) or set(value) != ({word, "axis"} if word == "shape_of" else {word}):
        return None
    return Size(word, name, axis) if isinstance(axis, int) and not isinstance(axis, bool) else None


def is_size(value: Any) -> bool:
    """Whether a value is a size, or an expression over sizes, which can stand for a number."""
    return isinstance(value, SizeExpression) or read_size(value) is not None


def sizes_of(value: Any) -> tuple[Size, ...]:
    """The sizes that a value for which `is_size` holds refers to."""
    size = read_size(value)
    if size is not None or not isinstance(value, SizeExpression):
        return () if size is None else (size,)
    return tuple(size_of_call(node) for node in ast.walk(parse_sizes(value)) if is_size_call(node))


def has_sizes(value: Any) -> bool:
    """Whether there is a size anywhere in a value."""
    if isinstance(value, (dict, list)):
        return is_size(value) or any(map(has_sizes, value.values() if isinstance(value, dict) else value))
    return isinstance(value, SizeExpression)


def sizes_in(value: Any) -> Iterator[Size]:
    """The sizes anywhere in a value."""
    if is_size(value):
        yield from sizes_of(value)
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from sizes_in(item)


def renamed(value: Any, rename: Callable[[Size], str]) -> Any:
    """A value for which `is_size` holds, with other names in it.

    Args:
        value: The mapping or expression.
        rename: The new name of a size's node or output.
    """
    if (size := read_size(value)) is not None:
        return size._replace(name=rename(size)).mapping()
    return unparse(_Renamer(rename).visit(copy.deepcopy(parse_sizes(value))))


def with_prefix(size: Size, prefix: str) -> str:
    """The full name of a size's node in a block; outputs are those of the spec, and a name after `ROOT` is full."""
    if size.name.startswith(ROOT):
        return size.name.removeprefix(ROOT)
    return size.name if size.word == "classes_of" else prefix + size.name


def quote_names(expression: str) -> str:
    """An expression with quotes around the names of nodes, which may contain `-` and `/`, or be a word of Python.

    >>> quote_names("units_of(stage/main) // 2")
    "units_of('stage/main') // 2"
    """
    return _CALL.sub(r"\1('\2'", expression)


@lru_cache(maxsize=1000)
def parse_sizes(value: str) -> ast.expr:
    """The syntax tree of a `SizeExpression`, which must not be changed."""
    return ast.parse(quote_names(value[2:-1]), mode="eval").body


def unparse(tree: ast.expr) -> SizeExpression:
    """The expression that a syntax tree stands for."""
    text = _QUOTED_CALL.sub(r"\1(\2", ast.unparse(tree))
    return SizeExpression(f"${{{text}}}")


def is_size_call(node: ast.AST) -> bool:
    """Whether a node of a syntax tree is a call such as `units_of(h)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SIZE_WORDS


def size_of_call(node: Any) -> Size:
    """The size that a call in a syntax tree stands for.

    Raises:
        ExpressionError: If its arguments are not a name and, for `shape_of`, an axis.
    """
    word = node.func.id
    noun = "an output" if word == "classes_of" else "a node"
    help = f"write `{word}(x, -1)`" if word == "shape_of" else f"write `{word}(x)`"
    if node.keywords or len(node.args) != 1 + (word == "shape_of"):
        needs = f"the name of {noun}" + (" and an axis" if word == "shape_of" else "")
        raise ExpressionError(f"`{word}` takes {needs}", help)
    name = node.args[0]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str) or not _REFERENCE.fullmatch(name.value):
        raise ExpressionError(f"`{word}` takes the name of {noun}, not an expression", help)
    if word != "shape_of":
        return Size(word, name.value)
    try:
        axis = ast.literal_eval(node.args[1])
    except (ValueError, TypeError, SyntaxError):
        axis = None
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise ExpressionError("the axis of `shape_of` must be an integer", help)
    return Size(word, name.value, axis)


def call_of_size(size: Size) -> ast.expr:
    """The call that stands for a size in a syntax tree."""
    return ast.parse(quote_names(str(size)), mode="eval").body


class _Renamer(ast.NodeTransformer):
    def __init__(self, rename: Callable[[Size], str]) -> None:
        self.rename = rename

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not is_size_call(node):
            return self.generic_visit(node)
        size = size_of_call(node)
        return call_of_size(size._replace(name=self.rename(size)))
