"""Recognizes in a model's graph the ops that kspec builds for the head `expr`.

kspec names the ops in an `expr` after its node and their op: `y.multiply` and `y.add` before `y`. Written as one entry
again, they keep these names.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kspec.archive.calls import operation_arguments
from kspec.archive.config_graph import CallId, ConfigGraph, Layer, Ref, refs
from kspec.archive.errors import ImportRefused
from kspec.archive.names import valid_name
from kspec.catalog.operations import find_operation
from kspec.syntax.formula import BINARY, COMPARISON, OF_TWO, UNARY, FormulaError, Operation, Reference, read_formula

_ALIASES = {"absolute": "abs"}
_BINARY = {op: operator for operator, op in BINARY.items()}
_COMPARISON = {op: operator for operator, op in COMPARISON.items()}
_ONE = ("negative", *UNARY)
_TWO = (*_BINARY, *_COMPARISON, *OF_TWO)
_MAX_DEPTH, _MAX_LENGTH = 50, 400
"""Beyond these, ops stay entries of their own: nobody reads such a formula."""


@dataclass(frozen=True, slots=True)
class Formula:
    """The ops of an `expr`.

    Args:
        layer: The last of them.
        op: Its op.
        operands: Its arguments: tensors, numbers, and other operations.
    """

    layer: str
    op: str
    operands: tuple[Any, ...]

    def operations(self) -> Iterator[Formula]:
        """It and those inside it, each after those that it needs."""
        for operand in self.operands:
            if isinstance(operand, Formula):
                yield from operand.operations()
        yield self

    def calls(self) -> set[CallId]:
        """The calls of the ops before the last."""
        return {CallId(each.layer, 0) for each in self.operations() if each is not self}

    def text(self, name: Callable[[Ref], str]) -> str:
        """The text of the `expr`.

        Args:
            name: Gives the name of a tensor's node.
        """
        return ast.unparse(self._tree(name))

    def is_readable(self) -> bool:
        """Whether kspec reads the text as these ops, with the same numbers of the same types."""
        text = self.text(_placeholder)
        try:
            return len(text) <= _MAX_LENGTH and _is_same(self, read_formula(text, {}))
        except FormulaError:
            return False

    def _tree(self, name: Callable[[Ref], str]) -> ast.expr:
        first, *others = (_operand(each, name) for each in self.operands)
        if self.op in _BINARY:
            return ast.BinOp(first, _BINARY[self.op](), others[0])
        if self.op in _COMPARISON:
            return ast.Compare(first, [_COMPARISON[self.op]()], others)
        if self.op == "negative":
            return ast.UnaryOp(ast.USub(), first)
        return ast.Call(ast.Name(self.op), [first, *others], [])


def find_formulas(graph: ConfigGraph) -> dict[CallId, Formula]:
    """The formulas of a graph, by the calls of their last ops."""
    owners = {name.partition(".")[0] for name in graph.layers if "." in name}
    uses = Counter(ref.layer for layer in graph.layers.values() for call in layer.calls for ref in refs(list(call)))
    uses.update(ref.layer for _, ref in graph.outputs)
    found = {}
    for name in owners & graph.layers.keys():
        formula = _read(graph.layers[name], name, graph, uses)
        if formula is not None and [each.layer for each in formula.operations()] == list(_names(formula)):
            found[CallId(name, 0)] = formula
    return {call: formula for call, formula in found.items() if formula.calls() and formula.is_readable()}


def _placeholder(ref: Ref) -> str:
    return f"{valid_name(ref.layer)}_{ref.call}_{ref.output}"


def _read(layer: Layer, owner: str, graph: ConfigGraph, uses: Counter[str], depth: int = 0) -> Formula | None:
    """The formula that ends with an op; None if an `expr` cannot have the op or one of its operands.

    Args:
        layer: The op.
        owner: The name of the last op.
        graph: The graph.
        uses: How often each layer's outputs are used.
        depth: How many ops it is an operand within.
    """
    operation = find_operation(str(layer.data.get("module")), layer.class_name)
    if operation is None or len(layer.calls) != 1 or depth > _MAX_DEPTH:
        return None
    op = _ALIASES.get(operation.op, operation.op)
    try:
        bound = operation_arguments(operation, *layer.calls[0], layer.data["config"])
    except ImportRefused:
        return None
    names = ("x",) if op in _ONE else ("x1", "x2") if op in _TWO else ()
    if not names or set(bound) != set(names):
        return None
    operands = []
    for name in names:
        operand = bound[name]
        inner = graph.layers.get(operand.layer) if isinstance(operand, Ref) else None
        if inner is not None and inner.name.startswith(f"{owner}.") and uses[inner.name] == 1:
            operand = _read(inner, owner, graph, uses, depth + 1)
        if not isinstance(operand, (Formula, Ref)) and not _is_number(operand):
            return None
        operands.append(operand)
    return Formula(layer.name, op, tuple(operands))


def _names(formula: Formula) -> Iterator[str]:
    """The names that kspec gives the ops, in order."""
    counts: Counter[str] = Counter()
    for each in formula.operations():
        count, counts[each.op] = counts[each.op], counts[each.op] + 1
        yield formula.layer if each is formula else f"{formula.layer}.{each.op}" + (f"_{count}" if count else "")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _operand(value: Any, name: Callable[[Ref], str]) -> ast.expr:
    if isinstance(value, Formula):
        return value._tree(name)
    if isinstance(value, Ref):
        return ast.Name(name(value)) if name(value).isidentifier() else ast.Constant(name(value))
    number = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), number) if math.copysign(1, value) < 0 else number


def _is_same(formula: Any, read: Any) -> bool:
    if isinstance(formula, Formula):
        return (
            isinstance(read, Operation)
            and read.op == formula.op
            and all(_is_same(*pair) for pair in zip(formula.operands, read.operands, strict=True))
        )
    if isinstance(formula, Ref):
        return isinstance(read, Reference) and read.name == _placeholder(formula)
    return type(read) is type(formula) and repr(read) == repr(formula)
