"""Values and expressions of a spec in Python."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from kspec.syntax.expressions import pieces
from kspec.syntax.sizes import Size, is_size_call, size_of_call

_WORDS = {"true": True, "false": False, "null": None}
_OF_MATH = ("sqrt", "log2", "ceil", "floor")
_SIMPLE = r"-?[A-Za-z0-9_.]+"


def literal(value: Any) -> str:
    """A plain value in Python; lists of numbers become tuples, as in Keras's own defaults.

    >>> literal({"a": [1, 2.5], "b": ["x", None]})
    '{"a": (1, 2.5), "b": ["x", None]}'
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return f'float("{value}")' if not math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        items = [literal(item) for item in value]
        return series(items, as_tuple=all(_is_number(item) for item in value) and bool(value))
    return repr(value)


def series(items: list[str], *, as_tuple: bool) -> str:
    """A list or a tuple of items that are Python already."""
    if not as_tuple:
        return f"[{', '.join(items)}]"
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _is_number(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(_is_number(item) for item in value)
    return value is None or isinstance(value, (int, float))


def text(value: str) -> str:
    """A string in double quotes."""
    quoted = json.dumps(value, ensure_ascii=False)
    return quoted if quoted.isprintable() else json.dumps(value)


def expression(written: str, names: Mapping[str, str], sizes: Callable[[Size], str] = str) -> str:
    """A value with variables, `$width` or `"${width * 2}"`, as a Python expression.

    Args:
        written: The value in the spec.
        names: Variable → Python name.
        sizes: Writes the size of a node.

    Raises:
        UnknownVariable: If a variable has no Python name.

    >>> expression("${2 ** index}", {"index": "index"}), expression("a_${n}", {"n": "N"})
    ('2**index', 'f"a_{N}"')
    """
    parts = pieces(written)
    if len(parts) == 1 and not isinstance(parts[0], str):
        return _python(parts[0], names, sizes)
    inside = "".join(
        _in_f_string(piece) if isinstance(piece, str) else "{" + _python(piece, names, sizes) + "}" for piece in parts
    )
    return f'f"{inside}"'


def _in_f_string(piece: str) -> str:
    return text(piece)[1:-1].replace("{", "{{").replace("}", "}}")


class UnknownVariable(KeyError):
    """A variable without a Python name: one that has no value, in an entry that a condition leaves out."""


class _Renamer(ast.NodeTransformer):
    """Renames variables and YAML's constants; replaces strings by marks, because `ast.unparse` changes their quotes."""

    def __init__(self, names: Mapping[str, str], sizes: Callable[[Size], str]) -> None:
        self.names = names
        self.sizes = sizes
        self.texts: dict[str, str] = {}

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if is_size_call(node):
            return self._mark(self.sizes(size_of_call(node)))
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        function = ast.Attribute(ast.Name("math"), name) if name in _OF_MATH else ast.Name(name)
        return ast.Call(function, [self.visit(argument) for argument in node.args], [])

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.names:
            return ast.Name(self.names[node.id])
        if node.id in _WORDS:
            return ast.Constant(_WORDS[node.id])
        raise UnknownVariable(node.id)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        return self._mark(text(node.value))

    def _mark(self, code: str) -> ast.expr:
        mark = f"text_{len(self.texts)}_"
        self.texts[mark] = code
        return ast.Name(mark)


def _python(tree: ast.expr, names: Mapping[str, str], sizes: Callable[[Size], str]) -> str:
    renamed = _Renamer(names, sizes)
    written = ast.unparse(renamed.visit(tree))
    for mark, quoted in renamed.texts.items():
        written = written.replace(mark, quoted)
    return formatted(written)


def formatted(code: str) -> str:
    """An expression as formatters have it: `2**3`, without the spaces of `ast.unparse`."""
    return re.sub(rf"(?<![\w.)\]])({_SIMPLE}) \*\* ({_SIMPLE})(?![\w.(\[])", r"\1**\2", code)


def dict_of(values: Mapping[str, str]) -> str:
    """A dict by name, of values that are Python already.

    >>> dict_of({"x": "inputs"})
    '{"x": inputs}'
    """
    return "{" + ", ".join(f"{text(name)}: {value}" for name, value in values.items()) + "}"
