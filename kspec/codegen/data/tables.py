"""The code that reads a table, for all sources."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.policies import row_dropping_columns
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter


class Table(ABC):
    """Writes the code that reads a table and takes columns from it.

    Args:
        info: The data set.
        file: Collects imports and constants.
        folder: The folder of the exported file.
    """

    def __init__(self, info: DatasetInfo, file: ModuleWriter, folder: Path) -> None:
        self.info = info
        self.file = file
        self.lines: list[str] = []
        self.before: list[str] = []
        """Statements that the code of the columns needs before it."""
        self.dropped = row_dropping_columns(info)
        self.files = [(Path(os.path.relpath(name, folder)).as_posix(), split) for name, split in info.files()]
        file.imports.add("pathlib")

    @abstractmethod
    def numbers(self, columns: Sequence[str]) -> str:
        """Columns side by side, shape (rows, columns); float64 if values may be missing."""

    @abstractmethod
    def raw(self, column: str) -> str:
        """The values of one column, shape (rows,)."""

    @abstractmethod
    def texts(self, columns: Sequence[str]) -> str:
        """Columns as text side by side, shape (rows, columns)."""

    @abstractmethod
    def each_text(self, column: str, result: str = "{}") -> str:
        """The texts of a column in Python as NumPy's `array` takes them.

        Args:
            column: The column.
            result: What is made of each, in Python, with `{}` for the text.
        """

    def natural_shape(self, columns: Sequence[str]) -> tuple[int, ...]:
        """The shape of an example of `numbers` or `texts`."""
        return (sum(math.prod(self.info.column(column).shape) for column in columns),)

    def objects(self, columns: Sequence[str]) -> str:
        """Columns as they are in the table, side by side, for `main` to fill missing values; shape (rows, columns)."""
        return self.texts(columns)

    @property
    def variable(self) -> str:
        """The name of the table's variable."""
        return "table"

    @property
    def row_numbers(self) -> str:
        """The numbers of the rows in Python; empty if they are those of an array."""
        if not self.dropped:
            return ""
        return "row_numbers" if self.info.has_split_files else "np.flatnonzero(complete) + 1"

    def constant(self) -> str:
        """The constant of the only file."""
        name = self.info.suffix.upper() or "TABLE"
        self.file.constants[name] = f"Path(__file__).parent / {text(self.files[0][0])}"
        return name

    def paths(self) -> str:
        """A list of all files."""
        self.file.uses_here = True
        return literal([name for name, _ in self.files])

    def after_dropping(self) -> list[str]:
        """The lines that keep the split and the number of each complete row; each split counts from 1."""
        splits = ", ".join(literal(split) for split in dict.fromkeys(split for _, split in self.files))
        counts = f"np.arange(np.count_nonzero(split == name)) + 1 for name in ({splits})"
        numbers = f"    row_numbers = np.concatenate([{counts}])[complete]"
        return [*([numbers] if self.info.predicted else []), "    split = split[complete]"]
