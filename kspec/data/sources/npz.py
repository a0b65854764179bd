"""The source `npz`: NumPy arrays by name. Each that the spec names is a column; its first axis is the examples."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kspec.data.context import Context, display_name
from kspec.data.limits import LimitReached, check_columns, check_growth, check_zip_directory
from kspec.data.named_columns import named_columns
from kspec.data.sources.arrays import array_column, array_table, check_header, read_array
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.table import NOT_NAMED, Column, Table
from kspec.diagnostics import codes, did_you_mean
from kspec.language.array_files import NpzParts
from kspec.language.source_files import SPLITS
from kspec.syntax.numpy_files import NoPlainArray
from kspec.syntax.path_policy import PathRefused

SHOWN = 12
SUFFIX = ".npy"


ArrayReader = Callable[[zipfile.ZipFile, Mapping[str, zipfile.ZipInfo], int, str, Context], Mapping[str, Column | str]]
"""Reads arrays of an archive, as `_read_arrays` does."""


class _UnknownArray(Exception):
    """The file lacks an array that the spec names.

    Args:
        column: The column that is to be the array.
        array: Its name.
        available: The arrays of the file.
    """

    def __init__(self, column: str, array: str, available: list[str]) -> None:
        super().__init__(array)
        self.column, self.array, self.available = column, array, available


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files, or all parts of a file, into one table; arrays that the spec does not name are not looked at.

    Args:
        setting: A path, a list, a glob, a file for each split, or `NpzParts`.
        request: What is read.
    """
    files = files_of(setting, request)
    if files is None:
        return None
    return combine(files, tables_of(files, setting, request, _read_arrays), request.context)


def tables_of(
    files: Sequence[SourceFile], setting: Any, request: Request, read_arrays: ArrayReader
) -> list[Table | None]:
    """The table of each file, or of each part of a file; None for one with errors, which are reported.

    Args:
        files: The files.
        setting: As for `read`.
        request: What is read.
        read_arrays: Reads arrays of a file.
    """
    parts = setting.parts if isinstance(setting, NpzParts) else {}
    return [
        _read_file(file, parts.get(SPLITS[file.split]) if file.split is not None else None, request, read_arrays)  # type: ignore[call-overload]
        for file in files
    ]


def names(setting: Any, request: Request) -> list[str]:
    """The columns that the spec makes of arrays, or the arrays of the first file; empty if it cannot be read."""
    if isinstance(setting, NpzParts):
        return list(setting.train or ())
    files = files_of(setting, request)
    if not files:
        return []
    try:
        with request.context.open(files[0].file) as stream:
            check_zip_directory(stream, files[0].file.name, request.context.limits)
            with zipfile.ZipFile(stream) as archive:
                return [name.removesuffix(SUFFIX) for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, LimitReached):
        return []


def files_of(setting: Any, request: Request) -> list[SourceFile] | None:
    """The files; that of a setting with parts once for each."""
    if not isinstance(setting, NpzParts):
        return source_files(setting, request)
    context, path = request.context, request.context.source_path
    found = context.find(setting.path, None if path is None else (*path, "path"))
    if found is None:
        return None
    return [
        SourceFile(found[0], SPLITS.index(split), None if path is None else (*path, split)) for split in setting.parts
    ]


def _read_file(
    source: SourceFile, arrays: Mapping[str, str] | None, request: Request, read_arrays: ArrayReader
) -> Table | None:
    """The table of a file, or of the arrays of a part of it.

    Args:
        source: The file.
        arrays: Column → its array; None for the arrays that the spec names.
        request: What is read.
        read_arrays: Reads arrays of the file.
    """
    context, name = request.context, display_name(source.file, request.context)
    try:
        with context.open(source.file) as stream:
            check_zip_directory(stream, name, context.limits)
            with zipfile.ZipFile(stream) as archive:
                check_columns(len(archive.NameToInfo), name, context.limits)
                known = {member.removesuffix(SUFFIX): member for member in archive.NameToInfo}
                if arrays is None:
                    arrays = {column: column for column in named_columns(list(known), request)}
                    others = [array for array in known if array not in arrays]
                else:
                    others = []
                    _require(arrays, known)
                members = {column: archive.NameToInfo[known[array]] for column, array in arrays.items()}
                results = read_arrays(archive, members, os.fstat(stream.fileno()).st_size, name, context)
    except _UnknownArray as error:
        context.error(
            codes.UNKNOWN_COLUMN,
            f"`{name}` has no array `{error.array}`",
            None if source.path is None else (*source.path, error.column),
            label=did_you_mean(error.array, error.available),
            help=f"available arrays: {', '.join(error.available[:SHOWN])}",
        )
        return None
    except LimitReached as reached:
        context.limit(reached, source.path)
        return None
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
        return None
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
        _explain(error, name, source, context)
        return None
    hint = f"name the arrays of each split: `npz: {{path: {name}, train: {{x: x_train, y: y_train}}, test: {{…}}}}`"
    table = array_table(results, name, source, context, hint if any("train" in key for key in results) else "")
    if table is not None:
        table.unusable |= dict.fromkeys(others, NOT_NAMED)
    return table


def _require(arrays: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Raises `_UnknownArray` for the first array that the file lacks."""
    for column, array in arrays.items():
        if array not in known:
            raise _UnknownArray(column, array, list(known))


def _read_arrays(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], packed: int, name: str, context: Context
) -> dict[str, Column | str]:
    """By name, a column, or the reason that an array can be none.

    Args:
        archive: The archive.
        members: By name, the array in the archive.
        packed: The bytes of its file.
        name: The file in messages.
        context: Has the limits.

    Raises:
        LimitReached: If they hold too much.
        ValueError: If a member is no array, holds less than it says, or holds Python objects.
    """
    check_growth(sum(member.file_size for member in members.values()), packed, name, context.limits)
    results: dict[str, Column | str] = {}
    total = 0
    for key, member in members.items():
        try:
            with archive.open(member) as stream:
                header = check_header(stream, member.file_size, name, total, context.limits)  # type: ignore[arg-type]
        except NoPlainArray as error:
            results[key] = str(error)
            continue
        total += header.size
    for key, member in members.items():
        if key not in results:
            with archive.open(member) as stream:
                results[key] = array_column(key, read_array(stream))  # type: ignore[arg-type]
    return results


def _explain(error: Exception, name: str, source: SourceFile, context: Context) -> None:
    """Reports that a file cannot be read.

    Args:
        error: What was raised.
        name: The file in messages.
        source: The file.
        context: Receives the error.
    """
    if "pickle" in str(error).lower() and _is_zip(source.file):
        message = f"`{name}` contains Python objects instead of numbers or text"
        help = "objects can contain code; save numbers, or text as `array.astype(str)`"
    elif isinstance(error, MemoryError):
        message, help = f"`{name}` does not fit into memory", ""
    else:
        message, help = f"`{name}` is not an npz file of arrays", "create one with `numpy.savez(path, x=x, y=y)`"
    context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)


def _is_zip(file: Path) -> bool:
    try:
        return zipfile.is_zipfile(file)
    except OSError:
        return False
