"""The structural part of `kspec check`: what a JSON Schema can say of a spec, and no more.

It is what the spec's own values decide, each where it stands: keys, kinds of values, bounds, words, classes and their
arguments. Not in it is what YAML decides before there are values (KS0), what needs two places at once (names of nodes,
shapes, modules under `extensions`), what `$name` and `${...}` come to, the data, trust, and `call:`, whose arguments
depend on what is called. JSON knows one kind of number and no infinity: `2.0` is 2 to a schema, and `.inf` cannot be
said in it.
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
UNTOLD = frozenset({codes.UNKNOWN_OUTPUT, codes.INVALID_BLOCK_ARGUMENTS, codes.INVALID_EXPANSION})
"""A spec with one of these is told apart by nobody. Under `loss` and `metrics` a key that names no class is an
output's: where there is no such output (KS215), a check does not look at what stands under the key; a schema, which
knows no outputs, does. And of what writes entries out (`with`, `repeat`, `each`, `when`; KS219, KS221) a schema sees
the kind of value, a check what it comes to, under one code."""


def structural(problems: Iterable[Diagnostic], values: Any, positions: Positions) -> list[Diagnostic]:
    """Of the problems of a check those that a schema can find, too.

    Args:
        values: The spec's plain values.
        positions: Where they stand.
    """
    untold = _in_calls(values, positions) | _computed(values, positions)
    return [problem for problem in problems if _is_structural(problem, untold)]


def _is_structural(problem: Diagnostic, untold: set[tuple[int, int]]) -> bool:
    """A value that was computed is not judged: its problem tells, as a related place, where the variable stands."""
    place = (problem.span.line, problem.span.column) if problem.span else (0, 0)
    uses = len(problem.span.uses) if isinstance(problem.span, UsedSpan) else 0
    if isinstance(problem.span, ArgumentSpan):  # what a value is handed for is known to a check alone
        return False
    return problem.code in CODES and len(problem.related) == uses and place not in untold


def _computed(value: Any, positions: Positions, path: Path = ()) -> set[tuple[int, int]]:
    """The places of texts that are computed."""
    if isinstance(value, str):
        span = positions.value(path)
        return {(span.line, span.column)} if "$" in value and is_computed(value) else set()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {place for key, item in items for place in _computed(item, positions, (*path, key))}


def _in_calls(values: Any, positions: Positions) -> set[tuple[int, int]]:
    """The places of arguments of calls; what an op lacks is told at its entry."""
    entries = {(*path, n): entry for path, listed in lists_of_entries(values) for n, entry in enumerate(listed)}
    spans = [positions.value(path) for path, entry in entries.items() if isinstance(entry, dict) and "op" in entry]
    for path in {*positions.values, *positions.keys}:
        for length in (2, 4):
            if path[:length] in entries and len(path) > length + 1 and path[length] == "call":
                spans += [positions.key(path), positions.value(path)]
    return {(span.line, span.column) for span in spans}
