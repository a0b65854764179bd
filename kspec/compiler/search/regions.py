"""The parts of a search space in which points share a mistake, in as few conditions as tell them from the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import Any

from kspec.compiler.search.points import Point
from kspec.language.sweep_ranges import Range
from kspec.syntax.yaml_flow import to_yaml

MAX_BOUNDS = 16
"""The most numbers of an address that are tried as bounds."""
MAX_REGIONS = 3
"""The most regions that are found."""
MIN_SHARE = 0.1
"""The least share of the points with a mistake that a region holds."""
MAX_OF_THREE = 64
"""The most single conditions of which three are combined."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What an address must be for a point to lie in a region.

    Args:
        address: The address.
        word: `is`, `from` or `to`.
        value: The value, or the bound.
    """

    address: str
    word: str
    value: Any

    def holds(self, value: Any) -> bool:
        """Whether a value of the address satisfies it."""
        if self.word == "is":
            return bool(to_yaml(value) == to_yaml(self.value))
        return bool(value >= self.value if self.word == "from" else value <= self.value)

    def text(self, range_: Range) -> str:
        """The condition in words: a bound that one value of the range satisfies is that value."""
        ends = range_.choice or (range_.bounds if range_.count is not None else ())
        if self.word == "is" or [value for value in ends if self.holds(value)] == [self.value]:
            return f"`{self.address}: {short(self.value)}`"
        return f"`{self.address}` {'≥' if self.word == 'from' else '≤'} {short(self.value)}"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a search space.

    Args:
        conditions: What its points satisfy.
        points: The points in it, by their index.
    """

    conditions: tuple[Condition, ...]
    points: tuple[int, ...]

    def text(self, space: Mapping[str, Range]) -> str:
        """Its conditions in words."""
        first, *others = (condition.text(space[condition.address]) for condition in self.conditions)
        return f"{first} with {' and '.join(others)}" if others else first


def short(value: Any) -> str:
    """A value in a message: fractions with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else to_yaml(value)


def regions(
    space: Mapping[str, Range], points: Sequence[Point], wrong: Sequence[bool], neutral: Sequence[bool] = ()
) -> list[Region]:
    """Regions of at most three conditions that hold no point without a mistake, the largest first.

    Args:
        space: The ranges by address.
        points: The points.
        wrong: Whether each has the mistake.
        neutral: Whether each has another mistake: a region may hold it, and need not; none by default.

    Returns:
        The regions, each with the points with the mistake that are in none before it; those in no region are left out.
    """
    left = _bits(wrong)
    least = MIN_SHARE * left.bit_count()
    right = ((1 << len(points)) - 1) & ~(left | _bits(neutral))
    columns = {address: _Column(address, points) for address in space}
    single = {condition: column.mask(condition) for column in columns.values() for condition in column.conditions()}
    found: list[Region] = []
    for number in (1, 2, 3):
        if number == 3 and len(single) > MAX_OF_THREE:
            break
        pure = list(_pure(single, number, left, right))
        while left and pure and len(found) < MAX_REGIONS:
            best = max(pure, key=lambda mask_of: (mask_of[1] & left).bit_count())
            if (best[1] & left).bit_count() < max(least, 1):
                break  # one with another condition may hold more
            conditions, mask = _widened(best[0], columns, right)
            found.append(Region(conditions, tuple(index for index in range(len(points)) if (mask & left) >> index & 1)))
            left &= ~mask
    return found


def _pure(
    single: Mapping[Condition, int], number: int, wrong: int, right: int
) -> Iterator[tuple[tuple[Condition, ...], int]]:
    """The combinations of conditions on different addresses that hold points with the mistake and none without one.

    Args:
        single: The conditions, with the points that satisfy each, as bits.
        number: How many are combined.
        wrong: The points with the mistake.
        right: The points without one.
    """
    for combination in itertools.combinations(single.items(), number):
        mask = reduce(and_, (mask for _, mask in combination))
        if mask & wrong and not mask & right:
            conditions = tuple(condition for condition, _ in combination)
            if len({condition.address for condition in conditions}) == number:
                yield conditions, mask


def _widened(
    conditions: tuple[Condition, ...], columns: Mapping[str, _Column], right: int
) -> tuple[tuple[Condition, ...], int]:
    """A region with each bound moved as far as no point without a mistake comes in.

    Args:
        conditions: The conditions of the region.
        columns: The values of the points by address.
        right: The points without a mistake, as bits.
    """
    for number, condition in enumerate(conditions):
        if condition.word == "is":
            continue
        column = columns[condition.address]
        others = [columns[other.address].mask(other) for other in conditions if other is not condition]
        around = reduce(and_, others, column.everywhere)
        for value in column.numbers(downwards=condition.word == "to"):
            wider = replace(condition, value=value)
            if not column.mask(wider) & around & right:
                conditions = (*conditions[:number], wider, *conditions[number + 1 :])
                break
    return conditions, reduce(and_, (columns[each.address].mask(each) for each in conditions))


class _Column:
    """The values of an address, each with the points that have it, as bits.

    Args:
        address: The address.
        points: The points.
    """

    def __init__(self, address: str, points: Sequence[Point]) -> None:
        self.address = address
        self.everywhere = (1 << len(points)) - 1
        self._values: dict[str, tuple[Any, int]] = {}
        for index, point in enumerate(points):
            key = to_yaml(point[address])
            value, mask = self._values.get(key, (point[address], 0))
            self._values[key] = (value, mask | 1 << index)

    def mask(self, condition: Condition) -> int:
        """The points that satisfy a condition."""
        return reduce(or_, (mask for value, mask in self._values.values() if condition.holds(value)), 0)

    def numbers(self, *, downwards: bool = False) -> list[Any]:
        """Its values in order; empty if they are no numbers."""
        values = [value for value, _ in self._values.values()]
        is_number = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
        return sorted(values, reverse=downwards) if is_number else []

    def conditions(self) -> Iterator[Condition]:
        """The conditions that some points satisfy and some do not."""
        if len(self._values) < 2:
            return
        numbers = self.numbers()
        step = max(1, -(-len(numbers) // MAX_BOUNDS))
        for low, high in list(itertools.pairwise(numbers))[::step]:
            yield Condition(self.address, "to", low)
            yield Condition(self.address, "from", high)
        if len(numbers) <= MAX_BOUNDS:
            for value in numbers or [value for value, _ in self._values.values()]:
                if not numbers or value not in (numbers[0], numbers[-1]):  # those are bounds
                    yield Condition(self.address, "is", value)


def _bits(flags: Sequence[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)
