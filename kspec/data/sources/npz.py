"""The source `npz`: NumPy arrays by name. Each is a column; the first axis is the examples."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from kspec.data.context import display_name
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.table import Column, Kind, Table
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KINDS: dict[str, Kind] = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text"}


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table. Pickled objects are rejected: unpickling runs code from the file."""
    files = source_files(setting, request)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the names of the arrays of the first file; empty if it cannot be read."""
    files = source_files(setting, request)
    try:
        if not files:
            return []
        with zipfile.ZipFile(files[0].file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError):
        return []


def _read_file(source: SourceFile, request: Request) -> Table | None:
    import numpy

    context, name = request.context, display_name(source.file, request.context)
    columns: dict[str, Column] = {}
    unusable: dict[str, str] = {}
    try:
        with numpy.load(source.file, allow_pickle=False) as arrays:
            for key in arrays.files:
                result = _column(key, arrays[key])
                if isinstance(result, Column):
                    columns[key] = result
                else:
                    unusable[key] = result
    except (ValueError, AttributeError, TypeError, OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
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
