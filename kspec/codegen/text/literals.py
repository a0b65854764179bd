"""Values, texts and expressions of a spec in Python: what comes from a spec enters the file only through these."""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from kspec.syntax.expressions import FUNCTIONS, pieces
from kspec.syntax.sizes import Size, is_size_call, size_of_call

_WORDS = {"true": True, "false": False, "null": None}
_OF_MATH = ("sqrt", "log2", "ceil", "floor")
_SIMPLE = r"-?[A-Za-z0-9_.]+"
_STRING = r'"(?:[^"\\]|\\.)*"'
_POWER = re.compile(rf"{_STRING}|(?<![\w.)\]])({_SIMPLE}) \*\* ({_SIMPLE})(?![\w.(\[])")
_MARK = re.compile(r"ǂ(\d+)ǂ")
_IN_F_STRING = re.compile(r"[\w.+\-*/%, ()\[\]]+")
"""Code that an f-string can hold in every version of Python."""
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NODES = (
    *(ast.Constant, ast.Name, ast.Call, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript),
    *(ast.Slice, ast.List, ast.Tuple, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
"""The syntax of expressions."""


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
    """A string in double quotes; what does not print is escaped, so that the file shows what it does.

    >>> text('say "hi"')
    '"say \\\\"hi\\\\""'
    """
    return f'"{_escaped(value).replace(chr(34), chr(92) + chr(34))}"'


def _escaped(value: str) -> str:
    """A text as the inside of a string literal, except for its quotes."""
    if value.isprintable() and "\\" not in value:
        return value
    return "".join(map(_character, value))


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def docstring(*lines: str) -> str:
    """A docstring; one of several lines is that of a module."""
    inside = "\n".join(map(_inside_docstring, lines))
    return f'"""{inside}"""' if len(lines) == 1 else f'"""{inside}\n"""'


def _inside_docstring(line: str) -> str:
    escaped = _escaped(line).replace('"""', '\\"\\"\\"')
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped


def comment(line: str) -> str:
    """A comment of one line."""
    return f"# {_escaped(line)}"


@dataclass(frozen=True, slots=True)
class Code:
    """A part of a text that Python code computes, in a format of Python."""

    code: str
    format: str = ""

    @property
    def field(self) -> str:
        return f"{self.code}:{self.format}" if self.format else self.code


def text_of(*parts: str | Code) -> str:
    """A text with computed parts: an f-string, or a call of `format` where the code would not fit into one.

    >>> text_of("a_", Code("N")), text_of("{", Code('"x"'))
    ('f"a_{N}"', '"{{{}".format("x")')
    """
    codes = [part.code for part in parts if isinstance(part, Code)]
    fits = all(_IN_F_STRING.fullmatch(code) for code in codes)
    inside = "".join(
        f"{{{part.field if fits else part.field[len(part.code) :]}}}"
        if isinstance(part, Code)
        else text(part)[1:-1].replace("{", "{{").replace("}", "}}")
        for part in parts
    )
    return f'f"{inside}"' if fits else f'"{inside}".format({", ".join(codes)})'


def is_python_name(name: str) -> bool:
    """Whether Python reads a name as the same name: it is no keyword, and no letter folds into another."""
    return name.isidentifier() and not keyword.iskeyword(name) and unicodedata.normalize("NFKC", name) == name


def keyword_arguments(arguments: Iterable[tuple[str, str]]) -> list[str]:
    """Keyword arguments of a call, of values that are Python already; those that are no names of Python in a dict.

    >>> keyword_arguments([("units", "3"), ("a b", "4")])
    ['units=3', '**{"a b": 4}']
    """
    return [f"{name}={code}" if is_python_name(name) else f"**{dict_of({name: code})}" for name, code in arguments]


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
    return text_of(*(piece if isinstance(piece, str) else Code(_python(piece, names, sizes)) for piece in parts))


class UnknownVariable(KeyError):
    """What has no value, in an entry that a condition leaves out: an unknown variable, function or syntax."""


class _Renamer(ast.NodeTransformer):
    """Renames variables and YAML's constants; replaces strings by marks, because `ast.unparse` changes their quotes."""

    def __init__(self, names: Mapping[str, str], sizes: Callable[[Size], str]) -> None:
        self.names = names
        self.sizes = sizes
        self.marks: list[str] = []

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, _NODES):
            raise UnknownVariable(type(node).__name__)
        return super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if is_size_call(node):
            return self._mark(self.sizes(size_of_call(node)))
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS or node.keywords:
            raise UnknownVariable(name)
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
        self.marks.append(code)
        return ast.Name(mark(len(self.marks) - 1))


def mark(number: int) -> str:
    """The name in a syntax tree that stands for a piece of code; no name in a spec is like it."""
    return f"ǂ{number}ǂ"


def unmarked(code: str, marks: list[str]) -> str:
    """Code with each mark replaced by the piece of code that it stands for."""
    return formatted(_MARK.sub(lambda match: marks[int(match[1])], code))


def _python(tree: ast.expr, names: Mapping[str, str], sizes: Callable[[Size], str]) -> str:
    renamer = _Renamer(names, sizes)
    return unmarked(ast.unparse(renamer.visit(deepcopy(tree))), renamer.marks)  # trees are shared


def formatted(code: str) -> str:
    """An expression as formatters have it: `2**3`, without the spaces of `ast.unparse`."""
    return _POWER.sub(lambda match: match[0] if match[1] is None else f"{match[1]}**{match[2]}", code)


def dict_of(values: Mapping[str, str]) -> str:
    """A dict by name, of values that are Python already.

    >>> dict_of({"x": "inputs"})
    '{"x": inputs}'
    """
    return "{" + ", ".join(f"{text(name)}: {value}" for name, value in values.items()) + "}"
