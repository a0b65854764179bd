"""The code that reads a table: what every kind of it can give."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.data.imputation import dropped
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File


class Table(ABC):
    """How columns are got from what has been read.

    Args:
        folder: Where the Python file will lie.
    """

    def __init__(self, facts: Facts, file: File, folder: Path) -> None:
        self.facts = facts
        self.file = file
        self.lines: list[str] = []
        self.before: list[str] = []
        """Statements that what has been asked for needs before it."""
        self.dropped = dropped(facts)
        self.files = [(Path(os.path.relpath(name, folder)).as_posix(), part) for name, part in facts.files()]
        file.imports.add("pathlib")

    @abstractmethod
    def numbers(self, columns: Sequence[str]) -> str:
        """Columns side by side, shape (rows, columns), float64 where values may be missing."""

    @abstractmethod
    def raw(self, column: str) -> str:
        """One column as it stands in the table."""

    @abstractmethod
    def texts(self, columns: Sequence[str]) -> str:
        """Columns of text side by side, shape (rows, columns)."""

    def objects(self, columns: Sequence[str]) -> str:
        """The same, where values are missing that `main` will fill in."""
        return self.texts(columns)

    @property
    def variable(self) -> str:
        """What has been read is called so."""
        return "table"

    def constant(self) -> str:
        """The constant that has the only file."""
        name = self.facts.suffix.upper() or "TABLE"
        self.file.constants[name] = f"Path(__file__).parent / {text(self.files[0][0])}"
        return name

    def paths(self) -> str:
        """All files, in a list."""
        self.file.uses_here = True
        return literal([name for name, _ in self.files])

    def after_dropping(self) -> list[str]:
        """The lines that keep the parts of the rows that are left, and their numbers, each part's from 1."""
        parts = list(dict.fromkeys(part for _, part in self.files))
        counts = f"np.arange(np.count_nonzero(part == name)) + 1 for name in ({', '.join(map(literal, parts))})"
        numbered = f"    numbered = np.concatenate([{counts}])[complete]"
        return [*([numbered] if self.facts.predicted else []), "    part = part[complete]"]
