"""The code that reads a table: rows of a CSV file by the standard module, columns of Parquet and npz as arrays."""

from __future__ import annotations

import codecs
import gzip
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from kspec.spec.data import CsvOptions
from kspec.targets.python_source.facts import Facts
from kspec.targets.python_source.file import File
from kspec.targets.python_source.filling import MISSING, dropped
from kspec.targets.python_source.literals import literal, text
from kspec.targets.python_source.names import identifier


class Table(ABC):
    """How columns are got from what has been read."""

    def __init__(self, facts: Facts, file: File, folder: Path) -> None:
        self.facts = facts
        self.file = file
        self.folder = folder
        self.lines: list[str] = []

    @abstractmethod
    def numbers(self, columns: Sequence[str]) -> str:
        """Columns side by side, shape (rows, columns), float64 where values may be missing."""

    @abstractmethod
    def raw(self, column: str) -> str:
        """One column as it stands in the table."""

    @abstractmethod
    def texts(self, columns: Sequence[str]) -> str:
        """Columns of text side by side, shape (rows, columns)."""

    def files(self) -> list[tuple[str, str]]:
        """The files, relative to the folder that the Python file lies in, each with its part (or nothing)."""
        given = (
            self.facts.data.csv if self.facts.data.source == "csv" else getattr(self.facts.data, self.facts.data.source)
        )
        given = given.path if isinstance(given, CsvOptions) else given
        names = [os.path.relpath(self.facts.spec.folder / name, self.folder) for name in self.facts.dataset.fingerprint]
        if not isinstance(given, dict):
            return [(Path(name).as_posix(), "") for name in names]
        parts = [part for part in ("train", "validation", "test") if part in given]
        if len(parts) != len(names):
            self.facts.refuse("read several files for one split", ("data", self.facts.data.source))
        return [(Path(name).as_posix(), part) for name, part in zip(names, parts, strict=False)]


