"""Proposals in expressions: variables, functions, and the nodes whose sizes they use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lsprotocol import types as lsp

from kspec.expand.variables import COMPUTED_FIRST, has_own_variables
from kspec.lsp.completion_items import Item, plain
from kspec.lsp.cursor import MARK, Cursor
from kspec.lsp.scope import entry_at, names_of, network_path_at, output_names, params_of, value_at
from kspec.syntax.expressions import FUNCTIONS
from kspec.syntax.formula import FUNCTIONS as OPS
from kspec.syntax.sizes import SIZE_WORDS
from kspec.syntax.yaml_flow import to_yaml

_OPEN_SIZE = re.compile(rf"\b({'|'.join(SIZE_WORDS)})\(\s*['\"]?[\w/-]*\Z")


def nodes_in_expression(before: str, cursor: Cursor, value: Mapping[str, Any]) -> list[str] | None:
    """The nodes or outputs that can follow in the call of a size, `units_of(`; None elsewhere.

    Args:
        before: The text before the cursor.
        cursor: The place of the cursor.
        value: The plain values of the document.
    """
    size = _OPEN_SIZE.search(before)
    if size is None:
        return None
    if size[1] == "classes_of":
        return output_names(dict(value))
    return names_of(dict(value), cursor.path, layers=size[1] == "vocabulary_of")


def expression_items(cursor: Cursor, value: Mapping[str, Any]) -> Iterator[Item]:
    """Variables and functions; sizes of nodes where an expression can use them.

    Args:
        cursor: The place of the cursor.
        value: The plain values of the document.
    """
    yield from variable_items(cursor, value, bare=True)
    at = len(entry_at(cursor.path))
    has_sizes = at and len(cursor.path) > at and cursor.path[at] not in COMPUTED_FIRST
    for name in (*FUNCTIONS, *(SIZE_WORDS if has_sizes else ())):
        yield Item(name, lsp.CompletionItemKind.Function, insert=f"{name}($1)")


def formula_items() -> Iterator[Item]:
    """The functions that the arithmetic of an `expr` can use."""
    for name in OPS:
        yield Item(name, lsp.CompletionItemKind.Function, insert=f"{name}($1)", order=2)


def sql_items(columns: Iterable[str]) -> Iterator[Item]:
    """Columns and functions that a SQL expression of `data` can use."""
    from kspec.data.expressions.syntax import function_names, quoted

    for name in columns:
        yield Item(name, lsp.CompletionItemKind.Field, insert=plain(quoted(name)))
    for name in function_names():
        yield Item(name, lsp.CompletionItemKind.Function, insert=f"{name}($1)", order=2)


def variable_items(cursor: Cursor, value: Mapping[str, Any], *, bare: bool = False, order: int = 1) -> Iterator[Item]:
    """The names that expressions can use here: block parameters, variables, the index of a repeated entry.

    Args:
        cursor: The place of the cursor.
        value: The plain values of the document.
        bare: Whether to propose `width`, as within `${}`, instead of `$width`.
        order: The rank of the items.
    """
    variables = value.get("vars")
    known = {name: to_yaml(item) for name, item in variables.items()} if isinstance(variables, dict) else {}
    network_path = network_path_at(cursor.path)
    if network_path[:1] == ("blocks",):
        known |= dict.fromkeys(params_of(dict(value), str(network_path[1])), f"parameter of `{network_path[1]}`")
    entry = value_at(value, entry_at(cursor.path))
    if has_own_variables(entry):
        known["index"] = "number of the copy, from 0"
    if isinstance(entry, dict) and isinstance(entry.get("each"), dict):
        known["value"] = "value of the copy's node in `each`"
    for name, detail in known.items():
        if MARK not in name:
            yield Item(name if bare else f"${name}", lsp.CompletionItemKind.Variable, detail, order=order)
