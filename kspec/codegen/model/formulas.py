"""The head `expr` → the same arithmetic on Keras tensors in Python."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from kspec.codegen.text.literals import mark, unmarked
from kspec.syntax.formula import (
    COMPARISON,
    FUNCTIONS,
    is_reference,
    is_variable,
    node_name,
    parse_formula,
    place_of,
)


def formula_code(text: str, tensor: Callable[[str], str], number: Callable[[str], str]) -> str:
    """A formula in Python.

    Args:
        text: The formula.
        tensor: Writes a node.
        number: Writes a variable, or an expression over variables.

    >>> formula_code("-exp($a * h) + x", lambda name: f"{name}_", lambda text: "A")
    '-ops.exp(A * h_) + x_'
    """
    written = _Writer(text, tensor, number)
    return unmarked(ast.unparse(written.visit(parse_formula(text))), written.marks)


class _Writer(ast.NodeTransformer):
    """Replaces names by marks, which stand for any Python code, and functions and comparisons by ops."""

    def __init__(self, text: str, tensor: Callable[[str], str], number: Callable[[str], str]) -> None:
        self.text = text
        self.tensor = tensor
        self.number = number
        self.marks: list[str] = []

    def visit(self, node: ast.AST) -> Any:
        if is_variable(node, self.text):
            start, end = place_of(node, self.text)
            code = self.number(self.text[start:end])
            is_operation = isinstance(ast.parse(code, mode="eval").body, (ast.BinOp, ast.UnaryOp, ast.IfExp))
            return self._mark(f"({code})" if is_operation else code)
        if is_reference(node, self.text):
            return self._mark(self.tensor(node_name(node, self.text)))
        return super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        assert node.func.id in FUNCTIONS
        return _call(node.func.id, [self.visit(argument) for argument in node.args])

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return _call(COMPARISON[type(node.ops[0])], [self.visit(node.left), self.visit(node.comparators[0])])

    def _mark(self, code: str) -> ast.expr:
        self.marks.append(code)
        return ast.Name(mark(len(self.marks) - 1))


def _call(op: str, arguments: list[ast.expr]) -> ast.expr:
    return ast.Call(ast.Name(f"ops.{op}"), arguments, [])
