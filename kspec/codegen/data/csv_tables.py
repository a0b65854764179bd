"""The code that reads tables of text: rows as dictionaries, by the standard module."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.data.dataset_info import SEVERAL, Facts
from kspec.codegen.data.imputation import MISSING, policy
from kspec.codegen.data.tables import Table
from kspec.codegen.model.names import identifier
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File
from kspec.language.data import CsvOptions


@dataclass(slots=True)
class Rows:
    """What all tables of text of a file have in common.

    Args:
        missing: Whether values may be missing.
        booleans: Whether some columns say true and false.
        narrow: Whether all inputs take float32, or text.
        readers: The body of each function that reads a table → its name.
        shared: Whether there are several tables.
    """

    missing: bool
    booleans: bool
    narrow: bool
    shared: bool
    readers: dict[str, str] = field(default_factory=dict)


def rows_of(tables: Sequence[Facts]) -> Rows:
    """What data sets of text have in common."""
    used = [[facts.column(name) for name in facts.used()] for facts in tables]
    return Rows(
        missing=any(column.missing for columns in used for column in columns),
        booleans=any(column.type == "boolean" for columns in used for column in columns),
        narrow=all(
            given.dtype in ("float32", "string") for facts in tables for given in facts.spec.document.inputs.values()
        ),
        shared=len(tables) > 1,
    )


class CsvTable(Table):
    """Rows as dictionaries."""

    def __init__(self, facts: Facts, file: File, folder: Path, rows: Rows) -> None:
        super().__init__(facts, file, folder)
        self.rows = rows
        file.imports.add("csv")
        if len(self.files) == 1:
            self.lines = self._from(self.constant())
        elif self.files[0][1]:
            self.lines = self._by_part()
        else:
            paths = self.paths()
            self.lines = ["    rows = []", f"    for path in {paths}:", *self._more("        ")]
        if rows.missing:
            file.constants["MISSING"] = literal(MISSING)
            self._refuse_quoted_words()
        if self.dropped:
            whole = f"row[{text(self.dropped[0])}].strip() not in MISSING"
            if len(self.dropped) > 1:
                whole = f"all(row[name].strip() not in MISSING for name in {literal(self.dropped)})"
            self.lines += [f"    complete = np.array([{whole} for row in rows])",
                           "    rows = [row for row, whole in zip(rows, complete, strict=True) if whole]"]  # fmt: skip
            if facts.by_files:
                self.lines += ["    part = np.array(part)", *self.after_dropping()]

    @property
    def variable(self) -> str:
        return "rows"

    def _refuse_quoted_words(self) -> None:
        """A word for what is missing is text where it is quoted, and the module csv does not tell quotes."""
        for name in self.facts.used():
            column = self.facts.column(name)
            words = [word for word in MISSING if word in column.classes] if column.type == "text" else []
            if words and policy(self.facts, name) is not None:
                place = self.facts.where or ("data", "missing")
                self.facts.refuse(f"tell the text {text(words[0])} in `{name}` from a value that is missing", place,
                                  help="write another word in the table, or read it from Parquet")  # fmt: skip

    def _by_part(self) -> list[str]:
        """The lines that read the files of each split, and note whose each row is."""
        self.file.uses_here = True
        by_part: dict[str, list[str]] = {}
        for name, part in self.files:
            by_part.setdefault(part, []).append(name)
        lines = ["    rows, part = [], []"]
        if all(len(names) == 1 for names in by_part.values()):
            pairs = literal({part: names[0] for part, names in by_part.items()})
            lines += [f"    for name, path in {pairs}.items():", *self._more("        ")]
        else:
            lines += [f"    for name, paths in {literal(by_part)}.items():",
                      "        for path in paths:", *self._more("            ")]  # fmt: skip
        return [*lines, "        part += [name] * (len(rows) - len(part))"]

    def _more(self, indent: str) -> list[str]:
        """The lines in a loop over paths that read one more file."""
        opened, reader = self._reader("HERE / path")
        if self.rows.shared or len(reader) > 1:
            return [f"{indent}rows += {self._function()}(HERE / path)"]
        return [f"{indent}with {opened} as file:", f"{indent}    rows += {reader[0]}"]

    def _from(self, path: str) -> list[str]:
        """The lines that read the only file."""
        opened, reader = self._reader(path)
        if self.rows.shared:
            return [f"    rows = {self._function()}({path})"]
        return [f"    with {opened} as file:", *(f"        {line}" for line in reader[:-1]),
                f"        rows = list({reader[-1]})"]  # fmt: skip

    def _function(self) -> str:
        """Writes the function that reads a file, unless another table has written the same; gives its name."""
        opened, reader = self._reader("path")
        body = [f"    with {opened} as file:", *(f"        {line}" for line in reader[:-1]),
                f"        return list({reader[-1]})"]  # fmt: skip
        name = self.rows.readers.setdefault("\n".join(body), f"read_{self.facts.suffix}_rows" if self.rows.readers
                                            else "read_rows")  # fmt: skip
        self.file.helpers[name] = [f"def {name}(path):", '    """The rows of a table, each a dict by column."""', *body]
        return name

    def _reader(self, path: str) -> tuple[str, list[str]]:
        """What opens a file, and the lines that make its reader, the last of which is the reader itself."""
        options = self.facts.csv
        looks = [_look(file, options) for file, _ in self.facts.files()]
        encoding = next((marked for marked, _ in looks if marked != options.encoding), options.encoding)
        packed = {name.endswith(".gz") for name, _ in self.files}
        if True in packed:
            self.file.imports.add("gzip")
        opened = _open(path, encoding, packed)
        more = "" if options.delimiter == "," else f", delimiter={text(options.delimiter)}"
        if not options.header:
            return opened, [f"csv.DictReader(file, {self._numbered_columns(len(looks[0][1]))}{more})"]
        if all(set(self.facts.used(every=True)) <= set(header) for _, header in looks):
            return opened, [f"csv.DictReader(file{more})"]
        name, over = "name.strip()", "name in reader.fieldnames"
        if any(not column.strip() for _, header in looks for column in header):
            name, over = f'{name} or f"unnamed_{{number}}"', "number, name in enumerate(reader.fieldnames)"
        renamed = f"reader.fieldnames = [{name} for {over}]"
        return opened, [f"reader = csv.DictReader(file{more})", renamed, "reader"]

    def _numbered_columns(self, count: int) -> str:
        """The names of columns that the file does not name."""
        if count < SEVERAL:
            return literal([f"c{number}" for number in range(count)])
        made = f'[f"c{{number}}" for number in range({count})]'
        name = "COLUMNS"
        if self.file.constants.setdefault(name, made) != made:
            name = f"{self.facts.suffix.upper()}_COLUMNS"
            self.file.constants[name] = made
        return name

    def numbers(self, columns: Sequence[str]) -> str:
        parse = "float(row[name])"
        if self.rows.missing or self.rows.booleans:
            self.parser()
            parse = "number(row[name])"
        self.file.helpers["numbers"] = [
            "def numbers(rows, columns):",
            '    """Columns of the table as numbers, shape (rows, columns)."""',
            f"    return np.array([[{parse} for name in columns] for row in rows]{self.dtype()})",
        ]
        return f"numbers(rows, {self._listed(columns)})"

    def _listed(self, columns: Sequence[str]) -> str:
        """A list of columns: a variable, where it is long."""
        made = self.facts.columns_text(columns, "rows[0]", self.file)
        name = next((name for name, own in self.facts.inputs.items() if own == list(columns)), "")
        if len(made) < 40 or not name or made.startswith("fnmatch"):
            return made
        variable = "columns" if self.facts.single_input else f"{identifier(name)}_columns"
        self.before.append(f"    {variable} = {made}")
        return variable

    def dtype(self) -> str:
        """Nothing is lost in float32 where no input takes whole numbers, and nothing is left to be filled in."""
        return "" if self.rows.missing or not self.rows.narrow else ', "float32"'

    def parser(self) -> None:
        """Writes the function that parses a number."""
        lines = ["def number(text):", '    """A value of the table as a number."""', "    text = text.strip()"]
        if self.rows.missing:
            lines[1] = '    """A value of the table as a number; NaN where it is missing."""'
            lines += ["    if text in MISSING:", "        return math.nan"]
            self.file.imports.add("math")
        if self.rows.booleans:
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
    """The encoding to open a file with, and what stands in its first line."""
    packed = path.suffix == ".gz"
    with gzip.open(path) if packed else path.open("rb") as stream:
        marked = stream.read(3) == codecs.BOM_UTF8
    encoding = "utf-8-sig" if marked and codecs.lookup(options.encoding).name == "utf-8" else options.encoding
    with (
        gzip.open(path, "rt", encoding=encoding, newline="")
        if packed
        else path.open(encoding=encoding, newline="") as file
    ):
        return encoding, next(csv.reader(file, delimiter=options.delimiter), [])


def _open(path: str, encoding: str, packed: set[bool]) -> str:
    if packed == {True, False}:
        name = "path.name" if path == "path" else "path"
        return f'(gzip.open if {name}.endswith(".gz") else open)({path}, "rt", newline="", encoding="{encoding}")'
    if packed == {True}:
        return f'gzip.open({path}, "rt", newline="", encoding="{encoding}")'
    opened = path if path.isidentifier() else f"({path})"
    return f'{opened}.open(newline="", encoding="{encoding}")'
