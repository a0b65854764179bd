"""Tables: columns of equal length, and the files that their rows come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kspec.data.storage.mapped_arrays import counted, empty, taken, true_rows
from kspec.data.storage.mapped_texts import number_texts
from kspec.language.source_files import SPLITS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Kind = Literal["integer", "float", "boolean", "text", "array", "list", "image", "audio", "unknown"]
"""What a column contains. `array` has several values per row; `list` has an array per row, and these differ in length;
`image` and `audio` have the path of a file; `unknown` has a single value, of a column whose values are not read."""

FILES: tuple[Kind, ...] = ("image", "audio")

NUMERIC: tuple[Kind, ...] = ("integer", "float", "boolean")
SHOWN_ROWS = 5
NOT_NAMED = "the spec does not name it"
"""Why a column is unusable that a source has not read, since the spec does not use it."""


@dataclass(slots=True)
class Column:
    """One column.

    Args:
        name: Its name.
        kind: What it contains.
        values: Shape (n,); (n, …) for `array`. Missing values are undefined.
        missing: Shape (n,), true where the value is missing.
        original_texts: Returns the texts of the file, shape (n,): "007" where `values` has 7.
        paths: The files of an `array` that images were decoded to, shape (n,).
        unreadable: In other data, which rows name a file that cannot be used, shape (n,); None if there are none.
        refusal: Why these cannot, in a few words.
    """

    name: str
    kind: Kind
    values: Array
    missing: Array
    original_texts: Callable[[], Array] | None = None
    paths: Array | None = None
    unreadable: Array | None = None
    refusal: str = ""

    @property
    def size(self) -> int:
        """Numbers (or texts) per row."""
        size = 1
        for length in self.values.shape[1:]:
            size *= length
        return size

    def texts(self) -> Array:
        """The values as text, shape (n,): verbatim if the file is a text file."""
        if self.original_texts is not None:
            return self.original_texts()
        if self.kind == "text":
            return self.values
        return number_texts(self.values, _text)

    def take(self, kept: Array) -> Column:
        """The column with only some rows: those where `kept`, shape (n,), is true, or whose indices it has."""
        original_texts = self.original_texts
        return replace(
            self,
            values=taken(self.values, kept),
            missing=taken(self.missing, kept),
            original_texts=None if original_texts is None else lambda: taken(original_texts(), kept),
            paths=None if self.paths is None else self.paths[kept],
            unreadable=None if self.unreadable is None else self.unreadable[kept],
        )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class FileRows(NamedTuple):
    """A file, and its rows in the table: `start` up to `stop`."""

    name: str
    start: int
    stop: int


@dataclass(slots=True)
class Table:
    """Columns by name, in the order of the file.

    Args:
        columns: The columns.
        rows: The number of rows.
        files: The files, in the order of their rows.
        row_splits: Shape (rows,): 0 train, 1 validation, 2 test; None unless each split has its own file.
        fingerprints: The SHA-256 of each file.
        nameless: Columns without a name in the file: only used if the spec names them.
        unusable: Columns that no tensor can hold, with the reason.
        names: The file of each row, if each row is a file.
        original: The index of each row in the table that these rows were taken from.
        numbers: The number of each row in that table, as in `row_numbers`.
        sources: By column that an expression computes, the columns of the file that it is computed from.
        kept: By column that predictions keep, its texts, shape (rows,).
        slices: By expression that slices an evaluation, its values as texts, shape (rows,).
        folder: The folder that paths in its columns are relative to; None for that of the file of each row.
    """

    columns: dict[str, Column]
    rows: int
    files: list[FileRows] = field(default_factory=list)
    row_splits: Array | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    nameless: tuple[str, ...] = ()
    unusable: dict[str, str] = field(default_factory=dict)
    names: list[str] | None = None
    original: Array | None = None
    numbers: Array | None = None
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kept: dict[str, Array] = field(default_factory=dict)
    slices: dict[str, Array] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def available(self) -> list[str]:
        """The columns that the spec can name: those of the table, and those that a source reads if it does."""
        return [*self.columns, *(name for name, reason in self.unusable.items() if reason == NOT_NAMED)]

    def row_numbers(self) -> Array:
        """The number of each row within its split (or the table), from 1, without the header; shape (rows,)."""
        import numpy

        if self.numbers is not None:
            return self.numbers
        if self.row_splits is None:
            return counted(1, self.rows)
        numbers = empty(self.rows, numpy.int64)
        for split in range(len(SPLITS)):
            own = true_rows(self.row_splits == split)
            numbers[own] = counted(1, len(own))
        return numbers

    def locate(self, indices: Sequence[int] | Array) -> str:
        """Names rows in a message: "rows 3, 17 and 2 more", with the file if there are several."""
        shown = [int(index) for index in indices[:SHOWN_ROWS]]
        if self.original is not None:
            shown = [int(self.original[index]) for index in shown]
        by_file: dict[str, list[str]] = {}
        for index in shown:
            file = next((file for file in self.files if file.start <= index < file.stop), FileRows("", 0, 0))
            by_file.setdefault(file.name if len(self.files) > 1 else "", []).append(str(index - file.start + 1))
        groups = [", ".join(rows) + (f" of {name}" if name else "") for name, rows in by_file.items()]
        word = "row" if len(indices) == 1 else "rows"
        more = len(indices) - len(shown)
        return f"{word} {', '.join(groups)}" + (f" and {more} more" if more else "")

    def take(self, kept: Array) -> Table:
        """The table with only the rows where `kept`, shape (rows,), is true; `locate` names their original rows."""
        return self.arranged(true_rows(kept))

    def arranged(self, order: Array) -> Table:
        """The table with these rows, in this order; `locate` names their original rows.

        Args:
            order: The indices of the rows, shape (n,).
        """
        return Table(
            {name: column.take(order) for name, column in self.columns.items()},
            len(order),
            files=self.files,
            row_splits=None if self.row_splits is None else taken(self.row_splits, order),
            fingerprints=self.fingerprints,
            nameless=self.nameless,
            unusable=self.unusable,
            names=None if self.names is None else [self.names[int(index)] for index in order],
            original=order if self.original is None else taken(self.original, order),
            numbers=taken(self.row_numbers(), order),
            sources=self.sources,
            kept={name: taken(texts, order) for name, texts in self.kept.items()},
            slices={name: taken(texts, order) for name, texts in self.slices.items()},
            folder=self.folder,
        )