class CsvTable(Table):
    """Rows as dictionaries."""

    def __init__(self, facts: Facts, file: File, folder: Path) -> None:
        super().__init__(facts, file, folder)
        options = facts.data.csv if isinstance(facts.data.csv, CsvOptions) else CsvOptions(path="-")
        file.imports |= {"csv", "pathlib"}
        names = self.files()
        first = facts.spec.folder / next(iter(facts.dataset.fingerprint))
        encoding, header = _look(first, options)
        more = "" if options.delimiter == "," else f", delimiter={text(options.delimiter)}"
        columns = [column.name for column in facts.dataset.profile.columns]
        given = "" if header == columns else f", {literal(columns)}"
        reader = f"csv.DictReader(file{given}{more})"
        if given and options.header:
            facts.refuse("read a header with names that are empty or have spaces around them", ("data", "csv"))
        packed = names[0][0].endswith(".gz")
        if packed:
            file.imports.add("gzip")
        if len(names) == 1:
            file.constants["TABLE"] = f"Path(__file__).parent / {text(names[0][0])}"
            self.lines = [f"    with {_open('TABLE', encoding, packed)} as file:",
                          f"        rows = list({reader})"]  # fmt: skip
        elif names[0][1]:
            file.uses_here = True
            self.lines = ["    rows, part = [], []",
                          f"    for name, path in {_pairs(names)}.items():",
                          f"        with {_open('HERE / path', encoding, packed)} as file:",
                          f"            rows += {reader}",
                          "        part += [name] * (len(rows) - len(part))"]  # fmt: skip
        else:
            file.uses_here = True
            self.lines = ["    rows = []",
                          f"    for path in {literal([name for name, _ in names])}:",
                          f"        with {_open('HERE / path', encoding, packed)} as file:",
                          f"            rows += {reader}"]  # fmt: skip
        used = [column for columns in facts.inputs.values() for column in columns]
        used += [column for target in facts.targets.values() for column in target.columns]
        self.narrow = all(given.dtype in ("float32", "string") for given in facts.spec.document.inputs.values())
        self.missing = any(facts.column(name).missing for name in used)
        self.booleans = any(facts.column(name).type == "boolean" for name in used)
        if self.missing:
            file.constants["MISSING"] = literal(MISSING)
        if kept := dropped(facts):
            whole = f"row[{text(kept[0])}].strip() not in MISSING"
            if len(kept) > 1:
                whole = f"all(row[name].strip() not in MISSING for name in {literal(kept)})"
            self.lines += [f"    complete = np.array([{whole} for row in rows])",
                           "    rows = [row for row, whole in zip(rows, complete, strict=True) if whole]"]  # fmt: skip

    def numbers(self, columns: Sequence[str]) -> str:
        parse = "float(row[name])"
        if self.missing or self.booleans:
            self._parser()
            parse = "number(row[name])"
        self.file.helpers["numbers"] = [
            "def numbers(rows, columns):",
            '    """Columns of the table as numbers, shape (rows, columns)."""',
            f"    return np.array([[{parse} for name in columns] for row in rows]{self._dtype()})",
        ]
        return f"numbers(rows, {self._listed(columns)})"

    def _listed(self, columns: Sequence[str]) -> str:
        """A list of columns: a variable, where it is long."""
        made = self.facts.columns_text(columns, "rows[0]", self.file)
        name = next((name for name, own in self.facts.inputs.items() if own == list(columns)), "")
        if len(made) < 40 or not name or made.startswith("fnmatch"):
            return made
        variable = "columns" if self.facts.single_input else f"{identifier(name)}_columns"
        self.lines.append(f"    {variable} = {made}")
        return variable

    def _dtype(self) -> str:
        """Nothing is lost in float32 where no input takes whole numbers, and nothing is left to be filled in."""
        return "" if self.missing or not self.narrow else ', "float32"'

    def _parser(self) -> None:
        lines = ["def number(text):", '    """A value of the table as a number."""', "    text = text.strip()"]
        if self.missing:
            lines[1] = '    """A value of the table as a number; NaN where it is missing."""'
            lines += ["    if text in MISSING:", "        return math.nan"]
            self.file.imports.add("math")
        if self.booleans:
            lines += ['    if text.lower() in ("true", "false"):', '        return float(text.lower() == "true")']
        self.file.helpers["number"] = [*lines, "    return float(text)"]

    def raw(self, column: str) -> str:
        kind, key = self.facts.column(column).type, text(column)
        made = {"integer": f"int(row[{key}])", "float": f"float(row[{key}])",
                "boolean": f'row[{key}].strip().lower() == "true"'}.get(kind, f"row[{key}]")  # fmt: skip
        return f"np.array([{made} for row in rows])"

    def texts(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return f"np.array([[row[{text(columns[0])}]] for row in rows])"
        return (
            f"np.array([[row[name] for name in {self.facts.columns_text(columns, 'row', self.file)}] for row in rows])"
        )


def _look(path: Path, options: CsvOptions) -> tuple[str, list[str]]:
    """The encoding to open a file with, and the names in its first line."""
    import csv

    packed = path.suffix == ".gz"
    with gzip.open(path) if packed else path.open("rb") as stream:
        marked = stream.read(3) == codecs.BOM_UTF8
    encoding = "utf-8-sig" if marked and codecs.lookup(options.encoding).name == "utf-8" else options.encoding
    if not options.header:
        return encoding, []
    with (
        gzip.open(path, "rt", encoding=encoding, newline="")
        if packed
        else path.open(encoding=encoding, newline="") as file
    ):
        return encoding, next(csv.reader(file, delimiter=options.delimiter), [])


def _open(path: str, encoding: str, packed: bool) -> str:
    if packed:
        return f'gzip.open({path}, "rt", newline="", encoding="{encoding}")'
    opened = path if path.isidentifier() else f"({path})"
    return f'{opened}.open(newline="", encoding="{encoding}")'


def _pairs(names: Sequence[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{text(part)}: {text(name)}" for name, part in names) + "}"


class ColumnTable(Table):
    """Columns as arrays: of an npz file, or a Parquet table by pyarrow."""

    def __init__(self, facts: Facts, file: File, folder: Path) -> None:
        super().__init__(facts, file, folder)
        file.imports.add("pathlib")
        self.parquet = facts.data.source == "parquet"
        names = self.files()
        if len(names) > 1:
            facts.refuse("read several files of this source", ("data", facts.data.source), "put them together into one")
        file.constants["TABLE"] = f"Path(__file__).parent / {text(names[0][0])}"
        path = "TABLE"
        if self.parquet:
            file.imports.add("pyarrow.parquet as pq")
            self.lines = [f"    table = pq.read_table({path})"]
        else:
            self.lines = [f"    table = np.load({path})"]
        if dropped(facts):
            facts.refuse("leave rows of this source out", ("data", "missing"), "put values in: `missing: median`")

    def numbers(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return self.raw(columns[0])
        header = "table.column_names" if self.parquet else "table.files"
        inside = "table[name].to_numpy()" if self.parquet else "table[name]"
        return f"np.stack([{inside} for name in {self.facts.columns_text(columns, header, self.file)}], axis=1)"

    def raw(self, column: str) -> str:
        facts = self.facts.column(column)
        if not self.parquet:
            return f"table[{text(column)}]"
        if facts.type == "array":
            return f"np.array(table[{text(column)}].to_pylist())"
        return f"table[{text(column)}].to_numpy()"

    def texts(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return f"{self.raw(columns[0])}.astype(str)"
        return f"{self.numbers(columns)}.astype(str)"
