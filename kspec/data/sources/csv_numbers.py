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
from kspec.data.storage.growing_array import GrowingArray, SharedFile
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
MANY_COLUMNS = 64
"""The values of more columns share a file while they are read."""
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
        options: The options of the source.
    """

    def __init__(self, kinds: Mapping[str, NumberKind], options: CsvOptions) -> None:
        self.kinds = dict(kinds)
        self._options = options
        shared = SharedFile() if len(kinds) > MANY_COLUMNS else None
        self._arrays = {name: _Numbers(kind, self.format_of(name), shared) for name, kind in kinds.items()}

    @classmethod
    def of_sample(cls, sample: Any, options: CsvOptions) -> NumberColumns:
        """The columns that are numbers in a sample, unless their marks for missing values are theirs alone.

        Args:
            sample: A pyarrow table of strings.
            options: The options of the source.
        """
        kinds: dict[str, NumberKind] = {}
        for name, texts in zip(sample.column_names, sample.columns, strict=True):
            own = isinstance(options.missing, dict) and options.marks(name)
            if own or options.thousands is not None or texts.null_count == len(texts):
                continue
            numbers = NumberFormat(options.decimal, marks=options.marks(name), trimmed=True)
            column = typed_column(name, texts, lambda: None, numbers)
            if column.kind in ("integer", "float") and not column.missing.all():
                kinds[name] = "integer" if column.kind == "integer" else "float"
        return cls(kinds, options)

    def without(self, column: str) -> NumberColumns:
        """The same columns, without values, after one was found to be no number of its kind."""
        kinds = self.kinds | ({column: "float"} if self.kinds[column] == "integer" else {})
        if self.kinds[column] == "float":
            del kinds[column]
        return NumberColumns(kinds, self._options)

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
        numbers: How the file writes them.
        shared: As in `GrowingArray`.
    """

    def __init__(self, kind: NumberKind, numbers: NumberFormat, shared: SharedFile | None) -> None:
        self._values = GrowingArray("int64" if kind == "integer" else "float64", shared)
        self._missing = GrowingArray(bool, shared)
        self._marks, self._rows = number_marks(numbers), 0

    def append(self, chunk: Any) -> bool:
        """Takes the numbers of a pyarrow array; false if some is NaN."""
        import numpy

        values, missing = values_of(chunk, 0), nulls_of(chunk) if chunk.null_count else None
        if self._marks and (marked := numpy.isin(values, self._marks)).any():
            missing = marked if missing is None else missing | marked
        self._values.write(self._rows, values)
        if missing is not None:  # to write zeros would take their memory
            self._missing.write(self._rows, missing)
        self._rows += len(values)
        return values.dtype.kind != "f" or not numpy.isnan(values).any()

    def all(self) -> tuple[Array, Array]:
        """The numbers, and which are missing, shape (n,); once."""
        return self._values.whole(self._rows), self._missing.whole(self._rows)
