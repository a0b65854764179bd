"""How large the values can become that an expression makes of one row: an upper bound, from its syntax alone.

The engine computes constant parts while it plans, within calls that cannot be interrupted, and its limit of memory does
not count texts. So what could grow without bound is refused before the engine sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any

from kspec.data.expressions.duckdb_engine import Syntax, all_nodes, children

MAX_GROWTH = 1_000_000
"""The largest text or list of one row, in characters and items, where each column has `USUAL`."""
USUAL = 100
_MAX_STEPS = 20_000
"""Nodes that are looked at; lambdas are looked at several times."""
_MAX_ROUNDS = 1_000
"""Rounds of a reduction that are followed one by one."""

_NUMBER_OPERATORS = {"+", "-", "*", "/", "//", "%", "**", "^", "&", "|", "<<", ">>", "~", "@"}
_LENGTHS = {"len", "length", "strlen", "char_length", "character_length", "array_length", "octet_length"}
_REPETITIONS = {"repeat": 1, "list_resize": 1, "array_resize": 1, "lpad": 1, "rpad": 1, "bitstring": 1}
_REPETITIONS |= {"equi_width_bins": 2, "range": 0, "generate_series": 0}
"""Functions that take the size of their result, and the first argument that tells it."""
_PRODUCTS = {
    "array_to_string", "array_to_string_comma_default", "list_string_agg", "concat_ws",
    "list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate", "list_select", "array_select",
    "levenshtein", "editdist3", "damerau_levenshtein",
}  # fmt: skip
"""Functions whose result, or work, grows with the product of the sizes of their arguments."""
_FACTORS = {
    "hex": 2, "to_hex": 2, "base64": 2, "to_base64": 2, "regexp_escape": 2, "url_encode": 3, "nfc_normalize": 3,
    "bin": 8, "to_binary": 8, "to_json": 6, "json_quote": 6, "strftime": 40,
}  # fmt: skip
"""How many times longer than its arguments the result of a function may be."""
_FORMATS = {"format", "printf"}
_REDUCTIONS = {"list_reduce", "array_reduce", "reduce"}

Sizes = Mapping[str, int]


class UnboundedGrowth(Exception):
    """A part of an expression can become too large.

    Args:
        node: The part.
        message: One plain sentence.
        help: What to write instead.
    """

    def __init__(self, node: dict[str, Any], message: str, help: str) -> None:
        super().__init__(message)
        self.node, self.message, self.help = node, message, help


def largest_value(syntax: Syntax, sizes: Sizes | None = None, limit: float = MAX_GROWTH) -> int:
    """The size of the largest text or list that an expression can make of one row, in characters and items.

    Args:
        syntax: The expression.
        sizes: By column, the size of its largest value; `USUAL` for others.
        limit: The size that is too large.

    Raises:
        UnboundedGrowth: If a part can become larger than the limit, or if nothing bounds it.
    """
    growth = _Growth(sizes or {}, limit)
    growth.of(syntax.root, {})
    return growth.largest


class _Growth:
    def __init__(self, sizes: Sizes, limit: float) -> None:
        self.sizes = sizes
        self.limit = limit
        self.largest = 1
        self.steps = 0

    def of(self, node: dict[str, Any], parameters: Sizes) -> int:
        """The size of a node's value.

        Args:
            node: The node.
            parameters: The sizes of the parameters of the lambdas around it.
        """
        self.steps += 1
        size = self._size(node, parameters)
        if size > self.limit or self.steps > _MAX_STEPS:
            message = f"a value of this expression could have more than {self.limit:,.0f} characters or items"
            raise UnboundedGrowth(node, message, "an expression computes a number, a boolean or a short text of a row")
        self.largest = max(self.largest, size)
        return size

    def _size(self, node: dict[str, Any], parameters: Sizes) -> int:
        kind = node["class"]
        if kind == "CONSTANT":
            literal = node.get("literal") or {}
            return max(1, len(literal.get("text") or "")) if literal.get("kind") == "STRING" else 1
        if kind == "COLUMN_REF":
            name = node["column_names"][0]
            return parameters[name] if name in parameters else self.sizes.get(".".join(node["column_names"]), USUAL)
        if kind == "FUNCTION":
            return self._function(node, parameters)
        if kind == "TYPE":
            return self._type(node)
        sizes = [self.of(child, parameters) for child in children(node)]
        is_condition = kind in ("COMPARISON", "CONJUNCTION", "BETWEEN") or "IN" in str(node.get("type")).split("_")
        return 1 if is_condition else max(1, sum(sizes))

    def _type(self, node: dict[str, Any]) -> int:
        """The items of a value of a type: those of arrays of a fixed length multiply."""
        items = [self._type(child) for child in children(node) if child["class"] == "TYPE"]
        lengths = [abs(_integer(child) or 1) for child in children(node) if child["class"] == "CONSTANT"]
        is_array = node.get("type_name", "").lower() == "array"
        return max(1, sum(items)) * (lengths[0] if is_array and lengths else 1)

    def _function(self, node: dict[str, Any], parameters: Sizes) -> int:
        name = node["qualified_name"]["path"][-1].lower()
        arguments = [argument["expression"] for argument in node["arguments"]]
        lambdas = [argument for argument in arguments if argument["class"] == "LAMBDA"]
        values = [argument for argument in arguments if argument["class"] != "LAMBDA"]
        sizes = [self.of(value, parameters) for value in values]
        total = max(1, sum(sizes))
        if lambdas:
            return self._over_items(name in _REDUCTIONS, total, lambdas[0], parameters)
        if name in _REPETITIONS:
            return self._repetitions(name, node, values, parameters)
        if name in _FORMATS:
            return self._format(name, node, values, total)
        if name in ("replace", "regexp_replace") and len(sizes) > 2:
            is_text = name == "replace" and values[1]["class"] == "CONSTANT"
            return sizes[0] * max(1, -(-sizes[2] // sizes[1])) if is_text else sizes[0] * (1 + sizes[2]) + sizes[2]
        if name in _PRODUCTS:
            return prod(1 + size for size in sizes)
        if name == "json_pretty":
            return total * total
        if name in _NUMBER_OPERATORS or name in _LENGTHS:
            return 1
        return total * _FACTORS.get(name, 1)

    def _repetitions(self, name: str, node: dict[str, Any], values: list[dict[str, Any]], parameters: Sizes) -> int:
        """The size of what a function makes as often, or as wide, as an argument says."""
        first = _REPETITIONS[name]
        counts = values[first:] if name in ("range", "generate_series") else values[first : first + 1]
        times = 0
        for value in counts:
            count = self._count(value, parameters)
            if count is None:
                message = f"nothing bounds how large the result of `{name}` becomes"
                raise UnboundedGrowth(node, message, "write a number, or a bound, as in `repeat(x, least(n, 10))`")
            times += count
        others = sum(self.of(value, parameters) for value in values if value not in counts)
        return max(1, others) * max(1, times) if name != "bitstring" else others + times

    def _count(self, node: dict[str, Any], parameters: Sizes) -> int | None:
        """A bound of a whole number; None if nothing bounds it."""
        if node["class"] == "CONSTANT":
            number = _integer(node)
            return None if number is None else abs(number)
        if node["class"] != "FUNCTION":
            return None
        name = node["qualified_name"]["path"][-1].lower()
        arguments = [argument["expression"] for argument in node["arguments"]]
        if name in _LENGTHS:
            return sum(self.of(argument, parameters) for argument in arguments)
        counts = [self._count(argument, parameters) for argument in arguments]
        known = [count for count in counts if count is not None]
        if name == "least":
            return min(known, default=None)
        return sum(known) if name in ("+", "-", "greatest") and len(known) == len(counts) else None

    def _format(self, name: str, node: dict[str, Any], values: list[dict[str, Any]], total: int) -> int:
        """The size of a formatted text: the widths and the values that its format names."""
        literal = (values[0].get("literal") or {}) if values and values[0]["class"] == "CONSTANT" else {}
        text = literal.get("text") if literal.get("kind") == "STRING" else None
        if text is None or re.search(r"%[^a-zA-Z%]*\*|\{[^{}]*:[^{}]*\{", text):
            message = f"nothing bounds how wide `{name}` makes a value"
            raise UnboundedGrowth(node, message, "write the format as a text with numbers for widths, as in `'{:05d}'`")
        widths = sum(min(int(digits[:10]), self.limit + 1) for digits in re.findall(r"\d+", text))
        return int(total * (1 + text.count("{") + text.count("%")) + widths)

    def _over_items(self, is_reduction: bool, total: int, function: dict[str, Any], parameters: Sizes) -> int:
        """The size of what a lambda makes of the items of lists.

        Args:
            is_reduction: Whether it takes its own result, with the next item, again and again.
            total: The size of the lists, and of the value that a reduction starts with.
            function: The lambda.
            parameters: The sizes of the parameters of the lambdas around it.
        """
        names = [name for child in all_nodes(function["lhs"]) for name in child.get("column_names", [])]

        def result(size: int) -> int:
            sizes = dict.fromkeys(names, 1 if is_reduction else size)
            if is_reduction and names:
                sizes[names[0]] = size  # what the rounds before have made; the others are an item, and its place
            return self.of(function["expr"], {**parameters, **sizes})

        if not is_reduction:
            return result(total) + total * result(1)
        size = total
        for done in range(total):
            following = max(size, result(size))
            if following == size:
                break
            if done == _MAX_ROUNDS:
                return size + (following - size) * (total - done)
            size = following
        return size


def _integer(node: dict[str, Any]) -> int | None:
    literal = node.get("literal") or {}
    text = literal.get("text") or ""
    is_whole = literal.get("kind") == "INTEGER" and re.fullmatch(r"-?\d{1,30}", text)
    return int(text) if is_whole else None
