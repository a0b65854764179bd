"""Replaces variables and expressions by their values; every value keeps its position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kspec.diagnostics import Edit, Path, Report, Span, codes, did_you_mean
from kspec.diagnostics.budget import BudgetExceeded, current
from kspec.diagnostics.suggest import Suggestion, available
from kspec.syntax.deferred import FAILED, Uncomputed, is_failed
from kspec.syntax.expressions import ExpressionError, UnknownName, is_computed, names_in
from kspec.syntax.expressions import substitute as substitute_text
from kspec.syntax.formula import variables_of
from kspec.syntax.names import ENTRY_KEYS
from kspec.syntax.parse import Tree
from kspec.syntax.sizes import SizeExpression, read_size, with_prefix

TEMPLATES = ("blocks", "models")
"""Sections whose expressions are computed where a block or sub-model is used."""
COMPUTED_FIRST = frozenset(ENTRY_KEYS) - {"call", "with"}
"""The keys of an entry whose values the graph is built from, before any size is known."""


def substitute(tree: Tree, report: Report) -> None:
    """Replaces `$name` and `${...}` throughout a document, first in `vars` from top to bottom."""
    document = tree.value
    if not isinstance(document, dict):
        return
    variables: dict[str, Any] = {}
    section = document.get("vars")
    if isinstance(section, dict):
        for name, value in section.items():
            variables[name] = section[name] = compute(value, ("vars", name), variables, tree, report)
    for key, value in document.items():
        if key in TEMPLATES:
            document[key] = uncomputed(value)
        elif key != "vars":
            document[key] = compute(value, (key,), variables, tree, report)


def compute(value: Any, path: Path, variables: Mapping[str, Any], tree: Tree, report: Report, prefix: str = "") -> Any:
    """A value with all its expressions computed; lists and mappings are changed in place.

    An entry with `repeat`, or `each` with values, is left as it is: its copies have their own variables. Sizes of nodes
    stay, with the nodes' full names.

    Args:
        value: A plain value.
        path: Its path in the document.
        variables: The values of the variables.
        tree: The document, for positions.
        report: Where problems are reported.
        prefix: What precedes the names of nodes in the block around it: `use/`.
    """
    if isinstance(value, str):
        if "$" not in value or not is_computed(value):
            return value
        return _text(value, path, variables, tree, report, prefix)
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "expr" and _is_list_of_entries(path[:-1]):  # a formula keeps its variables until it is read
                value[key] = Uncomputed(item) if isinstance(item, str) else item
            else:
                value[key] = compute(item, (*path, key), variables, tree, report, prefix)
        if prefix and (size := read_size(value)) is not None:
            return size._replace(name=with_prefix(size, prefix)).mapping()
    elif isinstance(value, list):
        for index, item in enumerate(value):
            repeated = has_own_variables(item) and _is_list_of_entries(path)
            value[index] = (
                uncomputed(item) if repeated else compute(item, (*path, index), variables, tree, report, prefix)
            )
    return value


def has_own_variables(entry: Any) -> bool:
    """Whether each copy of an entry has variables of its own: `index`, and `value` of an `each` with values."""
    return isinstance(entry, dict) and ("repeat" in entry or isinstance(entry.get("each"), dict))


def _is_list_of_entries(path: Path) -> bool:
    return path == ("layers",) or (len(path) == 3 and path[0] == "models" and path[2] == "layers")


def uncomputed(value: Any) -> Any:
    """A value whose expressions are marked to be computed later."""
    if isinstance(value, dict):
        return {key: uncomputed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [uncomputed(item) for item in value]
    return Uncomputed(value) if isinstance(value, str) and "$" in value and is_computed(value) else value


def _text(text: str, path: Path, variables: Mapping[str, Any], tree: Tree, report: Report, prefix: str) -> Any:
    span = tree.positions.value(path)
    try:
        names = names_in(text)
        if names:
            tree.positions.variables[path] = names
        if any(is_failed(variables.get(name)) for name in names):
            return FAILED
        value = substitute_text(text, variables, prefix)
        if isinstance(value, SizeExpression):
            _check_place(path)
        if (budget := current()) is not None:
            budget.spend_shared(value)
        return value
    except BudgetExceeded as error:
        error.span = span
        raise
    except UnknownName as error:
        label = did_you_mean(error.name, variables)
        report.error(
            codes.UNDEFINED_VARIABLE,
            str(error),
            span,
            label=label,
            edits=_rename(span, error.name, label.replacement) if isinstance(label, Suggestion) else (),
            help=available("variables", variables) or "define it under `vars:`, above its use",
        )
    except ExpressionError as error:
        report.error(codes.INVALID_EXPRESSION, str(error), span, help=error.help, related=tree.positions.related(path))
    return FAILED


def _check_place(path: Path) -> None:
    """Rejects an expression over sizes where no size is known.

    Raises:
        ExpressionError: If it is neither an argument of an entry, nor a variable, nor a setting of `compile`.
    """
    start = {"layers": 2, "blocks": 4, "models": 4}.get(str(path[0]), 0)
    key = path[start] if len(path) > start else ""
    if path[0] in ("layers", "blocks", "models") and key not in COMPUTED_FIRST:
        return
    if path[0] in ("vars", "compile"):
        return
    where = f"`{key}`" if start and key else f"`{path[0]}`"
    raise ExpressionError(
        f"{where} cannot depend on the size of a node", "sizes are known in the arguments of layers and ops"
    )


def _rename(span: Span, name: str, new_name: str) -> tuple[Edit, ...]:
    """The edits that replace a variable by another in the text at a span."""
    if span.source.is_command_line:
        return ()
    return tuple(Edit(place, new_name) for place in _places(span, name))


def referenced_variables(value: Any) -> set[str]:
    """The variables that the texts in a value reference."""
    if isinstance(value, str):
        return set(names_in(value)) if "$" in value and is_computed(value) else set()
    if isinstance(value, dict) and isinstance(value.get("expr"), str):
        formula = {name for text in variables_of(value["expr"]) for name in names_in(text)}
        return formula | referenced_variables({key: item for key, item in value.items() if key != "expr"})
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for part in inner for name in referenced_variables(part)}


def variable_spans(span: Span, text: str) -> Iterator[tuple[str, Span]]:
    """The variables that a text of the document references, each with the place of its name.

    Args:
        span: The place of the text.
        text: The text.
    """
    for name in names_in(text):
        for place in _places(span, name):
            yield name, place


def _places(span: Span, name: str) -> Iterator[Span]:
    """The places at which the text at a span references a variable; none if it has several lines."""
    if span.line != span.end_line:
        return
    start = span.column - 1
    text = span.source.line(span.line)[start : span.end_column - 1]
    for use in _USES.finditer(text):
        for match in re.finditer(rf"(?<![\w'\"]){re.escape(name)}(?![\w'\"])", use[0]):
            column = start + use.start() + match.start() + 1
            yield span._replace(column=column, end_column=column + len(name))


_USES = re.compile(r"\$\{[^}]*\}|(?<!\$)\$\w+")
"""The parts of a text that can reference variables."""
