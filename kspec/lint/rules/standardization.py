"""KS112: regular expressions in `standardize` of TextVectorization that TensorFlow would reject."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.re2 import InvalidPattern, check_pattern, check_replacement

HEAD = "TextVectorization"


def check(context: RuleContext) -> None:
    """Checks each regular expression and its replacement."""
    for node in context.graph.calls:
        steps = node.arguments.get("standardize") if node.kind == "layer" and node.head == HEAD else None
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            for pattern, replacement in step.items() if isinstance(step, dict) else ():
                with context.checking(node):
                    path = (*node.path, HEAD, "standardize", index, pattern)
                    _check(context, str(pattern), replacement, path)


def _check(context: RuleContext, pattern: str, replacement: Any, path: tuple[Any, ...]) -> None:
    positions = context.spec.positions
    try:
        groups = check_pattern(pattern)
    except InvalidPattern as error:
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"invalid regular expression: {error}",
            positions.key(path),
            help="TensorFlow uses RE2: https://github.com/google/re2/wiki/Syntax",
        )
        return
    if not isinstance(replacement, str):
        return  # reported with its type
    try:
        check_replacement(replacement, groups)
    except InvalidPattern as error:
        context.report.error(codes.INVALID_ARGUMENT_VALUE, f"invalid replacement: {error}", positions.value(path))
