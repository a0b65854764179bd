"""Arrays in files that are mapped into memory; some of these are `.npy` files."""

from __future__ import annotations

import io
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.data.storage.disk_space import disk_errors, reserve

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class _NpyFile(mmap.mmap):
    """The mapping of a `.npy` file of its own.

    Attributes:
        path: The file.
    """

    path: Path


def new_npy(folder: Path, shape: tuple[int, ...], dtype: Any, size: int) -> Array:
    """A new array in a `.npy` file of its own.

    Args:
        folder: Where the file lies.
        shape: The shape of the array.
        dtype: Its type.
        size: Its bytes.
    """
    import tempfile

    header = npy_header(dtype, shape)
    with disk_errors(size), tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(header)
        file.flush()
        reserve(file, len(header) + size)
        mapping = _NpyFile(file.fileno(), 0)
        mapping.path = Path(file.name)
    return mapped(mapping, shape, dtype, len(header))


def npy_file(array: Array) -> Path | None:
    """The file of an array that `new_npy` has made; None for other arrays, and for a part of one."""
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

    array: Array = numpy.frombuffer(mapping, dtype, offset=start).reshape(shape)
    return array


def mapping_of(array: Any) -> mmap.mmap | None:
    """The mapping in which an array lies."""
    while array is not None and not isinstance(array, mmap.mmap):
        array = array.obj if isinstance(array, memoryview) else getattr(array, "base", None)
    return array
