"""NumPy arrays as columns, for the sources `npz` and `npy`. Pickled objects are rejected: unpickling runs code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from kspec.data.context import Context
from kspec.data.limits import check_memory
from kspec.data.sources.read_request import SourceFile
from kspec.data.table import Column, Kind, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.syntax.numpy_files import read_header

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

TEXT_BYTES = 64
"""The memory of a text beside its letters."""
_KINDS: dict[str, Kind] = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text", "M": "text"}


class ArrayHeader(NamedTuple):
    """What the header of an array tells: the memory that it takes, and whether it holds Python objects."""

    size: int
    has_objects: bool


def check_header(stream: BinaryIO, length: int, name: str, before: int, limits: Limits) -> ArrayHeader:
    """Compares what an array says that it holds with the limits, and with what is there.

    Args:
        stream: The open array; read up to its numbers.
        length: Its bytes.
        name: It in messages.
        before: The memory that other arrays take.
        limits: The limits.

    Raises:
        LimitReached: If it holds too much.
        NoPlainArray: If it is an array of several fields.
        ValueError: If it is no array, or holds less than it says.
    """
    import numpy

    descr, _, shape = read_header(stream)
    try:
        dtype = numpy.dtype(descr)
    except TypeError as error:
        raise ValueError(str(error)) from error
    count = math.prod(shape)
    if count * dtype.itemsize > length and not dtype.hasobject:
        raise ValueError(f"`{name}` ends too early")
    size = count * (dtype.itemsize + TEXT_BYTES * (dtype.kind in "UM")) + (shape[0] if shape else 1)
    check_memory(before + size, name, limits)
    return ArrayHeader(size, bool(dtype.hasobject))


def read_array(stream: BinaryIO) -> Array:
    """Reads an array of numbers or texts.

    Raises:
        ValueError: If it holds Python objects, or cannot be read.
    """
    import numpy

    array: Array = numpy.lib.format.read_array(stream, allow_pickle=False)
    return array


def array_column(name: str, array: Array) -> Column | str:
    """The column of an array; the reason if it can be none."""
    import numpy

    if array.ndim == 0:
        return "it is a single value"
    kind = _KINDS.get(array.dtype.kind)
    if kind is None:
        return f"its dtype {array.dtype} is neither numeric nor text"
    missing = numpy.zeros(len(array), bool)
    if array.dtype.kind == "M":
        if array.ndim == 1:
            missing = numpy.isnat(array)
        array = numpy.datetime_as_string(array)
    values = array.astype(object) if kind == "text" else array
    if array.ndim > 1:
        return Column(name, "array", values, missing)
    missing = numpy.isnan(array) if kind == "float" else missing
    return Column(name, kind, values, missing)


def array_table(
    results: Mapping[str, Column | str], name: str, source: SourceFile, context: Context, help: str = ""
) -> Table | None:
    """The table of the arrays of a file, or of a part of it; None if they make none, which is reported.

    Args:
        results: By name, a column, or the reason that an array can be none.
        name: The file in messages.
        source: The file.
        context: Receives errors.
        help: What to write where the arrays differ in their examples.
    """
    columns = {key: result for key, result in results.items() if isinstance(result, Column)}
    if not columns:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has no array of examples", source.path)
        return None
    lengths = {key: len(column.values) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"`{key}` has {length}" for key, length in lengths.items())
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"the arrays of `{name}` have different numbers of examples: {shown}",
            source.path,
            help=help or "the first axis of each array must be the examples",
        )
        return None
    rows = next(iter(lengths.values()))
    if not rows:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no examples", source.path)
        return None
    return Table(columns, rows, unusable={key: text for key, text in results.items() if isinstance(text, str)})
