"""Rows that a program holds, as a file that `predict` and `evaluate` read like any other."""

from __future__ import annotations

import datetime
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Rows = str | os.PathLike[str] | Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any
"""A file; columns by name; rows, each a mapping; or a table of pandas, Polars or Arrow."""


@contextmanager
def file_of(rows: Rows) -> Iterator[str]:
    """Yields the path of a file with the rows.

    Args:
        rows: The path of a file; a mapping from columns to values, each of shape (n, …); a sequence of mappings, one
            for each row; or a table of pandas, Polars or Arrow.

    Raises:
        TypeError: If it is none of these, or a value is of a kind that no table has.
        ValueError: If columns differ in length.
    """
    if isinstance(rows, (str, os.PathLike)):
        yield os.fspath(rows)
        return
    columns = _columns(rows)
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        yield os.fspath(_write(columns, Path(folder)))


def _columns(rows: Any) -> dict[str, Sequence[Any]]:
    """The values by column."""
    if hasattr(rows, "to_pydict"):  # Arrow
        rows = rows.to_pydict()
    elif hasattr(rows, "columns") and hasattr(rows, "__getitem__"):  # pandas, Polars
        rows = {str(name): rows[name].to_numpy() for name in rows.columns}
    elif isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(name for row in rows for name in row)
        rows = {name: [row.get(name) for row in rows] for name in names}
    if not isinstance(rows, Mapping):
        raise TypeError(
            "rows must be a path, a mapping from columns to values, a sequence of mappings, or a table of pandas, "
            f"Polars or Arrow, not {type(rows).__name__}"
        )
    columns = {str(name): values for name, values in rows.items()}
    for name, values in columns.items():
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
            raise TypeError(f"column `{name}` must hold a value for each row, not {type(values).__name__}")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns differ in length: {', '.join(f'{name} {n}' for name, n in lengths.items())}")
    return columns


def _write(columns: Mapping[str, Sequence[Any]], folder: Path) -> Path:
    """Writes arrays of several axes as npz, and anything else as JSON, which tells numbers from texts and gaps."""
    import numpy

    if any(isinstance(values, numpy.ndarray) and values.ndim > 1 for values in columns.values()):
        path = folder / "rows.npz"
        numpy.savez(path, allow_pickle=False, **{name: numpy.asarray(values) for name, values in columns.items()})
        return path
    path = folder / "rows.json"
    are_texts = all(isinstance(value, str) for values in columns.values() for value in values)
    with path.open("w", encoding="utf-8") as file:
        for row in zip(*columns.values(), strict=True):
            values = {name: _plain(value) for name, value in zip(columns, row, strict=True)}
            if are_texts:  # the cells of a CSV file, where an empty one is a gap
                values = {name: value or None for name, value in values.items()}
            file.write(json.dumps(values, ensure_ascii=False, default=_refuse) + "\n")
    return path


def _plain(value: Any) -> Any:
    """A value as JSON has it; a gap of any kind is null."""
    if hasattr(value, "tolist"):  # NumPy, whose nanoseconds are no times of Python
        value = (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).tolist()
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _refuse(value: Any) -> Any:
    raise TypeError(f"a row cannot hold a value of type {type(value).__name__}")
