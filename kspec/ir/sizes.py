"""The nodes whose sizes an entry's arguments refer to: `{units_of: node}`, `${vocabulary_of(node) // 2}`."""

from __future__ import annotations

import re
from typing import Any

from kspec.diagnostics import Path, Span
from kspec.ir.scope import Scope
from kspec.syntax.deferred import FAILED
from kspec.syntax.sizes import Size, is_size, read_size, renamed, sizes_of


def resolve_sizes(value: Any, path: Path, user: str, scope: Scope) -> Any:
    """A value in which sizes refer to nodes by their names in the graph.

    Args:
        value: An argument, or a mapping of them, with full names of nodes: `use/h`.
        path: Its place in the spec.
        user: The node that has the argument.
        scope: The names that can be referenced.

    Returns:
        The value; in place of a size whose node is unknown, which is reported, one that no check reports again.
    """
    if is_size(value):
        names = {size: _resolve(size, value, path, user, scope) for size in sizes_of(value)}
        known = {size: name for size, name in names.items() if name is not None}
        return renamed(value, lambda size: known[size]) if len(known) == len(names) else FAILED
    if isinstance(value, dict):
        return {key: resolve_sizes(item, (*path, key), user, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_sizes(item, (*path, index), user, scope) for index, item in enumerate(value)]
    return value


def _resolve(size: Size, value: Any, path: Path, user: str, scope: Scope) -> str | None:
    """The name of a size's node in the graph; None if it is unknown, which is reported."""
    if size.word == "classes_of":
        return size.name
    own = scope.prefix
    prefix = own
    while not size.name.startswith(prefix):  # a parameter refers to nodes around the block
        prefix = prefix[: prefix.rstrip("/").rfind("/") + 1]
    reference = size.name.removeprefix(prefix)
    is_mapping = read_size(value) is not None
    span = scope.positions.value((*path, size.word) if is_mapping else path)
    scope.prefix = prefix
    tensor = scope.resolve(reference, span if is_mapping else name_within(span, size.word, reference), user)
    scope.prefix = own
    if tensor is None:
        return None
    return size.name if tensor.output else tensor.node


def name_within(span: Span, word: str, name: str) -> Span:
    """The place of a node's name in an expression, after `units_of(`; that of the expression if it is not found.

    Args:
        span: The place of the expression.
        word: The size: `units_of`.
        name: The name.
    """
    if span.line != span.end_line:
        return span
    start = span.column - 1
    text = span.source.line(span.line)[start : span.end_column - 1]
    match = re.search(rf"{word}\(\s*['\"]?({re.escape(name)})(?![\w/-])", text)
    if match is None:
        return span
    column = start + match.start(1) + 1
    return span._replace(column=column, end_column=column + len(name))
