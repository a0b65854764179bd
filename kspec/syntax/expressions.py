"""`$name` and `${...}`: a small pure language over the variables of a spec.

It has numbers, text, lists, booleans, null; arithmetic on numbers; comparison; `and or not`; `a if c else b`; indexing;
and min, max, round, int, len. It has no attributes and no other calls, and limits the size of every value. Python's
parser parses an expression; nothing is passed to `eval`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_LENGTH = 500
MAX_NUMBER = 2**63
MAX_ITEMS = 10_000

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_CONSTANTS = {"true": True, "false": False, "null": None}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "round": round, "int": int, "len": len}
FUNCTIONS = tuple(_FUNCTIONS)
_USES = {
    "min": "${min(width, 8)}",
    "max": "${max(width, 8)}",
    "round": "${round(width / 2)}",
    "int": "${int(width / 2)}",
    "len": "${len(sizes)}",
}
"""An example call of each function."""
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


class ExpressionError(ValueError):
    """An expression cannot be parsed or computed; `help` says what to write instead."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class UnknownName(ExpressionError):
    """An expression uses a variable that is not defined."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown variable `{name}`")
        self.name = name


def is_computed(text: str) -> bool:
    """Whether a text contains a variable, an expression or an escaped `$`."""
    return "${" in text or "$$" in text or _NAME.fullmatch(text) is not None


def substitute(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of a text: of its only expression, or the text with its expressions replaced.

    Raises:
        ExpressionError: if an expression cannot be parsed or computed.

    >>> substitute("$width", {"width": 10}), substitute("${width * 2}", {"width": 10})
    (10, 20)
    >>> substitute("data/${set}.csv", {"set": "a"}), substitute("$$5", {})
    ('data/a.csv', '$5')
    """
    if name := _NAME.fullmatch(text):
        return _look_up(name[1], variables)
    parts = list(_parts(text))
    if len(parts) == 1 and not isinstance(parts[0], str):
        return evaluate(parts[0].text, variables)
    return "".join(part if isinstance(part, str) else _format(evaluate(part.text, variables)) for part in parts)


def names_in(text: str) -> tuple[str, ...]:
    """The variables that a text uses, in order; empty if it cannot be parsed."""
    if name := _NAME.fullmatch(text):
        return (name[1],)
    names: dict[str, None] = {}
    try:
        for part in _parts(text):
            if not isinstance(part, str):
                tree = _parse(part.text)
                names.update((n.id, None) for n in ast.walk(tree) if isinstance(n, ast.Name))
    except ExpressionError:
        return ()
    return tuple(name for name in names if name not in _FUNCTIONS and name not in _CONSTANTS)


