"""Values of pyarrow arrays as arrays of NumPy, and the reverse.

`pyarrow.array`, `pyarrow.scalar` and `to_numpy` import pandas wherever it is installed, which takes longer than to read
a million numbers. What is here reads and makes the buffers of Arrow instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def values_of(array: Any, fill: Any) -> Array:
    """The values of a pyarrow array of numbers or booleans, shape (n,).

    Args:
        array: The array.
        fill: Stands for nulls.

    Returns:
        An array that cannot be written where it shares the memory of the first.
    """
    import numpy
    import pyarrow as pa

    nulls = nulls_of(array) if array.null_count else None
    _, buffer = array.buffers()
    place = slice(array.offset, array.offset + len(array))
    values: Array
    if not len(array):
        return numpy.zeros(0, bool if pa.types.is_boolean(array.type) else array.type.to_pandas_dtype())
    if pa.types.is_boolean(array.type):
        values = numpy.unpackbits(numpy.frombuffer(buffer, numpy.uint8), bitorder="little")[place].view(bool)
    else:
        values = numpy.frombuffer(buffer, array.type.to_pandas_dtype(), place.stop)[place]
    return values if nulls is None else numpy.where(nulls, values.dtype.type(fill), values)


def nulls_of(array: Any) -> Array:
    """Which values of a pyarrow array are null, shape (n,)."""
    return values_of(array.is_null(), False)


def arrow_texts(texts: Sequence[str]) -> Any:
    """A pyarrow array of strings."""
    import numpy
    import pyarrow as pa

    letters = [text.encode() for text in texts]
    ends = numpy.cumsum([0, *map(len, letters)], dtype=numpy.int32)
    return pa.Array.from_buffers(pa.string(), len(letters), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(letters))])
