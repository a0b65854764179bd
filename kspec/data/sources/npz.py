"""The source `npz`: NumPy arrays by name. Each is a column; its first axis counts the examples."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from kspec.data.context import shown_name
from kspec.data.sources.read_request import Given, Request, combine, given_files
from kspec.data.table import Column, Kind, Table
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KINDS: dict[str, Kind] = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text"}


def read(given: Any, request: Request) -> Table | None:
    """One table of all files. Pickled objects are refused: unpickling runs whatever code the file brings."""
    files = given_files(given, request)
    if files is None:
        return None
    tables = [_read_file(one, request) for one in files]
    return None if any(table is None for table in tables) else combine(files, [t for t in tables if t], request.context)


def names(given: Any, request: Request) -> list[str]:
    """The arrays of the first file, by its directory alone; empty where it cannot be read."""
    files = given_files(given, request)
    try:
        if not files:
            return []
        with zipfile.ZipFile(files[0].file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError):
        return []


def _read_file(given: Given, request: Request) -> Table | None:
    import numpy

    context, name = request.context, shown_name(given.file, request.context)
    columns: dict[str, Column] = {}
    unusable: dict[str, str] = {}
    try:
        with numpy.load(given.file, allow_pickle=False) as arrays:
            for key in arrays.files:
                made = _column(key, arrays[key])
                if isinstance(made, Column):
                    columns[key] = made
                else:
                    unusable[key] = made
    except (ValueError, AttributeError, TypeError, OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        pickles = "allow_pickle" in str(error) or "pickle" in str(error).lower()
        is_npz = zipfile.is_zipfile(given.file)
        if pickles and is_npz:
            context.error(
                codes.MALFORMED_DATA_FILE,
                f"`{name}` holds Python objects, not arrays of numbers or text",
                given.path,
                help="objects can hide code; save numbers, or text as `array.astype(str)`",
            )
        elif isinstance(error, MemoryError):
            context.error(codes.MALFORMED_DATA_FILE, f"`{name}` is larger than the memory", given.path)
        else:
            context.error(codes.MALFORMED_DATA_FILE, f"`{name}` is not an npz file of arrays", given.path,
                          help="write one with `numpy.savez(path, x=x, y=y)`")  # fmt: skip
        return None
    if not columns:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has no array with examples", given.path)
        return None
    lengths = {key: len(column.values) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"`{key}` has {length}" for key, length in lengths.items())
        splits = any("train" in key for key in lengths)
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"the arrays of `{name}` differ in how many examples they have: {shown}",
            given.path,
            help="save each split in a file of its own: `npz: {train: a.npz, test: b.npz}`"
            if splits
            else "the first axis of each array counts the examples",
        )
        return None
    rows = next(iter(lengths.values()))
    if not rows:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no examples", given.path)
        return None
    return Table(columns, rows, unusable=unusable)


def _column(name: str, array: Array) -> Column | str:
    """A column of ours, or why there is none."""
    import numpy

    if array.ndim == 0:
        return "it is a single value"
    kind = KINDS.get(array.dtype.kind)
    if kind is None:
        return f"it holds {array.dtype}, which is neither number nor text"
    values = array.astype(object) if kind == "text" else array
    if array.ndim > 1:
        return Column(name, "array", values, numpy.zeros(len(array), bool))
    missing = numpy.isnan(array) if kind == "float" else numpy.zeros(len(array), bool)
    return Column(name, kind, values, missing)
