"""Which shapes fit each other."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from kspec.analysis.shapes.types import Call, Dim, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text

BROADCASTS = "from the last axis backward, the sizes must be equal, or one of them must be 1"


def broadcast_dims(a: Dim, b: Dim) -> Dim:
    """`n, n → n`; `1, n → n`; `null, n → n`; `null, 1 → null`.

    Raises:
        ValueError: If they differ and neither is 1.
    """
    if a == 1:
        return b
    if a is None:
        return None if b == 1 else b
    if b in (1, None, a):
        return a
    raise ValueError(f"{a} against {b}")


def broadcast(first: Shape, *others: Shape) -> Shape | None:
    """The shape to which all broadcast, or None."""
    result = first
    for other in others:
        rank = max(len(result), len(other))
        pairs = zip(_prefixed(result, rank), _prefixed(other, rank), strict=True)
        try:
            result = tuple(broadcast_dims(a, b) for a, b in pairs)
        except ValueError:
            return None
    return result


def broadcast_shapes(shapes: list[Shape], doing: str) -> Shape:
    """The shape to which all broadcast.

    Args:
        shapes: To combine.
        doing: What the op does with them, for the error message: "multiply (null, 3) by (null, 4)".

    Raises:
        ShapeError: If they do not broadcast.
    """
    result = broadcast(*shapes)
    if result is None:
        raise ShapeError(f"cannot {doing}: the shapes do not broadcast", help=BROADCASTS)
    return result


def check_examples(call: Call, shapes: list[Shape], help: str = "") -> None:
    """Check that no tensor has another number of examples than the batch.

    A constant, or a result for the whole batch, has no axis of examples: its first axis would be taken for it.

    Args:
        call: Of a layer or an op that combines its tensors example by example.
        shapes: Those of its tensors that have an axis of examples.
        help: What to write instead.

    Raises:
        ShapeError: If the first axis of one is known, and the batch may have any size.
    """
    if call.batch_sizes is None or all(shape and shape[0] is not None for shape in shapes):
        return
    for shape in shapes:
        if shape and shape[0] not in (None, 1, *call.batch_sizes):
            raise ShapeError(
                f"takes the first axis of {shape_text(shape)} for the examples of a batch, which are not always"
                f" {shape[0]}",
                help=help or f"give it one row for all examples: {shape_text((1, *shape))}",
            )


def check_batch_axes(shapes: list[Shape]) -> None:
    """Check that the batch of no tensor meets another axis of a tensor of higher rank.

    Args:
        shapes: Of tensors that broadcast; an unknown first axis is the batch.

    Raises:
        ShapeError: If an axis that the batch meets has another size than 1, which the batch has only by chance.
    """
    for shape in shapes:
        for other in shapes:
            if shape and shape[0] is None and len(other) > len(shape) and other[-len(shape)] not in (None, 1):
                size, whole = other[-len(shape)], shape_text(other)
                raise ShapeError(
                    f"takes the batch of {shape_text(shape)} for the axis of {size} in {whole}",
                    help="give both the same rank: insert axes of 1 after the batch, with `op: expand_dims`",
                )


def agree(a: Iterable[Dim], b: Iterable[Dim], besides: int | None = None) -> bool:
    """Whether two shapes may be equal: same rank, and sizes that are equal or unknown.

    Args:
        a: One shape.
        b: The other.
        besides: An axis to ignore.
    """
    first, second = list(a), list(b)
    if len(first) != len(second):
        return False
    pairs = zip(first, second, strict=True)
    return all(i == besides or x is None or y is None or x == y for i, (x, y) in enumerate(pairs))


def size_of(shape: Iterable[Dim]) -> Dim:
    """The number of elements; None if a size is unknown."""
    known: list[int] = []
    for dim in shape:
        if dim is None:
            return None
        known.append(dim)
    return prod(known)


def size_per_example(shape: Iterable[Dim]) -> int | None:
    """The number of elements of an example: the first unknown size is the batch; None if there is another."""
    dims = list(shape)
    if None in dims:
        dims.remove(None)
    return size_of(dims)


def _prefixed(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape
