"""How many trainings of a sweep share what is compiled, as far as its space tells before any of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kspec.compiler.search.outcome import Outcomes
from kspec.compiler.search.points import typical_values
from kspec.language.sweep_ranges import Range


def expected_trainings(space: Mapping[str, Range], outcomes: Outcomes, trainings: int) -> float:
    """About how many trainings of a sweep share a program that XLA compiles: for one network, and one batch size.

    Args:
        space: The ranges by address.
        outcomes: Compiles points.
        trainings: Those of the sweep.

    Returns:
        The trainings, divided by the number of programs that each address stands for.
    """
    return max(1.0, trainings / math.prod(_programs(address, range_, outcomes) for address, range_ in space.items()))


def _programs(address: str, range_: Range, outcomes: Outcomes) -> float:
    """How many programs the values of an address need, the others being those of the spec; infinity for a continuum.

    Args:
        address: The address.
        range_: Its range.
        outcomes: Compiles points.
    """
    values = range_.choice or typical_values(range_)[-2:]  # the lowest of a continuum may be zero, a form of its own
    found = [outcomes.of({address: value}) for value in values]
    programs = {(outcome.program, outcome.batch_size) for outcome in found if not outcome.errors}
    if range_.choice is not None or len(programs) < 2:
        return max(1, len(programs))
    return range_.count or math.inf
