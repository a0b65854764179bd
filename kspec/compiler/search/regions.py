"""The parts of a search space in which points share a mistake, in as few conditions as tell them from the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kspec.compiler.search.points import Point
from kspec.language.sweep_ranges import Range
from kspec.syntax.yaml_flow import to_yaml

MAX_BOUNDS = 16
"""The most numbers of an address that are tried as bounds."""
MAX_REGIONS = 4
"""The most regions that are found."""


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

    def holds(self, point: Point) -> bool:
        """Whether a point satisfies it."""
        value = point[self.address]
        if self.word == "is":
            return bool(to_yaml(value) == to_yaml(self.value))
        return bool(value >= self.value if self.word == "from" else value <= self.value)

    def __str__(self) -> str:
        text = f"{self.value:.4g}" if isinstance(self.value, float) else to_yaml(self.value)
        sign = {"is": "", "from": "≥ ", "to": "≤ "}[self.word]
        return f"`{self.address}: {text}`" if self.word == "is" else f"`{self.address}` {sign}{text}"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a search space.

    Args:
        conditions: What its points satisfy.
        points: The points in it, by their index.
    """

    conditions: tuple[Condition, ...]
    points: tuple[int, ...]


def regions(space: Mapping[str, Range], points: Sequence[Point], wrong: Sequence[bool]) -> list[Region]:
    """Regions of one or two conditions that hold points with a mistake alone, the largest first.

    Args:
        space: The ranges by address.
        points: The points.
        wrong: Whether each has the mistake.

    Returns:
        The regions, each with the points that are in none before it; points in none of them are left out.
    """
    everywhere = (1 << len(points)) - 1
    mistakes = wrong_points = sum(1 << index for index, is_wrong in enumerate(wrong) if is_wrong)
    single = {condition: _mask(condition, points) for address in space for condition in _conditions(address, points)}
    candidates: list[tuple[tuple[Condition, ...], int]] = [((condition,), mask) for condition, mask in single.items()]
    candidates += [
        ((one, other), mask & other_mask)
        for (one, mask), (other, other_mask) in itertools.combinations(single.items(), 2)
        if one.address != other.address
    ]
    pure = [(conditions, mask) for conditions, mask in candidates if mask and not mask & (everywhere ^ mistakes)]
    found: list[Region] = []
    while mistakes and pure and len(found) < MAX_REGIONS:
        conditions, mask = max(pure, key=lambda each: ((each[1] & mistakes).bit_count(), -len(each[0])))
        if not mask & mistakes:
            break
        conditions, mask = _widened(conditions, points, everywhere ^ wrong_points)
        found.append(Region(conditions, tuple(index for index in range(len(points)) if (mask & mistakes) >> index & 1)))
        mistakes &= ~mask
    return found


def _widened(
    conditions: tuple[Condition, ...], points: Sequence[Point], right: int
) -> tuple[tuple[Condition, ...], int]:
    """A region with each bound moved as far as no point without the mistake comes in.

    Args:
        conditions: The conditions of the region.
        points: The points.
        right: Those without the mistake, as bits.
    """
    mask = everywhere = (1 << len(points)) - 1
    for condition in conditions:
        mask &= _mask(condition, points)
    for condition in conditions:
        if condition.word == "is":
            continue
        others = everywhere
        for other in conditions:
            others &= everywhere if other is condition else _mask(other, points)
        for value in sorted({point[condition.address] for point in points}, reverse=condition.word == "to"):
            wider = replace(condition, value=value)
            if not (inside := _mask(wider, points) & others) & right:
                conditions, mask = tuple(wider if each is condition else each for each in conditions), inside
                break
    return conditions, mask


def _mask(condition: Condition, points: Sequence[Point]) -> int:
    """The points that satisfy a condition, as bits."""
    return sum(1 << index for index, point in enumerate(points) if condition.holds(point))


def _conditions(address: str, points: Sequence[Point]) -> Iterator[Condition]:
    """The conditions on an address that some points satisfy and some do not."""
    values = {to_yaml(point[address]): point[address] for point in points}
    if len(values) < 2:
        return
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values.values()):
        numbers = sorted(values.values())
        step = max(1, -(-len(numbers) // MAX_BOUNDS))
        for low, high in list(itertools.pairwise(numbers))[::step]:
            yield Condition(address, "to", low)
            yield Condition(address, "from", high)
        if len(numbers) <= MAX_BOUNDS:
            yield from (Condition(address, "is", value) for value in numbers)
    else:
        yield from (Condition(address, "is", value) for value in values.values())
