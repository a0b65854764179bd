"""The numbers that sizes of nodes give: KS112 for `units: "${units_of(h) / 2}"` that is 2.5."""

from __future__ import annotations

from typing import Any

from kspec.analysis.plain_values import describe_value
from kspec.catalog.type_text import describe
from kspec.catalog.types import parse
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.matching import match
from kspec.syntax.sizes import has_sizes, read_size


def check(context: RuleContext) -> None:
    """Compares each argument that depends on a size with its type, once the size is known."""
    assert context.types is not None
    for name, numbers in context.types.numbers.items():
        node = context.graph.nodes[name]
        entry = context.spec.entry(node.path)
        if node.kind == "reuse" or node.catalog is None:
            continue
        for written, known, place in (
            (node.arguments, node.catalog.parameters, (*node.path, entry.head)),
            (node.constants, node.catalog.constants, (*node.path, "call")),
        ):
            for argument, value in written.items():
                if argument in known and has_sizes(value):
                    _check(context, value, numbers[argument], known[argument], (*place, argument))


def _check(context: RuleContext, value: Any, number: Any, parameter: Any, path: Path) -> None:
    if _is_open(number):
        return
    for mismatch in match(number, parse(parameter.type)):
        formula = "" if read_size(value) or not isinstance(value, str) else f": it is `{value[2:-1]}`"
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"`{parameter.name}` must be {describe(mismatch.expected)}, not {describe_value(mismatch.value)}{formula}",
            context.spec.positions.value((*path, *mismatch.path)),
            help="divide with `//`, or round with `int`, `ceil` or `floor`"
            if isinstance(mismatch.value, float)
            else "",
        )
        return


def _is_open(value: Any) -> bool:
    """Whether a size in a value is not known."""
    if isinstance(value, (dict, list)):
        return any(map(_is_open, value.values() if isinstance(value, dict) else value))
    return value is None
