"""Rows in memory, such as those of a request: they are read as those of a file, and name no file of the disk."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from kspec.data.context import Context
from kspec.data.limits import LimitReached, check_columns
from kspec.data.sources.arrow_tables import table_of
from kspec.data.sources.images import CONTENT as IMAGES
from kspec.data.sources.json import arrow_table
from kspec.data.sources.read_request import SourceFile
from kspec.data.table import Column, Table
from kspec.language.data_limits import Limits

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MEGAPIXELS = 25.0
"""The size of a picture that somebody else sends, in millions of pixels."""
NAME = "the data"
"""What messages call the rows."""
UPLOADS = Path(os.path.realpath("/"), "uploads of kspec")
"""The folder that the files of rows in memory seem to lie in; nothing is read from there."""


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Rows in memory.

    Args:
        columns: By name, a value for each row as JSON has it: None where it is missing. A column of pictures, sounds or
            files of text has the names of `files`.
        count: The number of rows.
        files: By name, the bytes of each file that the rows come with.
        numbers: The number of each row; by default they are counted from 1.
        ends: The number of the last row of each table, ascending, where the rows are those of several tables: no series
            goes from one to another. Empty for a single table.
    """

    columns: Mapping[str, Sequence[Any]]
    count: int
    files: Mapping[str, bytes] = field(default_factory=dict)
    numbers: Sequence[int] | None = None
    ends: Sequence[int] = ()

    def tables(self, numbers: Array) -> Array | None:
        """The table of each row, from 0, shape (n,); None if all are of one.

        Args:
            numbers: The number of each row, shape (n,).
        """
        import numpy

        return numpy.searchsorted(self.ends, numbers) if self.ends else None


@dataclass(slots=True)
class GivenContext(Context):
    """The context of rows in memory: the only files are those that came with them.

    Args:
        files: By name, their bytes.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)

    def open(self, file: Path) -> BinaryIO:
        """Opens a file that came with the rows.

        Raises:
            FileNotFoundError: If it did not, whatever the disk has.
        """
        data = self.files.get(file.name) if file.parent == UPLOADS else None
        if data is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), file.name)
        stream = _memory_file()
        stream.write(data)
        stream.seek(0)
        return stream

    def read_in_place(self, path: str) -> None:
        """None: nothing lies on the disk."""

    @property
    def limits(self) -> Limits:
        """How much the data may take; a picture less than those of a user's own disk."""
        data = self.spec.document.data
        limits = Limits() if data is None else data.limits
        return limits.model_copy(update={"megapixels": min(limits.megapixels, MEGAPIXELS)})


def _memory_file() -> BinaryIO:
    """A file without a name: in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("kspec"), "w+b")
    return tempfile.TemporaryFile()


def table_of_rows(rows: GivenRows, context: Context) -> Table | None:
    """The table of rows in memory; None if it has none, or too many columns, which is reported.

    Args:
        rows: The rows.
        context: Receives errors.
    """
    import numpy

    numbers = {name: column for name, values in rows.columns.items() if (column := _numbers(name, values)) is not None}
    others = {name: values for name, values in rows.columns.items() if name not in numbers}
    table: Table | None = Table({}, rows.count)
    try:
        if others or not rows.count:
            table = table_of(arrow_table(others, rows.count), NAME, SourceFile(UPLOADS, None, None), context)
        check_columns(len(rows.columns), NAME, context.limits)
    except LimitReached as reached:
        context.limit(reached, None)
        return None
    if table is not None:
        found = {**table.columns, **numbers}
        table.columns = {name: found[name] for name in (*rows.columns, *table.columns) if name in found}
        table.folder = UPLOADS
        table.numbers = None if rows.numbers is None else numpy.array(rows.numbers, numpy.int64)
        _read_pictures(table, context)
    return table


def _numbers(name: str, values: Sequence[Any]) -> Column | None:
    """A column of numbers without a gap, as Arrow would make it, in a tenth of the time; None for any other.

    Args:
        name: Its name.
        values: Its values.
    """
    import numpy

    kinds = set(map(type, values))
    if not kinds or not kinds <= {int, float}:
        return None
    try:
        array = numpy.array(values, numpy.float64 if float in kinds else numpy.int64)
    except OverflowError:  # an integer of more than 64 bits
        return None
    missing = numpy.isnan(array) if float in kinds else numpy.zeros(len(array), bool)
    return Column(name, "float" if float in kinds else "integer", array, missing)


def _read_pictures(table: Table, context: Context) -> None:
    """Makes the column of images what the source `images` makes of it."""
    import numpy

    data = context.spec.document.data
    column = table.columns.get(IMAGES.column)
    if data is None or data.source != "images" or column is None or column.kind != "text":
        return
    files = numpy.array([str(UPLOADS / name) for name in column.values.tolist()], dtype=object)
    table.columns[column.name] = Column(column.name, "image", files, column.missing)
