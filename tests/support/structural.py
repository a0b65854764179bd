"""The structural part of `kspec check`: the problems that a JSON Schema can find as well.

A schema judges each value at its place: keys, types of values, bounds, choices, classes and their arguments. It does not
cover YAML syntax (KS0), whatever depends on two places at once (node names, shapes, modules of `extensions`), the values
of `$name` and `${...}`, the data, permissions, and `call:`, whose arguments depend on the callee. JSON has one type of
number and no infinity: to a schema `2.0` is 2, and `.inf` does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kspec.diagnostics import Diagnostic, Path, Positions, UsedSpan, codes
from kspec.expand.block_arguments import ArgumentSpan
from kspec.syntax.entries import lists_of_entries
from kspec.syntax.expressions import is_computed

CODES = frozenset(f"KS{number}" for number in (101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113))
"""The codes of the structural part."""
UNDECIDABLE = frozenset({codes.UNKNOWN_OUTPUT, codes.INVALID_BLOCK_ARGUMENTS, codes.INVALID_EXPANSION})
"""A spec with one of these is not compared. Under `loss` and `metrics` a key that is not a class is an output; if it
is unknown (KS215), a check skips the value of the key, and a schema, which knows no outputs, does not. For `with`,
`repeat`, `each` and `when` (KS219, KS221), a schema checks the type and a check the value, under the same code."""


def structural(problems: Iterable[Diagnostic], values: Any, positions: Positions) -> list[Diagnostic]:
    """Select the problems that a schema can find.

    Args:
        problems: The diagnostics of a check.
        values: The plain values of the spec.
        positions: The positions of the values.

    Returns:
        The structural problems, in the same order.
    """
    skipped = _in_calls(values, positions) | _computed(values, positions)
    return [problem for problem in problems if _is_structural(problem, skipped)]


def _is_structural(problem: Diagnostic, skipped: set[tuple[int, int]]) -> bool:
    """Computed values do not count; their problems have the place of the variable as a related place."""
    place = (problem.span.line, problem.span.column) if problem.span else (0, 0)
    uses = len(problem.span.uses) if isinstance(problem.span, UsedSpan) else 0
    if isinstance(problem.span, ArgumentSpan):  # only a check knows the parameter that a value is passed to
        return False
    return problem.code in CODES and len(problem.related) == uses and place not in skipped


def _computed(value: Any, positions: Positions, path: Path = ()) -> set[tuple[int, int]]:
    """The places of computed texts."""
    if isinstance(value, str):
        span = positions.value(path)
        return {(span.line, span.column)} if "$" in value and is_computed(value) else set()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {place for key, item in items for place in _computed(item, positions, (*path, key))}


def _in_calls(values: Any, positions: Positions) -> set[tuple[int, int]]:
    """The places of call arguments; missing arguments of an op are reported at its entry."""
    entries = {(*path, n): entry for path, listed in lists_of_entries(values) for n, entry in enumerate(listed)}
    spans = [positions.value(path) for path, entry in entries.items() if isinstance(entry, dict) and "op" in entry]
    for path in {*positions.values, *positions.keys}:
        for length in (2, 4):
            if path[:length] in entries and len(path) > length + 1 and path[length] == "call":
                spans += [positions.key(path), positions.value(path)]
    return {(span.line, span.column) for span in spans}
