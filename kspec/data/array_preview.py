"""How a spec reads files of NumPy arrays: which arrays belong together, and to which split."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kspec.data.context import Context
from kspec.data.limits import LimitReached, check_zip_directory
from kspec.data.table import Kind, Table
from kspec.syntax.numpy_files import read_header

SUFFIX = ".npy"
SPLIT_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
"""Split → the words for it in the names of folders, files and arrays."""
_SEPARATORS = re.compile(r"[_\-. ]+")
_KINDS: dict[str, Kind] = {"b": "boolean", "i": "integer", "u": "integer", "f": "float", "O": "text"}


def npz_arrays(file: Path, context: Context) -> dict[str, dict[str, str]]:
    """By split, the columns of an `.npz` file and their arrays, such as `x_train`; without splits all under `train`.

    Only arrays with the same number of examples belong together: the most of them, the longer among equally many.

    Args:
        file: The file.
        context: Opens it.

    Returns:
        The splits; nothing if the file cannot be read, which reading it reports.
    """
    try:
        with context.open(file) as stream:
            check_zip_directory(stream, file.name, context.limits)
            with zipfile.ZipFile(stream) as archive:
                lengths = {name.removesuffix(SUFFIX): _length(archive, name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, LimitReached):
        return {}
    lengths = {name: length for name, length in lengths.items() if length}
    return array_splits(lengths) or {"train": {name: name for name in _alike(lengths)}}


def array_splits(lengths: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """By split, the columns that names of arrays tell, and their arrays; nothing if they tell none.

    Args:
        lengths: By array, its number of examples.

    >>> array_splits({"x_train": 9, "y_train": 9, "x_test": 4, "y_test": 4})
    {'train': {'x': 'x_train', 'y': 'y_train'}, 'test': {'x': 'x_test', 'y': 'y_test'}}
    """
    found: dict[str, dict[str, str]] = {split: {} for split in SPLIT_WORDS}
    for name in lengths:
        words = _SEPARATORS.split(name)
        for split, known in SPLIT_WORDS.items():
            others = [word for word in words if word.lower() not in known]
            if others and len(others) == len(words) - 1:
                found[split]["_".join(others)] = name
    train = found["train"]
    parts = {split: columns for split, columns in found.items() if columns and set(columns) == set(train)}
    fit = all(len({lengths[array] for array in columns.values()}) == 1 for columns in parts.values())
    return parts if len(parts) > 1 and len(train) > 1 and fit else {}


def without_single_axes(table: Table) -> Table:
    """The table with a value for each row where an array has one, as those of shape (n, 1)."""
    columns = {
        name: replace(column, kind=kind, values=column.values.reshape(len(column.values)))
        for name, column in table.columns.items()
        if column.kind == "array" and column.size == 1 and (kind := _KINDS.get(column.values.dtype.kind)) is not None
    }
    return replace(table, columns=table.columns | columns) if columns else table


def _alike(lengths: Mapping[str, int]) -> list[str]:
    """The arrays with the most frequent number of examples."""
    counts = Counter(lengths.values())
    usual = max(counts, key=lambda length: (counts[length], length), default=0)
    return [name for name, length in lengths.items() if length == usual]


def _length(archive: zipfile.ZipFile, name: str) -> int:
    """The examples of an array; 0 if it is none, or has none."""
    with archive.open(name) as stream:
        try:
            shape: Any = read_header(stream)[2]  # type: ignore[arg-type]
        except ValueError:
            return 0
    return int(shape[0]) if shape else 0
