"""The code of tables that are lists of rows, each a dict by column."""

from __future__ import annotations

from abc import abstractmethod

from kspec.codegen.data.tables import Table
from kspec.codegen.text.literals import literal


class RowTable(Table):
    """A table whose rows are dictionaries."""

    @property
    def variable(self) -> str:
        return "rows"

    @abstractmethod
    def append_lines(self, indent: str) -> list[str]:
        """The lines, inside a loop over the variable `path`, that append the rows of a file."""

    @abstractmethod
    def read_lines(self, path: str) -> list[str]:
        """The lines that read the only file.

        Args:
            path: Its path in Python.
        """

    def reading_lines(self) -> list[str]:
        """The lines that read all files, and keep the split of each row if splits have their own."""
        if len(self.files) == 1:
            return self.read_lines(self.constant())
        if self.files[0][1]:
            return self._by_split()
        return ["    rows = []", f"    for path in {self.paths()}:", *self.append_lines("        ")]

    def _by_split(self) -> list[str]:
        """The lines that read the files of each split, and keep the split of each row."""
        self.file.uses_here = True
        by_split: dict[str, list[str]] = {}
        for name, split in self.files:
            by_split.setdefault(split, []).append(name)
        lines = ["    rows, split = [], []"]
        if all(len(names) == 1 for names in by_split.values()):
            pairs = literal({split: names[0] for split, names in by_split.items()})
            lines += [f"    for name, path in {pairs}.items():", *self.append_lines("        ")]
        else:
            lines += [f"    for name, paths in {literal(by_split)}.items():", "        for path in paths:"]
            lines += self.append_lines("            ")
        return [*lines, "        split += [name] * (len(rows) - len(split))"]

    def dropping_lines(self, condition: str) -> list[str]:
        """The lines that leave out rows.

        Args:
            condition: In Python, whether the variable `row` is complete.
        """
        lines = [
            f"    complete = np.array([{condition} for row in rows])",
            "    rows = [row for row, keep in zip(rows, complete, strict=True) if keep]",
        ]
        if self.info.has_split_files:
            lines += ["    split = np.array(split)", *self.after_dropping()]
        return lines