def pieces(text: str) -> list[str | ast.expr]:
    """The literal parts of a text and, parsed, its expressions; `$name` is one.

    Raises:
        ExpressionError: if an expression cannot be parsed.
    """
    if name := _NAME.fullmatch(text):
        return [_parse(name[1])]
    return [part if isinstance(part, str) else _parse(part.text) for part in _parts(text)]


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression, without its `${` and `}`.

    Raises:
        ExpressionError: if it cannot be parsed, uses an unknown name, or has no value within the limits.
    """
    return _Evaluator(variables).value(_parse(expression))


class _Expression:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _parts(text: str) -> Iterator[str | _Expression]:
    """The literal parts and expressions of a text."""
    literal: list[str] = []
    position = 0
    while position < len(text):
        if text.startswith("$$", position):
            literal.append("$")
            position += 2
        elif text.startswith("${", position):
            end = _closing_brace(text, position + 2)
            if literal:
                yield "".join(literal)
                literal = []
            yield _Expression(text[position + 2 : end])
            position = end + 1
        else:
            literal.append(text[position])
            position += 1
    if literal:
        yield "".join(literal)


def _closing_brace(text: str, start: int) -> int:
    quote = ""
    for position in range(start, len(text)):
        character = text[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "}":
            return position
    raise ExpressionError("unclosed `${`", "end the expression with `}`")


def _parse(expression: str) -> ast.expr:
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"the expression has more than {MAX_LENGTH} characters", "split it into several `vars`")
    if not expression.strip():
        raise ExpressionError("the expression is empty", "write `${name}` or `${name * 2}`")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            f"invalid expression `{expression.strip()}`",
            "use arithmetic and comparisons of variables, such as `${width * 2}`",
        ) from None


def _look_up(name: str, variables: Mapping[str, Any]) -> Any:
    if name in variables:
        return variables[name]
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    raise UnknownName(name)


def _format(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class _Evaluator:
    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables

    def value(self, node: ast.expr) -> Any:
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise ExpressionError(
                "unsupported syntax in an expression",
                "use numbers, variables, arithmetic, comparison, `a if c else b`, indexing, min, max, round, int, len",
            )
        try:
            return self._bounded(method(node))
        except ZeroDivisionError:
            raise ExpressionError("division by zero") from None
        except (TypeError, ValueError, IndexError, KeyError, OverflowError) as error:
            if isinstance(error, ExpressionError):
                raise
            raise ExpressionError(f"the expression cannot be computed: {error}") from None

    def _Constant(self, node: ast.Constant) -> Any:  # noqa: N802
        if isinstance(node.value, (bytes, complex)) or node.value is ...:
            raise ExpressionError("an expression can only contain numbers, text, booleans and null")
        return node.value

    def _Name(self, node: ast.Name) -> Any:  # noqa: N802
        return _look_up(node.id, self.variables)

    def _List(self, node: ast.List) -> list[Any]:  # noqa: N802
        return [self.value(item) for item in node.elts]

    def _BinOp(self, node: ast.BinOp) -> Any:  # noqa: N802
        function = _ARITHMETIC.get(type(node.op))
        if function is None:
            raise ExpressionError("unsupported operator; use + - * / // % **")
        left, right = self.value(node.left), self.value(node.right)
        self._number(left)
        self._number(right)
        if isinstance(node.op, ast.Pow):
            self._bounded_power(left, right)
        return function(left, right)

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:  # noqa: N802
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(node.op, ast.Invert):
            raise ExpressionError("unsupported operator; use + - * / // % **")
        self._number(value)
        return -value if isinstance(node.op, ast.USub) else value

    def _BoolOp(self, node: ast.BoolOp) -> Any:  # noqa: N802
        stop = isinstance(node.op, ast.Or)
        value: Any = None
        for item in node.values:
            value = self.value(item)
            if bool(value) is stop:
                break
        return value

    def _Compare(self, node: ast.Compare) -> bool:  # noqa: N802
        left = self.value(node.left)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            function = _COMPARISON.get(type(op))
            if function is None:
                raise ExpressionError("unsupported comparison; use == != < <= > >= in, not in")
            right = self.value(right_node)
            try:
                holds = function(left, right)
            except TypeError:
                raise ExpressionError(f"cannot compare {_kind(left)} with {_kind(right)}") from None
            if not holds:
                return False
            left = right
        return True

    def _IfExp(self, node: ast.IfExp) -> Any:  # noqa: N802
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _Subscript(self, node: ast.Subscript) -> Any:  # noqa: N802
        if isinstance(node.slice, ast.Slice):
            raise ExpressionError("slices are not supported; take one item", "write `${sizes[0]}`")
        holder, item = self.value(node.value), self.value(node.slice)
        try:
            return holder[item]
        except (IndexError, KeyError):
            raise ExpressionError(f"{_kind(holder)} of length {len(holder)} has no item `{_format(item)}`") from None
        except TypeError:
            raise ExpressionError(f"cannot index {_kind(holder)} with {_kind(item)}",
                                  "write `${sizes[0]}`") from None  # fmt: skip

    def _Call(self, node: ast.Call) -> Any:  # noqa: N802
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise ExpressionError("only min, max, round, int and len can be called", "for example `${max(width, 8)}`")
        arguments = [self.value(argument) for argument in node.args]
        try:
            return _FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, OverflowError):
            kinds = ", ".join(map(_kind, arguments)) or "no arguments"
            raise ExpressionError(f"`{name}` cannot be called with {kinds}", f"write `{_USES[name]}`") from None

    @staticmethod
    def _number(value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ExpressionError(f"arithmetic needs numbers, not {_kind(value)}")

    @staticmethod
    def _bounded_power(base: Any, exponent: Any) -> None:
        if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1 and abs(exponent) > 63:
            raise ExpressionError("the number is too large")

    @staticmethod
    def _bounded(value: Any) -> Any:
        if isinstance(value, complex):
            raise ExpressionError("the result is not a real number")
        if isinstance(value, int) and abs(value) >= MAX_NUMBER:
            raise ExpressionError("the number is too large")
        if isinstance(value, (str, list)) and len(value) > MAX_ITEMS:
            raise ExpressionError("the value is too long")
        return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "a boolean", str: "text", list: "a list", dict: "a mapping"}.get(type(value), "a number")
