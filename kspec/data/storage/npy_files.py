"""Arrays in files that are mapped into memory; some of these are `.npy` files."""

from __future__ import annotations

import io
import math
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class _NpyFile(mmap.mmap):
    """The mapping of a `.npy` file of its own.

    Attributes:
        path: The file.
    """

    path: Path


def new_npy_file(folder: Path) -> Any:
    """A new file for an array of its own, which is written without a buffer.

    Args:
        folder: Where the file lies.
    """
    import tempfile

    return tempfile.NamedTemporaryFile(dir=folder, buffering=0, delete=False)


def npy_mapping(file: Any) -> mmap.mmap:
    """The mapping of a file that `new_npy_file` has made."""
    mapping = _NpyFile(file.fileno(), 0)
    mapping.path = Path(file.name)
    return mapping


def npy_file(array: Array) -> Path | None:
    """The file that an array has of its own, from `new_npy_file`; None for other arrays, and for a part of one."""
    mapping = mapping_of(array)
    if not isinstance(mapping, _NpyFile) or not array.flags.c_contiguous:
        return None
    return mapping.path if len(mapping) == len(npy_header(array.dtype, array.shape)) + array.nbytes else None


def npy_header(dtype: Any, shape: tuple[int, ...]) -> bytes:
    """What stands before the values in a `.npy` file.

    Args:
        dtype: Their type.
        shape: Their shape.
    """
    from numpy.lib import format

    header = {"descr": format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    format.write_array_header_2_0(text := io.BytesIO(), header)
    return text.getvalue()


def mapped(mapping: mmap.mmap, shape: int | tuple[int, ...], dtype: Any, start: int = 0) -> Array:
    """The array in a file that is mapped.

    Args:
        mapping: The mapping.
        shape: The shape of the array.
        dtype: Its type.
        start: Where it begins.
    """
    import numpy

    shape = shape if isinstance(shape, tuple) else (shape,)
    return numpy.frombuffer(mapping, dtype, math.prod(shape), start).reshape(shape)


def mapping_of(array: Any) -> mmap.mmap | None:
    """The mapping in which an array lies."""
    while array is not None and not isinstance(array, mmap.mmap):
        array = array.obj if isinstance(array, memoryview) else getattr(array, "base", None)
    return array
