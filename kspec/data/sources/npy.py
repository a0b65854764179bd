"""The source `npy`: NumPy arrays, each in a file of its own.

An array is a column, under the name that the spec gives it, or that of its file. A table of numbers, which is the only
array, has the columns `c0`, `c1` …
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context, display_name
from kspec.data.limits import LimitReached, check_columns
from kspec.data.sources.arrays import array_column, array_table, check_header, read_array
from kspec.data.sources.read_request import Request, SourceFile, combine, fingerprint, source_files
from kspec.data.table import Column, Table
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes
from kspec.language.source_files import SPLITS
from kspec.language.targets import named_targets
from kspec.syntax.numpy_files import read_header
from kspec.syntax.path_policy import PathRefused

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def read(setting: Any, request: Request) -> Table | None:
    """Reads all arrays into one table.

    Args:
        setting: A path, a list, a glob, column → file; or one of these for each split.
        request: What is read.
    """
    context = request.context
    columns_by_split = by_column(setting)
    if columns_by_split is None:
        files = source_files(setting, request)
        if files is None:
            return None
        return combine(files, [_table_of(file, setting, request) for file in files], context)
    parts: list[SourceFile] = []
    tables: list[Table | None] = []
    prints: dict[str, str] = {}
    for split, columns in columns_by_split.items():
        path = place(context.source_path, split)
        found = {name: context.find(text, place(path, name)) for name, text in columns.items()}
        if None in found.values():
            return None
        files = [SourceFile(matches[0], None, place(path, name)) for name, matches in found.items() if matches]
        arrays = {name: _read_file(file, request) for name, file in zip(columns, files, strict=True)}
        results = {name: array_column(name, array) for name, array in arrays.items() if array is not None}
        if len(results) < len(arrays):
            return None
        shown = " and ".join(display_name(file.file, context) for file in files[:2])
        parts.append(SourceFile(files[0].file, SPLITS.index(split) if split else None, path))
        tables.append(array_table(results, shown, parts[-1], context))
        prints |= {display_name(file.file, context): fingerprint(file.file, context) for file in files}
    table = combine(parts, tables, context)
    if table is not None:
        table.fingerprints = prints
    return table


def names(setting: Any, request: Request) -> list[str]:
    """The columns that the spec names, or those of the first file; empty if it cannot be read."""
    columns_by_split = by_column(setting)
    if columns_by_split is not None:
        return list(next(iter(columns_by_split.values())))
    files = source_files(setting, request)
    if not files:
        return []
    try:
        with request.context.open(files[0].file) as stream:
            shape = read_header(stream)[2]
    except (OSError, ValueError):
        return []
    if len(shape) == 2 and shape[1] <= request.context.limits.columns:
        return [f"c{number}" for number in range(shape[1])]
    return [files[0].file.stem]


def by_column(setting: Any) -> dict[str, Mapping[str, str]] | None:
    """Split → column → file, with one empty split where all share the files; None if no columns are named."""
    if not isinstance(setting, Mapping):
        return None
    if not set(setting) & set(SPLITS):
        return {"": setting}
    return dict(setting) if isinstance(setting["train"], Mapping) else None


def place(path: SpecPath | None, key: str) -> SpecPath | None:
    return (*path, key) if path is not None and key else path


def _table_of(source: SourceFile, setting: Any, request: Request) -> Table | None:
    """The table of an array that is alone: its columns, if it is a table itself."""
    array = _read_file(source, request)
    if array is None:
        return None
    context, name = request.context, display_name(source.file, request.context)
    column = _only_column(request) if context.is_new else ""
    if array.ndim != 2 or column:
        column = column or stem(source, setting)
        return array_table({column: array_column(column, array)}, name, source, context)
    try:
        check_columns(array.shape[1], name, context.limits)
    except LimitReached as reached:
        context.limit(reached, source.path)
        return None
    results: dict[str, Column | str] = {f"c{number}": "" for number in range(array.shape[1])}
    results = {key: array_column(key, array[:, number]) for number, key in enumerate(results)}
    return array_table(results, name, source, context)


def stem(source: SourceFile, setting: Any) -> str:
    """The name of the column of a file: that of the training file where each split has its own."""
    if isinstance(setting, Mapping) and isinstance(setting["train"], str):
        return os.path.basename(setting["train"]).partition(".")[0]
    return source.file.name.partition(".")[0]


def _only_column(request: Request) -> str:
    """The column of a single array of new data: the one of training that is no target; empty if there are several."""
    data = request.context.spec.document.data
    training = None if data is None else by_column(data.npy)
    if data is None or training is None:
        return ""
    used = named_targets(data.targets)
    left = [name for name in next(iter(training.values())) if name not in used and name not in request.outputs]
    return left[0] if len(left) == 1 else ""


def _read_file(source: SourceFile, request: Request) -> Array | None:
    """The array of a file; None if there are errors."""
    context, name = request.context, display_name(source.file, request.context)
    try:
        with context.open(source.file) as stream:
            check_header(stream, os.fstat(stream.fileno()).st_size, name, 0, context.limits)
            stream.seek(0)
            return read_array(stream)
    except LimitReached as reached:
        context.limit(reached, source.path)
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
    except (ValueError, OSError, EOFError, MemoryError) as error:
        explain(error, source, context)
    return None


def explain(error: Exception, source: SourceFile, context: Context) -> None:
    """Reports that a file cannot be read.

    Args:
        error: What was raised.
        source: The file.
        context: Receives the error.
    """
    name = display_name(source.file, context)
    message, help = f"`{name}` is not an array of numbers or texts", "create one with `numpy.save(path, array)`"
    if "pickle" in str(error).lower():
        message = f"`{name}` contains Python objects instead of numbers or text"
        help = "objects can contain code; save numbers, or text as `array.astype(str)`"
    elif "ends too early" in str(error):
        message, help = str(error), "write the file again"
    context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)
