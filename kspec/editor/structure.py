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

from kspec.diagnostics import Diagnostic, Positions

CODES = frozenset(f"KS{number}" for number in (101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113))
"""The codes of the structural part."""
UNTOLD = frozenset({"KS215"})
"""Under `loss` and `metrics` a key that names no class is an output's. Where there is no such output, a check does not
look at what stands under the key; a schema, which knows no outputs, does."""


def structural(problems: Iterable[Diagnostic], values: Any, positions: Positions) -> list[Diagnostic]:
    """Of the problems of a check those that a schema can find, too.

    Args:
        values: The spec's plain values.
        positions: Where they stand.
    """
    calls = _in_calls(values, positions)
    return [problem for problem in problems if _is_structural(problem, calls)]


def _is_structural(problem: Diagnostic, calls: set[tuple[int, int]]) -> bool:
    """A value that was computed is not judged: its problem tells, as a related place, where the variable stands."""
    place = (problem.span.line, problem.span.column) if problem.span else (0, 0)
    return problem.code in CODES and not problem.related and place not in calls


def _in_calls(values: Any, positions: Positions) -> set[tuple[int, int]]:
    """The places of arguments of calls; what an op lacks is told at its entry."""
    paths = {path for path in (*positions.values, *positions.keys) if path[:1] == ("layers",) and len(path) > 3}
    inside = [path for path in paths if path[2] == "call"]
    spans = [place(path) for path in inside for place in (positions.key, positions.value)]
    layers = values.get("layers") if isinstance(values, dict) else None
    for index, entry in enumerate(layers if isinstance(layers, list) else ()):
        if isinstance(entry, dict) and "op" in entry:
            spans.append(positions.value(("layers", index)))
    return {(span.line, span.column) for span in spans}
