"""`vars` and the values computed from them, replaced in a tree; every value keeps its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.diagnostics import Path, Report, did_you_mean
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
        below = ", ".join(variables)
        report.error(
            "KS013",
            str(error),
            span,
            label=did_you_mean(error.name, variables),
            help=f"variables you can use here: {below}" if below else "set it under `vars:`, above its use",
        )
    except ExpressionError as error:
        report.error("KS014", str(error), span, help=error.help, related=tree.positions.related(path))
    return _FAILED


class _Failed(str):
    """Stands for a value that could not be computed, so that no later check speaks of it again."""

    __slots__ = ()


_FAILED = _Failed("?")


def is_failed(value: Any) -> bool:
    """Whether this stands for a value that could not be computed."""
    return isinstance(value, _Failed)
