"""Which shapes fit each other."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from kspec.analysis.shapes.types import Dim, Shape, ShapeError

BROADCASTS = "counted from the last axis, two sizes must be equal, or one of them 1"


def broadcast_dims(a: Dim, b: Dim) -> Dim:
    """`n, n → n`; `1, n → n`; of an unknown size and a known one, the known one; unknown and 1 stay unknown.

    Raises:
        ValueError: when they are different, and neither is 1.
    """
    if a == 1:
        return b
    if a is None:
        return None if b == 1 else b
    if b in (1, None, a):
        return a
    raise ValueError(f"{a} against {b}")


def broadcast(first: Shape, *others: Shape) -> Shape | None:
    """The shape that all broadcast to, axes counted from the last; None where they do not."""
    result = first
    for other in others:
        rank = max(len(result), len(other))
        pairs = zip(_filled(result, rank), _filled(other, rank), strict=True)
        try:
            result = tuple(broadcast_dims(a, b) for a, b in pairs)
        except ValueError:
            return None
    return result


def broadcast_or_refuse(shapes: list[Shape], doing: str) -> Shape:
    """The shape that all broadcast to.

    Args:
        doing: What the op does with them, for the refusal: "multiplies (null, 3) by (null, 4)".
    """
    result = broadcast(*shapes)
    if result is None:
        raise ShapeError(f"{doing}: the shapes do not broadcast", help=BROADCASTS)
    return result


def agree(a: Iterable[Dim], b: Iterable[Dim], besides: int | None = None) -> bool:
    """Whether two shapes can be the same: equal ranks, and sizes that are equal or unknown.

    Args:
        besides: An axis that does not matter.
    """
    first, second = list(a), list(b)
    if len(first) != len(second):
        return False
    pairs = zip(first, second, strict=True)
    return all(i == besides or x is None or y is None or x == y for i, (x, y) in enumerate(pairs))


def size_of(shape: Iterable[Dim]) -> Dim:
    """How many elements a shape holds; None where an axis is unknown."""
    known: list[int] = []
    for dim in shape:
        if dim is None:
            return None
        known.append(dim)
    return prod(known)


def size_per_example(shape: Iterable[Dim]) -> int | None:
    """How many elements one example holds: the first unknown axis is the batch; None where there is another."""
    dims = list(shape)
    if None in dims:
        dims.remove(None)
    return size_of(dims)


def _filled(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape
