"""`vars` and the values computed from them, replaced in a tree; every value keeps its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kspec.diagnostics import Edit, Path, Report, Span, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.expressions import ExpressionError, UnknownName, is_computed, names_in
from kspec.expressions import substitute as substitute_text
from kspec.syntax.parse import Tree

TEMPLATES = ("blocks", "models")
"""What is a template is computed where it is used, with its parameters."""


def substitute(tree: Tree, report: Report) -> None:
    """Replaces `$name` and `${...}` throughout the document, `vars` first, from top to bottom."""
    document = tree.value
    if not isinstance(document, dict):
        return
    variables: dict[str, Any] = {}
    own = document.get("vars")
    if isinstance(own, dict):
        for name, value in own.items():
            variables[name] = own[name] = _computed(value, ("vars", name), variables, tree, report)
    for key, value in document.items():
        if key != "vars" and key not in TEMPLATES:
            document[key] = _computed(value, (key,), variables, tree, report)


def _computed(value: Any, path: Path, variables: Mapping[str, Any], tree: Tree, report: Report) -> Any:
    if isinstance(value, str):
        return _text(value, path, variables, tree, report) if "$" in value and is_computed(value) else value
    if isinstance(value, dict):
        for key, item in value.items():
            value[key] = _computed(item, (*path, key), variables, tree, report)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            value[index] = _computed(item, (*path, index), variables, tree, report)
    return value


def _text(text: str, path: Path, variables: Mapping[str, Any], tree: Tree, report: Report) -> Any:
    names = names_in(text)
    if names:
        tree.positions.variables[path] = names
    span = tree.positions.value(path)
    try:
        return substitute_text(text, variables)
    except UnknownName as error:
        label = did_you_mean(error.name, variables)
        below = ", ".join(variables)
        report.error(
            "KS013",
            str(error),
            span,
            label=label,
            edits=_renamed(span, error.name, label.meant) if isinstance(label, Suggestion) else (),
            help=f"variables you can use here: {below}" if below else "set it under `vars:`, above its use",
        )
    except ExpressionError as error:
        report.error("KS014", str(error), span, help=error.help, related=tree.positions.related(path))
    return _FAILED


def _renamed(span: Span, name: str, meant: str) -> tuple[Edit, ...]:
    """The edits that put another variable in place of one, wherever the text at the span uses it."""
    if span.source.is_command_line:
        return ()
    return tuple(Edit(place, meant) for place in _places(span, name))


def variable_spans(span: Span, text: str) -> Iterator[tuple[str, Span]]:
    """The variables that a text of the document cites, each with the place of its name.

    Args:
        span: Where the text stands.
    """
    for name in names_in(text):
        for place in _places(span, name):
            yield name, place


def _places(span: Span, name: str) -> Iterator[Span]:
    """Where the text at a span cites a variable; none where it goes over several lines."""
    if span.line != span.end_line:
        return
    start = span.column - 1
    written = span.source.line(span.line)[start : span.end_column - 1]
    for used in _USES.finditer(written):
        for found in re.finditer(rf"(?<![\w'\"]){re.escape(name)}(?![\w'\"])", used[0]):
            column = start + used.start() + found.start() + 1
            yield span._replace(column=column, end_column=column + len(name))


_USES = re.compile(r"\$\{[^}]*\}|(?<!\$)\$\w+")
"""Where a written text cites variables."""


class _Failed(str):
    """Stands for a value that could not be computed, so that no later check speaks of it again."""

    __slots__ = ()


_FAILED = _Failed("?")


def is_failed(value: Any) -> bool:
    """Whether this stands for a value that could not be computed."""
    return isinstance(value, _Failed)
