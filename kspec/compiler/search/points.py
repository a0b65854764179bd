"""The points of a search space: its corners, and points drawn from it."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping
from typing import Any

from kspec.language.sweep_ranges import Range
from kspec.syntax.yaml_flow import to_yaml

Point = Mapping[str, Any]
"""A value for each address."""
MAX_CORNERS = 64
"""The most corners that are tried; of larger spaces, some drawn at random."""


def overrides_of(point: Point) -> tuple[str, ...]:
    """A point as `--set` has it.

    >>> overrides_of({"fit.epochs": 3, "layers.drop.rate": 0.5})
    ('fit.epochs=3', 'layers.drop.rate=0.5')
    """
    return tuple(f"{address}={to_yaml(value)}" for address, value in point.items())


def corner_values(range_: Range) -> list[Any]:
    """The extreme values of a range: each choice, or the lowest and the highest value."""
    if range_.choice is not None:
        return list(range_.choice)
    low, high = range_.bounds
    return [low] if low == high else [low, high]


def typical_values(range_: Range) -> list[Any]:
    """The extreme values, and one between them that has a fraction where the range is continuous."""
    if range_.choice is not None or range_.integers is not None:
        return corner_values(range_)
    low, high = range_.bounds
    return [*corner_values(range_), low + (range_.step or (high - low) / 7)]


def corners(space: Mapping[str, Range], seed: int = 0) -> list[Point]:
    """The combinations of the extreme values; some of them if there are many, with each extreme value at least once.

    Args:
        space: The ranges by address.
        seed: Which are drawn.
    """
    values = [corner_values(range_) for range_ in space.values()]
    if math.prod(map(len, values)) <= MAX_CORNERS:
        return [dict(zip(space, combination, strict=True)) for combination in itertools.product(*values)]
    generator = random.Random(seed)
    width = max(MAX_CORNERS, *map(len, values))
    columns = []
    for choices in values:
        column = [choices[index % len(choices)] for index in range(width)]
        generator.shuffle(column)
        columns.append(column)
    return [dict(zip(space, combination, strict=True)) for combination in zip(*columns, strict=True)]


def draw(range_: Range, generator: random.Random) -> Any:
    """A value of a range, as likely as random search has it.

    Args:
        range_: The range.
        generator: Draws it.
    """
    if range_.choice is not None:
        return generator.choice(range_.choice)
    low, high = range_.bounds
    if range_.integers is not None:
        if range_.is_log:
            value = round(math.exp(generator.uniform(math.log(low - 0.5), math.log(high + 0.5))))
            return min(max(value, int(low)), int(high))
        return generator.randrange(int(low), int(high) + 1, int(range_.step or 1))
    if range_.is_log:
        return min(max(math.exp(generator.uniform(math.log(low), math.log(high))), low), high)
    if range_.step is not None:
        return low + range_.step * generator.randrange(range_.count or 1)
    return generator.uniform(low, high)


def samples(space: Mapping[str, Range], count: int, seed: int = 0) -> list[Point]:
    """Points drawn at random, each once; all points of a space that has no more.

    Args:
        space: The ranges by address.
        count: How many points at most.
        seed: Which are drawn.
    """
    size = space_size(space)
    generators = {address: random.Random(f"{seed} {address}") for address in space}  # a range changes no other's values
    found: dict[tuple[str, ...], Point] = {}
    for _ in range(count if size is None else 20 * count):
        point = {address: draw(range_, generators[address]) for address, range_ in space.items()}
        found.setdefault(overrides_of(point), point)
        if len(found) == min(count, size or count):
            break
    return list(found.values())


def space_size(space: Mapping[str, Range]) -> int | None:
    """The number of points; None if a range is continuous."""
    counts = [range_.count for range_ in space.values()]
    return None if None in counts else math.prod(count for count in counts if count is not None)
