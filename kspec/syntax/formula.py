"""The head `expr`: arithmetic on nodes, `x0 * h + x`.

Names are nodes; those with `-` or `/` in them stand in quotes. `$name` and `${...}` are numbers. Python's parser parses
the text, in which variables, and node names that are words of Python, are replaced by names of the same length.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kspec.diagnostics import Span
from kspec.syntax.evaluation import Evaluator, UnknownName, kind_of_value
from kspec.syntax.expressions import substitute
from kspec.syntax.sizes import ExpressionError, is_size

MAX_LENGTH = 500
BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "mod",
    ast.Pow: "power",
}
"""Operators and the ops that they stand for."""
COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
UNARY = ("abs", "exp", "log", "sqrt", "square", "sin", "cos", "tanh", "sigmoid", "relu")
"""Functions of one tensor: the ops of the same names."""
OF_TWO = ("maximum", "minimum")
"""Functions of two tensors."""
FUNCTIONS = (*UNARY, *OF_TWO)
_HELP = f"use names of nodes, numbers, + - * / // % **, comparisons, and {', '.join(FUNCTIONS)}"
NO_NUMBERS: Mapping[str, Any] = MappingProxyType({})
_MARK = "ǂ"
"""The first letter of what replaces a variable or a word of Python; no name in a spec begins with it."""
_TOKENS = re.compile(r"'[^']*'|\"[^\"]*\"|\$\{[^}]*\}|\$[A-Za-z_]\w*|[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of a node in a formula, at `text[start:end]`."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Operation:
    """The call of an op.

    Args:
        op: The op.
        operands: Its arguments: nodes, other operations, numbers, or sizes of nodes.
        places: Where each of them begins and ends in the text.
        start: Where the operation begins.
        end: Where it ends.
    """

    op: str
    operands: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]
    start: int
    end: int


class FormulaError(ExpressionError):
    """A formula cannot be parsed or computed; the mistake is at `text[start:end]`, in all of it if `end` is 0."""

    def __init__(self, message: str, help: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(message, help)
        self.start = start
        self.end = end


def read_formula(text: str, variables: Mapping[str, Any], prefix: str = "") -> Operation:
    """The operations of a formula.

    Args:
        text: The formula.
        variables: The values of the variables.
        prefix: What precedes the names of nodes in the block around it: `use/`.

    Raises:
        FormulaError: If it cannot be parsed or computed, or has no operation on a node.
    """
    result = _Reader(text, variables, prefix).read(parse_formula(text))
    if isinstance(result, Operation):
        return result
    if isinstance(result, Reference):
        raise FormulaError("the expression has no operation", f"write `from: {result.name}` where the node is used")
    raise FormulaError("the expression names no node", _HELP)


def references(text: str) -> list[Reference]:
    """The nodes that a formula names, in their order; empty if it cannot be parsed."""
    try:
        tree = parse_formula(text)
    except FormulaError:
        return []
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [
        Reference(node_name(node, text), *place_of(node, text))
        for node in ast.walk(tree)
        if id(node) not in called and is_reference(node, text)
    ]
    return sorted(found, key=lambda reference: reference.start)


def variables_of(text: str) -> list[str]:
    """The texts of the variables and expressions in a formula: `$scale`, `${width * 2}`."""
    return [match[0] for match in _TOKENS.finditer(text) if match[0][0] == "$"]


def parse_formula(text: str) -> ast.expr:
    """The syntax tree of a formula, in parentheses; `place_of` gives the places of its nodes in the text.

    Raises:
        FormulaError: If the text is not an expression.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the expression has more than {MAX_LENGTH} characters", "split it into several entries")
    marked = _TOKENS.sub(_marked, text.replace("\n", " "))
    try:
        return ast.parse(f"({marked})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(f"invalid expression `{text.strip()}`", _HELP) from None


def is_reference(node: ast.AST, text: str) -> bool:
    """Whether a node of a syntax tree is the name of a node of the spec."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.Name) and not is_variable(node, text)


def is_variable(node: ast.AST, text: str) -> bool:
    """Whether a node of a syntax tree is a variable or an expression over variables."""
    return isinstance(node, ast.Name) and text[place_of(node, text)[0]] == "$"


def node_name(node: Any, text: str) -> str:
    """The name that a node of a syntax tree stands for, with its first letter."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    start, end = place_of(node, text)
    return text[start:end]


def place_of(node: Any, text: str) -> tuple[int, int]:
    """Where a node of a syntax tree begins and ends in the text; Python counts in bytes of the marked text."""
    encoded = f"({_TOKENS.sub(_marked, text.replace(chr(10), ' '))})".encode()
    start, end = (len(encoded[:offset].decode()) - 1 for offset in (node.col_offset, node.end_col_offset))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return start + 1, end - 1
    return start, end


def _marked(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] == "$":
        return _MARK + re.sub(r"\W", "_", token[1:])
    return _MARK + token[1:] if keyword.iskeyword(token) else token


class _Reader:
    """Reads the operations of a syntax tree."""

    def __init__(self, text: str, variables: Mapping[str, Any], prefix: str) -> None:
        self.text = text
        self.variables = variables
        self.prefix = prefix

    def read(self, node: ast.expr) -> Any:
        """A node, an operation, a number, or a size."""
        if is_variable(node, self.text):
            return self._variable(node)
        if is_reference(node, self.text):
            return Reference(node_name(node, self.text), *place_of(node, self.text))
        match node:
            case ast.Constant(int() | float()) if not isinstance(node.value, bool):
                return self._computed(node, node)
            case ast.BinOp(left, op, right) if type(op) in BINARY:
                return self._operation(BINARY[type(op)], node, left, right)
            case ast.Compare(left, [op], [right]) if type(op) in COMPARISON:
                return self._operation(COMPARISON[type(op)], node, left, right)
            case ast.UnaryOp(ast.USub(), operand):
                return self._operation("negative", node, operand)
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.read(operand)
            case ast.Call(ast.Name(), arguments, []):
                return self._call(node, arguments)
        raise self._error("unsupported syntax in an expression of nodes", _HELP, node)

    def _call(self, node: ast.Call, arguments: list[ast.expr]) -> Operation | int | float:
        name = node_name(node.func, self.text)
        if name not in FUNCTIONS:
            raise self._error(f"unknown function `{name}`", f"other ops have an entry of their own: `op: {name}`", node)
        count = 2 if name in OF_TWO else 1
        if len(arguments) != count:
            takes = "one argument" if count == 1 else "two arguments"
            raise self._error(f"`{name}` takes {takes}, not {len(arguments)}", "", node)
        result: Operation | int | float = self._operation(name, node, *arguments)
        return result

    def _operation(self, op: str, node: ast.expr, *arguments: ast.expr) -> Any:
        """An operation; its value, if it has only numbers."""
        operands = tuple(map(self.read, arguments))
        if any(isinstance(operand, (Reference, Operation)) for operand in operands):
            places = tuple(place_of(argument, self.text) for argument in arguments)
            return Operation(op, operands, places, *place_of(node, self.text))
        if isinstance(node, (ast.Call, ast.Compare)) or any(map(is_size, operands)):
            raise self._error(
                "a part of the expression names no node",
                "compute numbers in `${...}`: `x / ${sqrt(units_of(x))}`",
                node,
            )
        numbers = dict(zip(("left", "right"), operands, strict=False))
        return self._computed(node, _of_names(node, list(numbers)), numbers)

    def _computed(self, node: ast.expr, arithmetic: ast.expr, numbers: Mapping[str, Any] = NO_NUMBERS) -> Any:
        """The value of arithmetic on numbers, for a node of the syntax tree.

        Args:
            node: The node, the place of an error.
            arithmetic: The arithmetic.
            numbers: The variables in it.
        """
        try:
            return Evaluator(numbers).value(arithmetic)
        except ExpressionError as error:
            raise self._error(str(error), error.help, node) from None

    def _variable(self, node: ast.expr) -> Any:
        start, end = place_of(node, self.text)
        try:
            value = substitute(self.text[start:end], self.variables, self.prefix)
        except ExpressionError as error:
            help = "define it under `vars:`" if isinstance(error, UnknownName) else ""
            raise self._error(str(error), error.help or help, node) from None
        if is_size(value) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            return value
        raise self._error(f"arithmetic needs numbers, not {kind_of_value(value)}", "", node)

    def _error(self, message: str, help: str, node: ast.expr) -> FormulaError:
        return FormulaError(message, help, *place_of(node, self.text))


def _of_names(node: Any, names: Sequence[str]) -> ast.expr:
    """An arithmetic node of a syntax tree with variables as its operands."""
    operands = [ast.Name(name) for name in names]
    return ast.UnaryOp(node.op, *operands) if len(operands) == 1 else ast.BinOp(operands[0], node.op, operands[1])


def in_order(formula: Operation) -> Iterator[Operation]:
    """The operations of a formula, each after those that it needs."""
    for operand in formula.operands:
        if isinstance(operand, Operation):
            yield from in_order(operand)
    yield formula


def template(text: str, operation: Operation) -> str:
    """The text of an operation, with `{x}`, or `{x1}` and `{x2}`, for what is no name of a node and no literal number.

    Args:
        text: The formula.
        operation: An operation of it.
    """
    result, end = "", operation.start
    names = ("x",) if len(operation.operands) == 1 else ("x1", "x2")
    for name, operand, place in zip(names, operation.operands, operation.places, strict=True):
        is_as_written = isinstance(operand, Reference) or not (
            isinstance(operand, Operation) or "$" in text[slice(*place)]
        )
        if not is_as_written:
            result += _escaped(text[end : place[0]]) + f"{{{name}}}"
            end = place[1]
    return " ".join((result + _escaped(text[end : operation.end])).split())


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def place_within(span: Span, text: str, start: int, end: int) -> Span:
    """The place of `text[start:end]` in the text at a span; all of that if it is written in another form.

    Args:
        span: The place of the text.
        text: The text.
        start: Where the part begins.
        end: Where it ends.
    """
    if span.line != span.end_line or span.source.is_command_line:
        return span
    written = span.source.line(span.line)[span.column - 1 : span.end_column - 1]
    offset = written.find(text)
    if offset < 0:
        return span
    column = span.column + offset
    return span._replace(column=column + start, end_column=column + end)
