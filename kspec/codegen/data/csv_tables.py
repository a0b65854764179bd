"""The code that reads CSV files into dictionaries, by Python's module csv."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.data.dataset_info import SEVERAL, DatasetInfo
from kspec.codegen.data.imputation import policy
from kspec.codegen.data.tables import Table
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.type_inference import MISSING_WORDS
from kspec.language.csv_options import WHITESPACE, CsvOptions


@dataclass(slots=True)
class CsvTraits:
    """Traits of all CSV data sets of the exported file together.

    Args:
        missing: Whether values may be missing.
        booleans: Whether some columns have the values true and false.
        narrow: Whether all inputs are float32 or text.
        shared: Whether there are several data sets.
        readers: Body of a function that reads a file → its name.
    """

    missing: bool
    booleans: bool
    narrow: bool
    shared: bool
    readers: dict[str, str] = field(default_factory=dict)


def common_traits(datasets: Sequence[DatasetInfo]) -> CsvTraits:
    """The traits of CSV data sets."""
    columns = [info.column(name) for info in datasets for name in info.used_columns()]
    inputs = [settings for info in datasets for settings in info.spec.document.inputs.values()]
    return CsvTraits(
        missing=any(column.missing for column in columns),
        booleans=any(column.type == "boolean" for column in columns),
        narrow=all(settings.dtype in ("float32", "string") for settings in inputs),
        shared=len(datasets) > 1,
    )


class CsvTable(Table):
    """A table whose rows are dictionaries."""

    def __init__(self, info: DatasetInfo, file: ModuleWriter, folder: Path, traits: CsvTraits) -> None:
        super().__init__(info, file, folder)
        self.traits = traits
        self._reject_options()
        file.imports.add("csv")
        if len(self.files) == 1:
            self.lines = self._read_lines(self.constant())
        elif self.files[0][1]:
            self.lines = self._by_split()
        else:
            paths = self.paths()
            self.lines = ["    rows = []", f"    for path in {paths}:", *self._append_lines("        ")]
        self.strip = ".strip()" if self._has_blanks() else ""
        """What removes the blanks around texts, if there are some."""
        if traits.missing:
            file.constants["MISSING"] = literal(MISSING_WORDS)
            self._reject_quoted_words()
        if self.dropped:
            condition = f"row[{text(self.dropped[0])}].strip() not in MISSING"
            if len(self.dropped) > 1:
                condition = f"all(row[name].strip() not in MISSING for name in {literal(self.dropped)})"
            self.lines += [
                f"    complete = np.array([{condition} for row in rows])",
                "    rows = [row for row, keep in zip(rows, complete, strict=True) if keep]",
            ]
            if info.has_split_files:
                self.lines += ["    split = np.array(split)", *self.after_dropping()]

    @property
    def variable(self) -> str:
        return "rows"

    def _reject_options(self) -> None:
        """Rejects options that the module csv does not have."""
        known = {"path", "delimiter", "encoding", "header"}
        if self.info.csv.delimiter == WHITESPACE:
            known -= {"delimiter"}
        defaults = CsvOptions(path="-")
        for key in sorted(self.info.csv.model_fields_set - known):
            if getattr(self.info.csv, key) == getattr(defaults, key):
                continue
            self.info.report_unsupported(f"read a table with `{key}`", ("data", "csv", key))

    def _has_blanks(self) -> bool:
        """Whether texts have blanks around them; rejects those of which some may be quoted, which the reader keeps."""
        names = [name for name in self.info.used_columns() if self.info.column(name).type == "text"]
        options, has_blanks, has_quotes = self.info.csv, False, False
        for path, _ in self.info.files() if names and options.delimiter != WHITESPACE else ():
            encoding, _ = _encoding_and_header(path, options)
            with (
                gzip.open(path, "rt", encoding=encoding)
                if path.suffix == ".gz"
                else path.open(encoding=encoding) as file
            ):
                for line in file:
                    has_quotes |= '"' in line
                    values = line.rstrip("\r\n").split(options.delimiter)
                    has_blanks |= any(value != value.strip() for value in values)
        if has_blanks and has_quotes:
            self.info.report_unsupported(
                "distinguish blanks in quotes from blanks around values",
                self.info.path or ("data", "csv"),
                help="remove the blanks beside the delimiters from the file",
            )
        return has_blanks

    def _reject_quoted_words(self) -> None:
        """Rejects a quoted `"NA"` in a column with missing values: the module csv does not report quotes."""
        for name in self.info.used_columns():
            column = self.info.column(name)
            words = [word for word in MISSING_WORDS if word in column.classes] if column.type == "text" else []
            if words and policy(self.info, name) is not None:
                place = self.info.path or ("data", "missing")
                self.info.report_unsupported(
                    f"distinguish the text {text(words[0])} in `{name}` from a missing value",
                    place,
                    help="replace that text in the table, or store the table as Parquet",
                )

    def _by_split(self) -> list[str]:
        """The lines that read the files of each split, and keep the split of each row."""
        self.file.uses_here = True
        by_split: dict[str, list[str]] = {}
        for name, split in self.files:
            by_split.setdefault(split, []).append(name)
        lines = ["    rows, split = [], []"]
        if all(len(names) == 1 for names in by_split.values()):
            pairs = literal({split: names[0] for split, names in by_split.items()})
            lines += [f"    for name, path in {pairs}.items():", *self._append_lines("        ")]
        else:
            lines += [f"    for name, paths in {literal(by_split)}.items():", "        for path in paths:"]
            lines += self._append_lines("            ")
        return [*lines, "        split += [name] * (len(rows) - len(split))"]

    def _append_lines(self, indent: str) -> list[str]:
        """The lines, inside a loop over paths, that append the rows of a file."""
        opened, reader = self._reader("HERE / path")
        if self.traits.shared or len(reader) > 1:
            return [f"{indent}rows += {self._function()}(HERE / path)"]
        return [f"{indent}with {opened} as file:", f"{indent}    rows += {reader[0]}"]

    def _read_lines(self, path: str) -> list[str]:
        """The lines that read the only file."""
        opened, reader = self._reader(path)
        if self.traits.shared:
            return [f"    rows = {self._function()}({path})"]
        return [
            f"    with {opened} as file:",
            *(f"        {line}" for line in reader[:-1]),
            f"        rows = list({reader[-1]})",
        ]

    def _function(self) -> str:
        """Writes the function that reads a file, unless another table has the same one; returns its name."""
        opened, reader = self._reader("path")
        body = [
            f"    with {opened} as file:",
            *(f"        {line}" for line in reader[:-1]),
            f"        return list({reader[-1]})",
        ]
        name = f"read_{self.info.suffix}_rows" if self.traits.readers else "read_rows"
        name = self.traits.readers.setdefault("\n".join(body), name)
        docstring = '    """Reads the rows of a CSV file, each a dict by column."""'
        self.file.helpers[name] = [f"def {name}(path):", docstring, *body]
        return name

    def _reader(self, path: str) -> tuple[str, list[str]]:
        """The call that opens a file, and the lines that create its reader; the last line is the reader itself."""
        options = self.info.csv
        headers = [_encoding_and_header(file, options) for file, _ in self.info.files()]
        encoding = next((actual for actual, _ in headers if actual != options.encoding), options.encoding)
        gzipped = {name.endswith(".gz") for name, _ in self.files}
        if True in gzipped:
            self.file.imports.add("gzip")
        opened = _open(path, encoding, gzipped)
        delimiter = "" if options.delimiter == "," else f", delimiter={text(options.delimiter)}"
        if not options.header:
            return opened, [f"csv.DictReader(file, {self._numbered_columns(len(headers[0][1]))}{delimiter})"]
        if all(set(self.info.used_columns(every=True)) <= set(header) for _, header in headers):
            return opened, [f"csv.DictReader(file{delimiter})"]
        name, over = "name.strip()", "name in reader.fieldnames"
        if any(not column.strip() for _, header in headers for column in header):
            name, over = f'{name} or f"unnamed_{{number}}"', "number, name in enumerate(reader.fieldnames)"
        renamed = f"reader.fieldnames = [{name} for {over}]"
        return opened, [f"reader = csv.DictReader(file{delimiter})", renamed, "reader"]

    def _numbered_columns(self, count: int) -> str:
        """The names of columns in a file without a header."""
        if count < SEVERAL:
            return literal([f"c{number}" for number in range(count)])
        names = f'[f"c{{number}}" for number in range({count})]'
        constant = "COLUMNS"
        if self.file.constants.setdefault(constant, names) != names:
            constant = f"{self.info.suffix.upper()}_COLUMNS"
            self.file.constants[constant] = names
        return constant

    def numbers(self, columns: Sequence[str]) -> str:
        parse = "float(row[name])"
        if self.traits.missing or self.traits.booleans:
            self.write_number()
            parse = "number(row[name])"
        self.file.helpers["numbers"] = [
            "def numbers(rows, columns):",
            '    """Columns of the table as numbers, shape (rows, columns)."""',
            f"    return np.array([[{parse} for name in columns] for row in rows]{self.dtype()})",
        ]
        return f"numbers(rows, {self._columns(columns)})"

    def _columns(self, columns: Sequence[str]) -> str:
        """A list of columns in Python; a long one becomes a variable."""
        code = self.info.columns_code(columns, "rows[0]", self.file)
        name = next((name for name, own in self.info.inputs.items() if own == list(columns)), "")
        if len(code) < 40 or not name or code.startswith("fnmatch"):
            return code
        variable = "columns" if self.info.single_input else self.info.variables.of(name, "columns")
        self.before.append(f"    {variable} = {code}")
        return variable

    def dtype(self) -> str:
        """The dtype argument for numbers: float32 loses nothing if no input takes integers and no value is missing."""
        return "" if self.traits.missing or not self.traits.narrow else ', "float32"'

    def write_number(self) -> None:
        """Writes the function `number`, which parses a number."""
        lines = ["def number(text):", '    """A value of the table as a number."""', "    text = text.strip()"]
        if self.traits.missing:
            lines[1] = '    """A value of the table as a number; NaN if it is missing."""'
            lines += ["    if text in MISSING:", "        return math.nan"]
            self.file.imports.add("math")
        if self.traits.booleans:
            lines += ['    if text.lower() in ("true", "false"):', '        return float(text.lower() == "true")']
        self.file.helpers["number"] = [*lines, "    return float(text)"]

    def raw(self, column: str) -> str:
        kind, key = self.info.column(column).type, text(column)
        parsers = {
            "integer": f"int(row[{key}])",
            "float": f"float(row[{key}])",
            "boolean": f'row[{key}].strip().lower() == "true"',
        }
        return f"np.array([{parsers.get(kind, f'row[{key}]{self.strip}')} for row in rows])"

    def texts(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return f"np.array([[row[{text(columns[0])}]{self.strip}] for row in rows])"
        names = self.info.columns_code(columns, "row", self.file)
        return f"np.array([[row[name]{self.strip} for name in {names}] for row in rows])"


def _encoding_and_header(path: Path, options: CsvOptions) -> tuple[str, list[str]]:
    """The encoding to open a file with, and the values of its first line."""
    is_gzipped = path.suffix == ".gz"
    with gzip.open(path) if is_gzipped else path.open("rb") as stream:
        has_bom = stream.read(3) == codecs.BOM_UTF8
    encoding = codecs.lookup(options.encoding).name
    encoding = "utf-8-sig" if has_bom and encoding == "utf-8" else encoding
    with (
        gzip.open(path, "rt", encoding=encoding, newline="")
        if is_gzipped
        else path.open(encoding=encoding, newline="") as file
    ):
        return encoding, next(
            csv.reader(file, delimiter=" " if options.delimiter == WHITESPACE else options.delimiter), []
        )


def _open(path: str, encoding: str, gzipped: set[bool]) -> str:
    """The call that opens a file.

    Args:
        path: The path in Python.
        encoding: The encoding.
        gzipped: Whether the files are gzipped: one value, or both.
    """
    if gzipped == {True, False}:
        name = "path.name" if path == "path" else "path"
        return f'(gzip.open if {name}.endswith(".gz") else open)({path}, "rt", newline="", encoding={text(encoding)})'
    if gzipped == {True}:
        return f'gzip.open({path}, "rt", newline="", encoding={text(encoding)})'
    opened = path if path.isidentifier() else f"({path})"
    return f'{opened}.open(newline="", encoding={text(encoding)})'
