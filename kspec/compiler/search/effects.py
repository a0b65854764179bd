"""The addresses of a search space that decide whether a point can be trained: points alike in them share a verdict.

A learning rate or the rate of a dropout changes no shape and no size. Its values are tried for themselves; the points
of the space are then compiled once for each combination of the others.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from kspec.compiler.search.outcome import Outcome, Outcomes
from kspec.compiler.search.points import corner_values, draw, typical_values
from kspec.language.sweep import CONSTRAINT
from kspec.language.sweep_ranges import Range

CONTEXTS = 8
"""In how many parts of the space addresses that seem to have no effect are tried together."""


def addresses_with_effect(space: Mapping[str, Range], outcomes: Outcomes, constraints: Sequence[str]) -> list[str]:
    """The addresses whose values change errors, shapes, or what constraints compare.

    Args:
        space: The ranges by address.
        outcomes: Compiles points.
        constraints: What points must satisfy.
    """
    matches = [CONSTRAINT.fullmatch(text) for text in constraints]
    measures = {match[1] for match in matches if match is not None}
    base = _effect(outcomes.of({}), measures)
    found = [
        address
        for address, range_ in space.items()
        if any(_effect(outcomes.of({address: value}), measures) != base for value in typical_values(range_))
    ]
    others = {address: range_ for address, range_ in space.items() if address not in found}
    if not others:
        return found
    extremes = [{address: corner_values(range_)[end] for address, range_ in others.items()} for end in (0, -1)]
    generator = random.Random(0)
    for _ in range(CONTEXTS if found else 1):
        context = {address: draw(space[address], generator) for address in found}
        expected = _effect(outcomes.of(context), measures)
        if any(_effect(outcomes.of({**context, **extreme}), measures) != expected for extreme in extremes):
            return list(space)
    return found


def _effect(outcome: Outcome, measures: set[str]) -> tuple[Any, ...]:
    """What a verdict on a point depends on."""
    errors = tuple((error.code, error.message) for error in outcome.errors)
    return errors, outcome.shapes, *(outcome.measures.get(name) for name in sorted(measures))
