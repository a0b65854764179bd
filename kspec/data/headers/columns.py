"""Columns of which only the header is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kspec.data.table import Column, Kind, Table

MAX_FILES = 20
"""The headers of more files are not read: their columns are unknown."""


class UnreadValues:
    """Stands for the values of a column that have not been read: it has nothing but their shape.

    Args:
        shape: Shape (rows, …); 0 rows where their number is unknown.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]


def column_of_header(name: str, kind: Kind = "unknown", shape: tuple[int, ...] = (0,)) -> Column:
    """A column without values.

    Args:
        name: Its name.
        kind: What it contains.
        shape: The shape of its values, (rows, …); 0 rows where their number is unknown.
    """
    values: Any = UnreadValues(shape)
    return Column(name, kind, values, values)


def table_of_header(
    names: Iterable[str],
    *,
    kinds: Mapping[str, Kind] | None = None,
    unusable: Mapping[str, str] | None = None,
    nameless: tuple[str, ...] = (),
) -> Table:
    """A table without rows.

    Args:
        names: Its columns, each with one value in a row.
        kinds: What is known of their contents.
        unusable: As in `Table`.
        nameless: As in `Table`.
    """
    known = kinds or {}
    columns = {name: column_of_header(name, known.get(name, "unknown")) for name in names}
    return Table(columns, 0, unusable=dict(unusable or {}), nameless=nameless)
