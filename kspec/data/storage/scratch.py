"""Arrays for a while, such as the values of a column that are sorted; one after the other takes the same memory.

Memory that is taken anew costs more than to sort what lies in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import PIECE_BYTES, empty, is_mapped, on_disk

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_spare: ContextVar[list[Array] | None] = ContextVar("spare", default=None)


@contextmanager
def shared_scratch() -> Iterator[None]:
    """While columns are looked at: what `scratch` took for one is kept for the next, in each thread."""
    spare = _spare.set([])
    try:
        yield
    finally:
        _spare.reset(spare)


@contextmanager
def scratch(count: int, dtype: Any, like: Any) -> Iterator[Array]:
    """An array for a while, shape (count,); as `empty`, but in memory if it is as small as what is looked at together.

    Args:
        count: Its length.
        dtype: Its type.
        like: An array that it is made from.
    """
    import numpy

    size, spare = count * numpy.dtype(dtype).itemsize, _spare.get()
    in_file = size > PIECE_BYTES and (on_disk() or is_mapped(like))
    try:
        buffer = None if spare is None else spare.pop()
    except IndexError:  # the first of a thread
        buffer = None
    if buffer is None or buffer.nbytes < size or is_mapped(buffer) != in_file:
        buffer = empty(size, numpy.uint8, like) if in_file else numpy.empty(size, numpy.uint8)
    try:
        yield buffer[:size].view(dtype)
    finally:
        if spare is not None:
            spare.append(buffer)


@contextmanager
def copied_for_a_while(values: Array, rows: Array | None) -> Iterator[Array]:
    """A copy of numbers or booleans, whose order may change.

    Args:
        values: Shape (n,).
        rows: The indices of the rows to copy, shape (m,); None for all.
    """
    import numpy

    with scratch(len(values) if rows is None else len(rows), values.dtype, values) as copy:
        if rows is None:
            copy[...] = values
        else:
            numpy.take(values, rows, out=copy, mode="clip")
        yield copy
