"""What a source gives: columns of equal length, and the files that their rows come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Kind = Literal["integer", "float", "boolean", "text", "array", "image"]
"""What a column holds. `array` has several numbers a row; `image` has the path of a picture."""

NUMERIC: tuple[Kind, ...] = ("integer", "float", "boolean")
PART_NAMES = ("train", "validation", "test")
SHOWN_ROWS = 5


@dataclass(slots=True)
class Column:
    """One column.

    Args:
        kind: What it holds.
        values: Shape (n,); (n, …) for `array`. Where a value is missing, anything stands.
        missing: Shape (n,), true where there is no value.
        written: Gives the texts as they stand in the file, shape (n,): "007" where `values` has 7.
    """

    name: str
    kind: Kind
    values: Array
    missing: Array
    written: Callable[[], Array] | None = None

    @property
    def size(self) -> int:
        """Numbers (or texts) a row has."""
        size = 1
        for length in self.values.shape[1:]:
            size *= length
        return size

    def texts(self) -> Array:
        """The values as text, shape (n,): as written in the file where it is a file of text."""
        if self.written is not None:
            return self.written()
        if self.kind == "text":
            return self.values
        import numpy

        return numpy.array([_text(value) for value in self.values.tolist()], dtype=object)

    def take(self, kept: Array) -> Column:
        """The column's values in the rows where `kept`, shape (n,), is true."""
        written = self.written
        return Column(
            self.name,
            self.kind,
            self.values[kept],
            self.missing[kept],
            None if written is None else lambda: written()[kept],
        )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class FileRows(NamedTuple):
    """A file, and which rows of the table are its own: `start` up to `stop`."""

    name: str
    start: int
    stop: int


@dataclass(slots=True)
class Table:
    """Columns by name, in the file's order.

    Args:
        rows: How many there are.
        files: The files read, in the rows' order.
        parts: Shape (rows,): 0 train, 1 validation, 2 test, where there is a file for each split; else None.
        fingerprints: The sha256 of each file read.
    """

    columns: dict[str, Column]
    rows: int
    files: list[FileRows] = field(default_factory=list)
    parts: Array | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    nameless: tuple[str, ...] = ()
    """Columns without a name in the file: fed to nothing unless asked for."""
    unusable: dict[str, str] = field(default_factory=dict)
    """Columns that no tensor can hold, with the reason."""
    names: list[str] | None = None
    """The file of each row, where each row is a file."""
    original: Array | None = None
    """The place of each row in the table that it was taken from."""

    def row_numbers(self) -> Array:
        """Shape (rows,): each row's number, from 1 and without the header; over all files, or those of its split."""
        import numpy

        numbers = numpy.arange(1, self.rows + 1)
        if self.parts is not None:
            for part in range(len(PART_NAMES)):
                own = self.parts == part
                numbers[own] = numpy.arange(1, int(own.sum()) + 1)
        return numbers

    def where(self, indices: Sequence[int] | Array) -> str:
        """Rows, told to the user: "rows 3, 17 and 2 more"; with the file, where there are several."""
        shown = [int(index) for index in indices[:SHOWN_ROWS]]
        if self.original is not None:
            shown = [int(self.original[index]) for index in shown]
        by_file: dict[str, list[str]] = {}
        for index in shown:
            file = next((file for file in self.files if file.start <= index < file.stop), FileRows("", 0, 0))
            by_file.setdefault(file.name if len(self.files) > 1 else "", []).append(str(index - file.start + 1))
        told = [", ".join(rows) + (f" of {name}" if name else "") for name, rows in by_file.items()]
        word = "row" if len(indices) == 1 else "rows"
        more = len(indices) - len(shown)
        return f"{word} {', '.join(told)}" + (f" and {more} more" if more else "")

    def take(self, kept: Array) -> Table:
        """The table with the rows where `kept`, shape (rows,), is true; its rows are told by their first numbers."""
        import numpy

        original = numpy.flatnonzero(kept) if self.original is None else self.original[kept]
        return Table(
            {name: column.take(kept) for name, column in self.columns.items()},
            int(kept.sum()),
            files=self.files,
            parts=None if self.parts is None else self.parts[kept],
            fingerprints=self.fingerprints,
            nameless=self.nameless,
            unusable=self.unusable,
            names=None if self.names is None else [self.names[int(index)] for index in numpy.flatnonzero(kept)],
            original=original,
        )
