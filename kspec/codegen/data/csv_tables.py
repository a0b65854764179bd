"""The code that reads CSV files into dictionaries, by Python's module csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.data.csv_dialect import CsvDialect, CsvFile
from kspec.codegen.data.dataset_info import SEVERAL, DatasetInfo
from kspec.codegen.data.policies import policy, row_dropping_columns
from kspec.codegen.data.row_tables import RowTable
from kspec.codegen.data.text_files import open_text
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.type_inference import MISSING_WORDS


@dataclass(slots=True)
class CsvTraits:
    """Traits of all CSV data sets of the exported file together.

    Args:
        missing: Whether values may be missing.
        booleans: Whether some columns have the values true and false.
        narrow: Whether all inputs are float32 or text.
        shared: Whether there are several data sets.
        dialects: By the suffix of a data set, how its files are read.
        readers: Body of a function that reads a file → its name.
    """

    missing: bool
    booleans: bool
    narrow: bool
    shared: bool
    dialects: dict[str, CsvDialect]
    readers: dict[str, str] = field(default_factory=dict)


def common_traits(datasets: Sequence[DatasetInfo]) -> CsvTraits:
    """The traits of CSV data sets."""
    columns = [info.column(name) for info in datasets for name in info.used_columns()]
    inputs = [settings for info in datasets for settings in info.spec.document.inputs.values()]
    return CsvTraits(
        missing=any(column.missing for column in columns) or any(map(row_dropping_columns, datasets)),
        booleans=any(column.type == "boolean" for column in columns),
        narrow=all(settings.dtype in ("float32", "string") for settings in inputs),
        shared=len(datasets) > 1,
        dialects={info.suffix: CsvDialect(info, [file for file, _ in info.files()]) for info in datasets},
    )


class CsvTable(RowTable):
    """A table whose rows are dictionaries."""

    def __init__(self, info: DatasetInfo, file: ModuleWriter, folder: Path, traits: CsvTraits) -> None:
        super().__init__(info, file, folder)
        self.traits = traits
        self.dialect = traits.dialects[info.suffix]
        file.imports.add("csv")
        self.lines = self.reading_lines()
        self.strip = ".strip()" if self.dialect.strips else ""
        """What removes the blanks around texts, if there are some."""
        if traits.missing:
            self._write_missing()
            self._reject_quoted_words()
        if self.dropped:
            condition = f"row[{text(self.dropped[0])}].strip() not in MISSING"
            if len(self.dropped) > 1:
                condition = f"all(row[name].strip() not in MISSING for name in {literal(self.dropped)})"
            self.lines += self.dropping_lines(condition)

    def _write_missing(self) -> None:
        """Writes the texts that stand for missing values, and empties those that do so in some columns alone."""
        dialects, marks = self.traits.dialects.values(), dict[str, list[str]]()
        for dialect in dialects:
            for name in dialect.used:
                marks[name] = list(dict.fromkeys([*marks.get(name, ()), *dialect.marks(name)]))
        if not isinstance(self.info.csv.missing, dict):
            everywhere = dict.fromkeys(mark for own in marks.values() for mark in own)
            self.file.constants["MISSING"] = literal([*MISSING_WORDS, *everywhere])
            return
        self.file.constants["MISSING"] = literal(MISSING_WORDS)
        self.file.constants["MARKS"] = literal({name: own for name, own in sorted(marks.items()) if own})
        value = 'row.get(name, "")' if self.traits.shared else "row[name]"  # other data may lack the targets
        self.lines += [
            "    for row in rows:",
            "        for name, marks in MARKS.items():",
            f"            if {value}.strip() in marks:",
            '                row[name] = ""',
        ]

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

    def append_lines(self, indent: str) -> list[str]:
        """The lines, inside a loop over paths, that append the rows of a file."""
        opened, reader = self._reader("HERE / path")
        if self.traits.shared or len(reader) > 1:
            return [f"{indent}rows += {self._function()}(HERE / path)"]
        return [f"{indent}with {opened} as file:", f"{indent}    rows += {reader[0]}"]

    def read_lines(self, path: str) -> list[str]:
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
        dialect, used = self.dialect, set(self.info.used_columns(every=True))
        options = f'newline="", encoding={text(dialect.encoding)}'
        opened = open_text(path, [file.path for file in dialect.files], options, self.file, dialect.place)
        has_names = all(file.header_lines and used <= set(file.header) for file in dialect.files)
        given = any(file.names_differ for file in dialect.files)
        names = f", {self._names(dialect.files)}" if given else ""
        lines, read = self._lines_for_module(given=given)
        arguments = "".join(
            f", {name}={'csv.QUOTE_NONE' if name == 'quoting' else literal(value)}"
            for name, value in dialect.arguments.items()
        )
        reader = f"csv.DictReader({read}{names}{arguments})"
        if has_names or given:
            return opened, [*lines, reader]
        name, over = "name.strip()", "name in reader.fieldnames"
        if any(not column.strip() for file in dialect.files for column in file.header):
            name, over = f'{name} or f"unnamed_{{number}}"', "number, name in enumerate(reader.fieldnames)"
        return opened, [*lines, f"reader = {reader}", f"reader.fieldnames = [{name} for {over}]", "reader"]

    def _lines_for_module(self, *, given: bool) -> tuple[list[str], str]:
        """The statements that prepare the lines of a file, and the lines in Python.

        Args:
            given: Whether the code gives the names of the columns, so that it leaves out the header.
        """
        dialect, lines, read = self.dialect, list[str](), "file"
        mark = dialect.options.comment
        skipped = {file.above + file.header_lines for file in dialect.files}
        if not given:
            skipped = {dialect.options.skip_rows} if mark is not None else {file.above for file in dialect.files}
        if len(skipped) > 1:
            raise UnsupportedInPython("read files whose tables begin at different lines", dialect.place)
        if skipped == {1}:
            lines.append("next(file)" + ("  # the names of the columns" if given and dialect.options.header else ""))
        elif skipped != {0}:
            self.file.imports.add("itertools")
            read = f"itertools.islice(file, {skipped.pop()}, None)"
        is_spaced, cuts = dialect.is_spaced, dialect.must_cut_comments
        if is_spaced or mark is not None:
            line = f"line.partition({text(mark)})[0]" if mark is not None and cuts else "line"
            line += '.replace("\\t", " ")' if dialect.has_tabs else ""
            line += ".strip()" if is_spaced else ""
            condition = f" if not line.startswith({text(mark)})" if mark is not None and not cuts else ""
            lines.append(f"lines = ({line} for line in {read}{condition})")
            read = f"filter({'None' if is_spaced else 'str.strip'}, lines)" if cuts else "lines"
        return lines, read

    def _names(self, files: Sequence[CsvFile]) -> str:
        """The names of the columns of a file in Python, where the file does not have them."""
        names = files[0].names
        if any(file.names != names for file in files):
            raise UnsupportedInPython("read files with different columns", self.dialect.place)
        if len(names) < SEVERAL:
            return literal(names)
        value = literal(names)
        if names == [f"c{number}" for number in range(len(names))]:
            value = f'[f"c{{number}}" for number in range({len(names)})]'
        constant = "COLUMNS"
        if self.file.constants.setdefault(constant, value) != value:
            constant = f"{self.info.suffix.upper()}_COLUMNS"
            self.file.constants[constant] = value
        return constant

    def numbers(self, columns: Sequence[str]) -> str:
        parse = f"float({self._plain('row[name]')})"
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
        self.file.helpers["number"] = [*lines, f"    return float({self._plain('text')})"]

    def _plain(self, number: str) -> str:
        """A number as Python writes it, in Python."""
        options = self.dialect.options
        number += f'.replace({text(options.thousands)}, "")' if options.thousands else ""
        return number + ('.replace(",", ".")' if options.decimal == "," else "")

    def raw(self, column: str) -> str:
        kind, key = self.info.column(column).type, text(column)
        parsers = {
            "integer": f"int({self._plain(f'row[{key}]')})",
            "float": f"float({self._plain(f'row[{key}]')})",
            "boolean": f'row[{key}].strip().lower() == "true"',
        }
        return f"np.array([{parsers.get(kind, f'row[{key}]{self.strip}')} for row in rows])"

    def each_text(self, column: str, result: str = "{}") -> str:
        return f"[{result.format(f'row[{text(column)}]{self.strip}')} for row in rows]"

    def texts(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return f"np.array([[row[{text(columns[0])}]{self.strip}] for row in rows])"
        names = self.info.columns_code(columns, "row", self.file)
        return f"np.array([[row[name]{self.strip} for name in {names}] for row in rows])"
