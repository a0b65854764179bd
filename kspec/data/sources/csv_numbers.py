"""Columns of a large CSV file that the parser reads as numbers, so that no texts are made of them.

A sample tells which columns these are. A column of which the parser cannot read a value is read as texts after all, as
are all columns of a small table: `typed_column` then finds its type. Both ways give the same column, to the bit.
What the parser reads otherwise (words for a missing value between blanks, blanks beyond ASCII) is no number for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.arrow_values import nulls_of, values_of
from kspec.data.storage.mapped_arrays import copied_into, empty, zeros
from kspec.data.table import Column
from kspec.data.type_inference import (
    MISSING_WORDS,
    NumberFormat,
    NumberKind,
    number_column,
    number_marks,
    typed_column,
)
from kspec.language.csv_options import CsvOptions

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

ATTEMPTS = 4
"""How often the files are read with other types before all columns are read as texts."""
ROOM = 1.02
"""How many times the rows that a sample lets expect have room in an array."""
_FAILED = re.compile(r"In CSV column #(\d+): .*conversion error to ")


class NotNumbers(Exception):
    """A column has a value that is no number of its type.

    Args:
        column: Its name.
    """

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def failed_column(error: Exception, names: list[str]) -> str | None:
    """The column whose values the parser could not read as numbers; None for any other error.

    Args:
        error: What the parser has raised.
        names: The columns of the file.
    """
    found = _FAILED.match(str(error))
    return names[int(found[1])] if found and int(found[1]) < len(names) else None


class NumberColumns:
    """The columns that are read as numbers, and their values.

    Args:
        kinds: By column, the kind of its numbers.
        rows: How many rows are expected.
        options: The options of the source.
    """

    def __init__(self, kinds: Mapping[str, NumberKind], rows: int, options: CsvOptions) -> None:
        self.kinds = dict(kinds)
        self._rows, self._options = rows, options
        self._arrays = {name: _Numbers(kind, rows, self.format_of(name)) for name, kind in kinds.items()}

    @classmethod
    def of_sample(cls, sample: Any, size: float, options: CsvOptions) -> NumberColumns:
        """The columns that are numbers in a sample, unless their marks for missing values are theirs alone.

        Args:
            sample: A pyarrow table of strings.
            size: The bytes of all files.
            options: The options of the source.
        """
        import pyarrow.compute as pc

        kinds: dict[str, NumberKind] = {}
        letters = sample.num_rows * sample.num_columns  # a delimiter, or the end of a line, follows each value
        for name, texts in zip(sample.column_names, sample.columns, strict=True):
            letters += pc.sum(pc.binary_length(texts)).as_py() or 0
            own = isinstance(options.missing, dict) and options.marks(name)
            if own or options.thousands is not None or texts.null_count == len(texts):
                continue
            numbers = NumberFormat(options.decimal, marks=options.marks(name), trimmed=True)
            column = typed_column(name, texts, lambda: None, numbers)
            if column.kind in ("integer", "float") and not column.missing.all():
                kinds[name] = "integer" if column.kind == "integer" else "float"
        rows = size * sample.num_rows / letters * ROOM if letters else 0
        return cls(kinds, int(rows) + sample.num_rows, options)

    def without(self, column: str) -> NumberColumns:
        """The same columns, without values, after one was found to be no number of its kind."""
        kinds = self.kinds | ({column: "float"} if self.kinds[column] == "integer" else {})
        if self.kinds[column] == "float":
            del kinds[column]
        return NumberColumns(kinds, self._rows, self._options)

    def format_of(self, name: str) -> NumberFormat:
        """How the file writes the numbers of a column."""
        return NumberFormat(self._options.decimal, marks=self._options.marks(name))

    def types(self) -> dict[str, Any]:
        """By column, the pyarrow type that the parser gives it."""
        import pyarrow as pa

        kinds = {"integer": pa.int64(), "float": pa.float64()}
        return {name: kinds[kind] for name, kind in self.kinds.items()}

    def missing_words(self) -> list[str]:
        """The texts that the parser takes for a missing value."""
        marks = [] if isinstance(self._options.missing, dict) or not self.kinds else self._options.marks("")
        return [*MISSING_WORDS, *map(str, marks)]

    def take(self, rows: Any) -> Any:
        """Takes the values of more rows.

        Args:
            rows: A pyarrow table or batch.

        Returns:
            Its other columns.

        Raises:
            NotNumbers: If a value is NaN in a spelling that no word for a missing value has.
        """
        if not self.kinds:
            return rows
        others = []
        for number, name in enumerate(rows.schema.names):
            if name not in self._arrays:
                others.append(name)
                continue
            column = rows.column(number)
            for chunk in getattr(column, "chunks", (column,)):
                if not self._arrays[name].append(chunk):
                    raise NotNumbers(name)
        return rows.select(others)

    def column(self, name: str, original_texts: Callable[[], Array]) -> Column:
        """A column, once all rows have been taken.

        Args:
            name: Its name.
            original_texts: As in `Column`.
        """
        return number_column(name, self.kinds[name], *self._arrays[name].all(), original_texts)


class _Numbers:
    """The numbers of a column, as they come.

    Args:
        kind: What they are.
        rows: How many rows are expected.
        numbers: How the file writes them.
    """

    def __init__(self, kind: NumberKind, rows: int, numbers: NumberFormat) -> None:
        self._values, self._missing = empty(rows, "int64" if kind == "integer" else "float64"), zeros(rows, bool)
        self._marks, self._end = number_marks(numbers), 0

    def append(self, chunk: Any) -> bool:
        """Takes the numbers of a pyarrow array; false if some is NaN."""
        import numpy

        values = values_of(chunk, 0)
        place = slice(self._end, self._end + len(values))
        if place.stop > len(self._values):
            rows = max(place.stop, len(self._values) * 3 // 2)
            self._values = copied_into(empty(rows, self._values.dtype), self._values[: self._end])
            self._missing = copied_into(zeros(rows, bool), self._missing[: self._end])
        self._values[place] = values
        if chunk.null_count:  # to write zeros would take their memory
            self._missing[place] = nulls_of(chunk)
        if self._marks and (marked := numpy.isin(values, self._marks)).any():
            self._missing[place] |= marked
        self._end = place.stop
        return values.dtype.kind != "f" or not numpy.isnan(values).any()

    def all(self) -> tuple[Array, Array]:
        """The numbers, and which are missing, shape (n,)."""
        return self._values[: self._end], self._missing[: self._end]
