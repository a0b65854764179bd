"""Expressions over sizes: what is known of them is computed, the rest waits until the sizes are known."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from kspec.syntax.evaluation import Evaluator, check_call
from kspec.syntax.sizes import (
    ExpressionError,
    call_of_size,
    is_size,
    is_size_call,
    parse_sizes,
    read_size,
    size_of_call,
    with_prefix,
)


def has_sizes(tree: ast.AST, variables: Mapping[str, Any]) -> bool:
    """Whether an expression depends on the size of a node, itself or through a variable."""
    return any(
        is_size_call(node) or (isinstance(node, ast.Name) and is_size(variables.get(node.id)))
        for node in ast.walk(tree)
    )


def bind(tree: ast.expr, variables: Mapping[str, Any], prefix: str) -> ast.expr:
    """An expression with its variables replaced, and all parts without sizes computed.

    Args:
        tree: The expression.
        variables: The values of the variables.
        prefix: What precedes the names of nodes in the block around it: `use/`.

    Raises:
        ExpressionError: If a part of it is not supported, or cannot be computed.
    """
    if not has_sizes(tree, variables):
        value = Evaluator(variables).value(tree)
        return ast.parse(repr(value), mode="eval").body
    if isinstance(tree, ast.Name):
        value = variables[tree.id]
        size = read_size(value)
        return parse_sizes(value) if size is None else call_of_size(size)
    if isinstance(tree, ast.IfExp) and not has_sizes(tree.test, variables):
        chosen = tree.body if Evaluator(variables).value(tree.test) else tree.orelse
        return bind(chosen, variables, prefix)
    if isinstance(tree, ast.Call):
        return _bind_call(tree, variables, prefix)
    if not hasattr(Evaluator, f"_{type(tree).__name__}"):
        raise ExpressionError("unsupported syntax in an expression over sizes", "use arithmetic: `${units_of(h) // 2}`")
    for field, value in ast.iter_fields(tree):
        if isinstance(value, ast.expr):
            setattr(tree, field, bind(value, variables, prefix))
        elif isinstance(value, list):
            setattr(tree, field, [bind(v, variables, prefix) if isinstance(v, ast.expr) else v for v in value])
    return tree


def _bind_call(tree: ast.Call, variables: Mapping[str, Any], prefix: str) -> ast.expr:
    """A call with its arguments bound; that of a size with the full name of its node."""
    if is_size_call(tree):
        if len(tree.args) == 2:  # an axis can be computed
            tree.args[1] = bind(tree.args[1], variables, prefix)
        size = size_of_call(tree)
        return call_of_size(size._replace(name=with_prefix(size, prefix)))
    check_call(tree)
    tree.args = [bind(argument, variables, prefix) for argument in tree.args]
    return tree
