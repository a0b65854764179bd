"""Computes a parsed expression, node by node of its syntax tree; nothing is passed to `eval`."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from kspec.diagnostics.budget import STEPS, current, spend
from kspec.syntax.sizes import SIZE_WORDS, ExpressionError, Size, Sizes, is_size, parse_sizes, read_size, size_of_call

MAX_NUMBER = 2**63
MAX_ITEMS = 10_000

CONSTANTS = {"true": True, "false": False, "null": None}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "round": round,
    "int": int,
    "len": len,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "ceil": math.ceil,
    "floor": math.floor,
}
FUNCTIONS = tuple(_FUNCTIONS)
_LISTED = f"{', '.join(FUNCTIONS[:-1])} and {FUNCTIONS[-1]}"
_USES = {
    "min": "${min(width, 8)}",
    "max": "${max(width, 8)}",
    "round": "${round(width / 2)}",
    "int": "${int(width / 2)}",
    "len": "${len(sizes)}",
    "sqrt": "${int(sqrt(width))}",
    "log2": "${int(log2(width))}",
    "ceil": "${ceil(width / 2)}",
    "floor": "${floor(width / 2)}",
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
COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
"""What the comparisons of the language compute."""


class UnknownName(ExpressionError):
    """An expression uses a variable that is not defined."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown variable `{name}`")
        self.name = name


def look_up(name: str, variables: Mapping[str, Any]) -> Any:
    """The value of a variable, or of YAML's words `true`, `false`, `null`.

    Raises:
        UnknownName: If there is none.
    """
    if name in variables:
        return variables[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    raise UnknownName(name)


def format_value(value: Any) -> str:
    """A value within a text, as YAML writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def check_call(node: ast.Call) -> None:
    """Rejects the call of anything but a known function.

    Raises:
        ExpressionError: If the function or the form of its arguments is not supported.
    """
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in SIZE_WORDS:
        size_of_call(node)
    elif name not in _FUNCTIONS or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise ExpressionError(f"only {_LISTED} can be called", "for example `${max(width, 8)}`")


class Evaluator:
    """Computes a parsed expression.

    Args:
        variables: The values of the variables.
        sizes: Looks up the size that a call such as `units_of(h)` stands for.
    """

    def __init__(self, variables: Mapping[str, Any], sizes: Callable[[Size], Any] | None = None) -> None:
        self.variables = variables
        self.sizes = sizes

    def value(self, node: ast.expr) -> Any:
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise ExpressionError(
                "unsupported syntax in an expression",
                f"use numbers, variables, arithmetic, comparison, `a if c else b`, indexing, {_LISTED}",
            )
        try:
            spend(STEPS)
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
        return self._finite(node.value)

    def _Name(self, node: ast.Name) -> Any:  # noqa: N802
        return look_up(node.id, self.variables)

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
        return self._finite(function(left, right), left, right)

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
            function = COMPARISON.get(type(op))
            if function is None:
                raise ExpressionError("unsupported comparison; use == != < <= > >= in, not in")
            right = self.value(right_node)
            _spend_sizes(left, right)
            try:
                holds = function(left, right)
            except TypeError:
                raise ExpressionError(f"cannot compare {kind_of_value(left)} with {kind_of_value(right)}") from None
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
            raise ExpressionError(
                f"{kind_of_value(holder)} of length {len(holder)} has no item `{format_value(item)}`"
            ) from None
        except TypeError:
            raise ExpressionError(f"cannot index {kind_of_value(holder)} with {kind_of_value(item)}",
                                  "write `${sizes[0]}`") from None  # fmt: skip

    def _Call(self, node: ast.Call) -> Any:  # noqa: N802
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in SIZE_WORDS and self.sizes is not None:
            return self.sizes(size_of_call(node))
        check_call(node)
        arguments = [self.value(argument) for argument in node.args]
        _spend_sizes(*arguments)
        try:
            return _FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, OverflowError):
            kinds = ", ".join(map(kind_of_value, arguments)) or "no arguments"
            raise ExpressionError(f"`{name}` cannot be called with {kinds}", f"write `{_USES[name]}`") from None

    @staticmethod
    def _number(value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ExpressionError(f"arithmetic needs numbers, not {kind_of_value(value)}")

    @staticmethod
    def _finite(result: Any, *operands: Any) -> Any:
        """Rejects an infinite result of finite operands."""
        if isinstance(result, float) and not math.isfinite(result) and all(map(math.isfinite, operands)):
            raise ExpressionError("the number is too large")
        return result

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


def _spend_sizes(*values: Any) -> None:
    """Counts the steps of an operation that may look at every part of its operands.

    Raises:
        BudgetExceeded: If a compilation has taken too many.
    """
    if (budget := current()) is not None:
        budget.spend(STEPS, sum(budget.size(value) for value in values if isinstance(value, (str, list, dict))))


def kind_of_value(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "a boolean", str: "text", list: "a list", dict: "a mapping"}.get(type(value), "a number")


class _UnknownSize(Exception):
    """A size in an expression is unknown."""


def compute_size(value: Any, sizes: Sizes) -> int | float | None:
    """The number that a value for which `is_size` holds stands for; None if a size in it is unknown.

    Args:
        value: The mapping or expression.
        sizes: Looks up the sizes in it.

    Raises:
        ExpressionError: If the expression has no value, such as a division by zero.
    """

    def known(size: Size) -> int:
        number = sizes(size)
        if number is None:
            raise _UnknownSize
        return number

    try:
        size = read_size(value)
        number = known(size) if size is not None else Evaluator({}, known).value(parse_sizes(value))
    except _UnknownSize:
        return None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ExpressionError(f"`{value[2:-1]}` is not a number")
    return number


def with_numbers(value: Any, sizes: Sizes) -> Any:
    """A value with its sizes replaced by numbers; by None where they are unknown.

    Args:
        value: Any value of a spec.
        sizes: Looks up the sizes in it.
    """
    if is_size(value):
        return compute_size(value, sizes)
    if isinstance(value, dict):
        return {key: with_numbers(item, sizes) for key, item in value.items()}
    return [with_numbers(item, sizes) for item in value] if isinstance(value, list) else value
