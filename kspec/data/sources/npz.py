"""The source `npz`: NumPy arrays by name. Each is a column; the first axis is the examples."""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from kspec.data.context import display_name
from kspec.data.limits import LimitReached, check_columns, check_growth, check_memory, check_zip_directory
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.table import Column, Kind, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.syntax.numpy_files import NoPlainArray, read_header
from kspec.syntax.path_policy import PathRefused

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

TEXT_BYTES = 64
"""The memory of a text beside its letters."""
KINDS: dict[str, Kind] = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text"}


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table. Pickled objects are rejected: unpickling runs code from the file."""
    files = source_files(setting, request)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the names of the arrays of the first file; empty if it cannot be read."""
    files = source_files(setting, request)
    if not files:
        return []
    try:
        with request.context.open(files[0].file) as stream:
            check_zip_directory(stream, files[0].file.name, request.context.limits)
            with zipfile.ZipFile(stream) as archive:
                return [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, LimitReached):
        return []


def _read_file(source: SourceFile, request: Request) -> Table | None:
    context, name = request.context, display_name(source.file, request.context)
    columns: dict[str, Column] = {}
    unusable: dict[str, str] = {}
    try:
        with context.open(source.file) as stream:
            check_zip_directory(stream, name, context.limits)
            with zipfile.ZipFile(stream) as archive:
                others = _check_sizes(archive, os.fstat(stream.fileno()).st_size, name, context.limits)
                for member in archive.NameToInfo.values():
                    key = member.filename.removesuffix(".npy")
                    result = others.get(member.filename) or _read_array(archive, member)
                    if isinstance(result, Column):
                        columns[key] = result
                    else:
                        unusable[key] = result
    except LimitReached as reached:
        context.limit(reached, source.path)
        return None
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
        return None
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
        if "pickle" in str(error).lower() and zipfile.is_zipfile(source.file):
            message = f"`{name}` contains Python objects instead of numbers or text"
            help = "objects can contain code; save numbers, or text as `array.astype(str)`"
        elif isinstance(error, MemoryError):
            message, help = f"`{name}` does not fit into memory", ""
        else:
            message, help = f"`{name}` is not an npz file of arrays", "create one with `numpy.savez(path, x=x, y=y)`"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)
        return None
    if not columns:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has no array of examples", source.path)
        return None
    lengths = {key: len(column.values) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"`{key}` has {length}" for key, length in lengths.items())
        splits = any("train" in key for key in lengths)
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"the arrays of `{name}` have different numbers of examples: {shown}",
            source.path,
            help="save each split in its own file: `npz: {train: a.npz, test: b.npz}`"
            if splits
            else "the first axis of each array must be the examples",
        )
        return None
    rows = next(iter(lengths.values()))
    if not rows:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no examples", source.path)
        return None
    return Table(columns, rows, unusable=unusable)


def _check_sizes(archive: zipfile.ZipFile, packed: int, name: str, limits: Limits) -> dict[str, str]:
    """Compares what the arrays of an archive say that they hold with the limits, and with what is there.

    Args:
        archive: The archive.
        packed: The bytes of its file.
        name: The file in messages.
        limits: The limits.

    Returns:
        The arrays that can be no columns, each with the reason.

    Raises:
        LimitReached: If they hold too much.
        ValueError: If a member is no array, or holds less than it says.
    """
    import numpy

    members = list(archive.NameToInfo.values())
    check_columns(len(members), name, limits)
    size = sum(member.file_size for member in members)
    check_growth(size, packed, name, limits)
    check_memory(size, name, limits)
    unusable, total = {}, 0
    for member in members:
        try:
            with archive.open(member) as stream:
                descr, _, shape = read_header(stream)  # type: ignore[arg-type]
        except NoPlainArray as error:
            unusable[member.filename] = str(error)
            continue
        try:
            dtype = numpy.dtype(descr)
        except TypeError as error:
            raise ValueError(str(error)) from error
        count = math.prod(shape)
        if count * dtype.itemsize > member.file_size and not dtype.hasobject:
            raise ValueError(f"`{member.filename}` ends too early")
        total += count * (dtype.itemsize + TEXT_BYTES * (dtype.kind == "U")) + (shape[0] if shape else 1)
        check_memory(total, name, limits)
    return unusable


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Column | str:
    """The column of an array; the reason if it can be none."""
    import numpy

    with archive.open(member) as stream:
        array = numpy.lib.format.read_array(stream, allow_pickle=False)
    return _column(member.filename.removesuffix(".npy"), array)


def _column(name: str, array: Array) -> Column | str:
    """Converts an array; the reason if that is impossible."""
    import numpy

    if array.ndim == 0:
        return "it is a single value"
    kind = KINDS.get(array.dtype.kind)
    if kind is None:
        return f"its dtype {array.dtype} is neither numeric nor text"
    values = array.astype(object) if kind == "text" else array
    if array.ndim > 1:
        return Column(name, "array", values, numpy.zeros(len(array), bool))
    missing = numpy.isnan(array) if kind == "float" else numpy.zeros(len(array), bool)
    return Column(name, kind, values, missing)
