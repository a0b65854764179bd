"""The headers of the arrays in `.npz` files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any

from kspec.data.context import Context
from kspec.data.headers.arrays import UnknownColumns, array_of_header, joined
from kspec.data.headers.columns import MAX_FILES
from kspec.data.sources.npz import files_of, tables_of
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table


def read(setting: Any, request: Request) -> Table | None:
    """The columns that the arrays will be; None if there are errors, or if the headers do not tell.

    Args:
        setting: A path, a list, a glob, a file for each split, or `NpzParts`.
        request: What is read.
    """
    files = files_of(setting, request)
    try:
        return (
            None
            if files is None or len(files) > MAX_FILES
            else joined(files, tables_of(files, setting, request, _read_arrays), request)
        )
    except UnknownColumns:
        return None


def _read_arrays(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], packed: int, name: str, context: Context
) -> dict[str, Column | str]:
    """By name, a column without values, or the reason that an array can be none.

    Args:
        archive: The archive.
        members: By name, the array in the archive.
        packed: The bytes of its file.
        name: The file in messages.
        context: Has the limits.

    Raises:
        ValueError: If a member is no array, or holds Python objects.
        UnknownColumns: If only NumPy can tell what it holds.
    """
    del packed, name, context
    results = {}
    for key, member in members.items():
        with archive.open(member) as stream:
            results[key] = array_of_header(key, stream)  # type: ignore[arg-type]
    return results
