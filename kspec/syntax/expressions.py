"""`$name` and `${...}`: a small pure language over the variables of a spec.

It has numbers, text, lists, booleans, null; arithmetic on numbers; comparison; `and or not`; `a if c else b`; indexing;
min, max, round, int, len, sqrt, log2, ceil and floor; and the sizes of nodes, as `units_of(h)`. It has no attributes
and no other calls, and limits the size of every value. Python's parser parses an expression; `eval` is not used.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from kspec.diagnostics.budget import CHARACTERS, STEPS, current, spend
from kspec.syntax.evaluation import CONSTANTS, FUNCTIONS, Evaluator, UnknownName, format_value, look_up
from kspec.syntax.partial import bind, has_sizes
from kspec.syntax.sizes import (
    SIZE_WORDS,
    ExpressionError,
    Size,
    is_size,
    is_size_call,
    quote_names,
    size_of_call,
    unparse,
)

__all__ = [
    "FUNCTIONS",
    "ExpressionError",
    "UnknownName",
    "evaluate",
    "is_computed",
    "names_in",
    "pieces",
    "sizes_in_text",
    "substitute",
]

MAX_LENGTH = 500
MAX_DEPTH = 100
"""The most operations that an expression can nest in one another."""

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def is_computed(text: str) -> bool:
    """Whether a text contains a variable, an expression or an escaped `$`."""
    return "${" in text or "$$" in text or _NAME.fullmatch(text) is not None


def substitute(text: str, variables: Mapping[str, Any], prefix: str = "") -> Any:
    """The value of a text: of its only expression, or the text with its expressions replaced.

    Args:
        text: The text.
        variables: The values of the variables.
        prefix: What precedes the names of nodes in the block around it: `use/`.

    Returns:
        The value; a `SizeExpression` if it depends on the size of a node.

    Raises:
        ExpressionError: if an expression cannot be parsed or computed.

    >>> substitute("$width", {"width": 10}), substitute("${width * 2}", {"width": 10})
    (10, 20)
    >>> substitute("data/${set}.csv", {"set": "a"}), substitute("$$5", {})
    ('data/a.csv', '$5')
    >>> substitute("${units_of(h) * factor}", {"factor": 3}, "use/")
    '${units_of(use/h) * 3}'
    """
    if name := _NAME.fullmatch(text):
        return look_up(name[1], variables)
    parts = list(_parts(text))
    values = [part if isinstance(part, str) else _value(part.text, variables, prefix) for part in parts]
    if len(parts) == 1 and not isinstance(parts[0], str):
        return values[0]
    if any(map(is_size, values)):
        raise ExpressionError("a size cannot be part of a text", "sizes are numbers: arguments of layers and ops")
    if (budget := current()) is not None:
        budget.spend(CHARACTERS, sum(map(budget.size, values)))
    return "".join(
        part if isinstance(part, str) else format_value(value) for part, value in zip(parts, values, strict=True)
    )


def _value(expression: str, variables: Mapping[str, Any], prefix: str) -> Any:
    parsed = _parse(expression)
    if not parsed.calls_size and not any(is_size(variables.get(name)) for name in parsed.names):
        return Evaluator(variables).value(parsed.tree)
    spend(STEPS, 600)  # it is bound, written and parsed again at each stage
    tree = bind(copy.deepcopy(parsed.tree), variables, prefix)
    return unparse(tree) if has_sizes(tree, {}) else Evaluator(variables).value(tree)


def names_in(text: str) -> tuple[str, ...]:
    """The variables that a text uses, in order; empty if it cannot be parsed."""
    if name := _NAME.fullmatch(text):
        return (name[1],)
    names: dict[str, None] = {}
    try:
        for part in _parts(text):
            if not isinstance(part, str):
                names.update(dict.fromkeys(_parse(part.text).names))
    except ExpressionError:
        return ()
    return tuple(name for name in names if name not in (*FUNCTIONS, *SIZE_WORDS, *CONSTANTS))


def sizes_in_text(text: str) -> tuple[Size, ...]:
    """The sizes of nodes that a text refers to; empty if it cannot be parsed."""
    try:
        trees = [piece for piece in pieces(text) if not isinstance(piece, str)]
        return tuple(size_of_call(node) for tree in trees for node in ast.walk(tree) if is_size_call(node))
    except ExpressionError:
        return ()


def pieces(text: str) -> list[str | ast.expr]:
    """The literal parts of a text and, parsed, its expressions; `$name` is one.

    Raises:
        ExpressionError: if an expression cannot be parsed.
    """
    if name := _NAME.fullmatch(text):
        return [_parse(name[1]).tree]
    return [part if isinstance(part, str) else _parse(part.text).tree for part in _parts(text)]


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression, without its `${` and `}`.

    Raises:
        ExpressionError: if it cannot be parsed, uses an unknown name, or has no value within the limits.
    """
    return Evaluator(variables).value(_parse(expression).tree)


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


class _Parsed(NamedTuple):
    """What is known of an expression before it is computed.

    Args:
        tree: The syntax tree, which must not be changed.
        names: The names in it, in order.
        calls_size: Whether it has a call such as `units_of(h)`.
    """

    tree: ast.expr
    names: tuple[str, ...]
    calls_size: bool


def _parse(expression: str) -> _Parsed:
    """An expression, parsed.

    Raises:
        ExpressionError: if it cannot be parsed.
    """
    spend(STEPS, 20 + 2 * len(expression))
    return _parsed(expression)


@lru_cache(maxsize=1000)
def _parsed(expression: str) -> _Parsed:
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"the expression has more than {MAX_LENGTH} characters", "split it into several `vars`")
    if not expression.strip():
        raise ExpressionError("the expression is empty", "write `${name}` or `${name * 2}`")
    try:
        tree = ast.parse(quote_names(expression.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            f"invalid expression `{expression.strip()}`",
            "use arithmetic and comparisons of variables, such as `${width * 2}`",
        ) from None
    nodes: list[ast.AST] = []
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        nodes += level
        level = [child for node in level for child in _children(node)]
        if not level:
            names = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
            return _Parsed(tree, tuple(names), any(map(is_size_call, nodes)))
    raise ExpressionError(f"the expression nests more than {MAX_DEPTH} operations", "split it into several `vars`")


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node of a syntax tree, without operators and the like, which have no parts."""
    for field in node._fields:
        value = getattr(node, field, None)
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, ast.AST) and part._fields:
                yield part
