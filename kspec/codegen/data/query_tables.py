"""The code that computes new columns and leaves out rows by DuckDB, from CSV, Parquet and Arrow files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from kspec.codegen.data.column_tables import ColumnTable
from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.source_table import source_table, training_table
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.line_breaking import WIDTH
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.expressions.duckdb_engine import Engine
from kspec.data.expressions.engine_columns import arrow_column, engine_type
from kspec.data.expressions.syntax import check_expression, quoted
from kspec.data.table import Column
from kspec.data.type_inference import MISSING_WORDS
from kspec.language.csv_options import WHITESPACE, CsvOptions

ROW = "row_number"
"""The column of the script with the number of each row of the file."""
_SOURCES = ("csv", "parquet", "arrow")
_PLAIN = ("BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR")
"""The engine's types that a new column keeps when other expressions read it."""
_EXACT = {"BIGINT": "int64", "DOUBLE": "double", "BOOLEAN": "bool", "VARCHAR": "string", "DATE": "date32[day]"}
"""The engine's type → the type of Arrow that the exported code must have for it."""
_DISTINCT = '''\
def first_rows(table):
    """The rows of a table that differ from all rows before them."""
    first = {}
    for number, row in enumerate(zip(*table.to_pydict().values(), strict=True)):
        first.setdefault(row, number)
    return list(first.values())'''


class QueryTable(ColumnTable):
    """A table of Arrow that DuckDB has made of another one."""

    def __init__(self, info: DatasetInfo, file: ModuleWriter, folder: Path) -> None:
        data = info.data
        self.key = next(key for key in ("columns", "where", "distinct") if getattr(data, key))
        self.place = ("data", self.key)
        if info.source not in _SOURCES:
            raise UnsupportedInPython(f"compute columns or filter rows of `{info.source}` data", self.place)
        if info.suffix or len(info.datasets) > 1 or info.has_split_files:
            action = "compute columns or filter rows where steps or splits have their own data"
            raise UnsupportedInPython(action, self.place)
        super().__init__(info, file, folder)

    def _arrow_reader(self) -> str:
        return "" if self.info.source == "csv" else super()._arrow_reader()

    def _read_lines(self) -> list[str]:
        data, file = self.info.data, self.file
        self.source, self.context = source_table(self.info)
        if self.info.source == "csv":
            file.imports |= {"duckdb"}
            lines = self._csv_lines()
        else:
            lines = super()._read_lines()
            self.arrow = self.whole_table()
        self._check_columns()
        counts = self.info.predicted and bool(data.where or data.distinct)
        if counts:
            file.imports.add("numpy as np")
            lines.append(f"    table = table.append_column({text(ROW)}, [np.arange(1, len(table) + 1)])")
        if data.columns or data.where:
            file.imports.add("duckdb")
            lines = [re.sub(r"\btable\b", "source", line) for line in lines]
            lines += self._query_lines()
        if data.distinct:
            self._check_distinct()
            file.helpers["first_rows"] = _DISTINCT.splitlines()
            own = f".select({literal(self.arrow.column_names)})" if data.columns or counts else ""
            lines.append(f"    table = table.take(first_rows(table{own}))")
        return lines

    @property
    def row_numbers(self) -> str:
        filters = self.info.data.where or self.info.data.distinct
        return f"table[{text(ROW)}].to_numpy()" if filters else super().row_numbers

    def _csv_lines(self) -> list[str]:
        """The lines that read text tables by DuckDB."""
        import duckdb

        options, arguments = self.info.csv, dict[str, Any]()
        plain = {"sep": options.delimiter, "quotechar": options.quote or "", "decimal": options.decimal}
        defaults = {"sep": ",", "quotechar": '"', "decimal": "."}
        arguments |= {name: value for name, value in plain.items() if value != defaults[name]}
        arguments |= {"skiprows": options.skip_rows} if options.skip_rows else {}
        arguments |= {"thousands": options.thousands} if options.thousands else {}
        arguments |= {"comment": options.comment} if options.comment else {}
        arguments |= {"encoding": options.encoding} if options.encoding != CsvOptions(path="-").encoding else {}
        if not options.header:
            names = options.names or list(self.source.columns)
            arguments |= {"header": False, "names": names}
        marks = options.missing if isinstance(options.missing, list) else []
        if any(column.missing.any() for column in self.source.columns.values()):
            arguments["na_values"] = [*MISSING_WORDS, *map(str, marks)]
        if options.delimiter == WHITESPACE or isinstance(options.missing, dict):
            raise UnsupportedInPython("compute columns of a table with these options of `csv`", self.place)
        paths = [str(path) for path, _ in self.info.files()]
        for sampled in ({}, {"sample_size": -1}):
            try:
                with duckdb.connect() as connection:
                    self.arrow = connection.read_csv(paths, **arguments, **sampled).to_arrow_table()
            except duckdb.Error:
                continue
            if self._is_same():
                break
        else:
            raise UnsupportedInPython("read this table by DuckDB, which finds other values in it", self.place)
        if "na_values" in arguments:
            self.file.constants["MISSING"] = literal(arguments["na_values"])
        codes = {name: "MISSING" if name == "na_values" else literal(value) for name, value in arguments.items()}
        more = "".join(f", {name}={code}" for name, code in {**codes, **sampled}.items())
        path = f"str({self.constant()})"
        if len(paths) > 1:
            path = f"[str(HERE / path) for path in {self.paths()}]"
        return [f"    table = duckdb.read_csv({path}{more}).to_arrow_table()"]

    def _is_same(self) -> bool:
        """Whether DuckDB has read the columns of the source with the same values."""
        names = [name for name in self.info.used_columns(every=True) if name in self.source.columns]
        names += [name for name in self._read_columns() if name not in names]
        names = list(self.source.columns) if self.info.data.distinct else names
        return set(names) <= set(self.arrow.column_names) and all(
            _is_equal(self.arrow.column(name), self.source.columns[name]) for name in names
        )

    def _read_columns(self) -> list[str]:
        """The columns of the file that expressions read; finds the types of the new ones."""
        import pyarrow as pa

        data, known, read = self.info.data, list(self.source.columns), dict[str, None]()
        self.types: dict[str, str] = {}
        derived, _ = training_table(self.info)
        with Engine(self.context.limits.memory) as engine:
            for name, code in {**data.columns, **({"": data.where} if data.where else {})}.items():
                if "--" in code or "/*" in code:
                    raise UnsupportedInPython("copy comments of expressions", self.place)
                path = (*self.place, name) if name else ("data", "where")
                found = check_expression(code, path, engine, self.context, [*known, *self.types])
                assert found is not None
                own = [column for column in found.columns if column not in self.types]
                if any(self.types[column] not in _PLAIN for column in found.columns if column not in own):
                    raise UnsupportedInPython("compute with new columns that are dates or decimal numbers", path)
                read |= dict.fromkeys(own)
                if name:
                    new = {
                        column: arrow_column(derived.columns[column]) for column in found.columns if column not in own
                    }
                    taken = {column: arrow_column(self.source.columns[column]) for column in own}
                    empty = {column: array.slice(0, 0) for column, array in {**taken, **new}.items()}
                    rows = pa.table({**empty, "kspec_row": pa.nulls(0, pa.bool_())})
                    self.types[name] = engine.type_of(code, rows, {})
        return list(read)

    def _check_columns(self) -> None:
        """Refuses columns whose types in DuckDB are not those that kspec computes with."""
        for name in self._read_columns():
            kind = engine_type(arrow_column(self.source.columns[name]))
            found = str(self.arrow.schema.field(name).type)
            if not (found == _EXACT.get(kind) or (kind == "TIMESTAMP" and found == "timestamp[us]")):
                raise UnsupportedInPython(f"compute with `{name}`, whose type is {found}", self.place)
        self.kinds = {name: str(self.arrow.schema.field(name).type) for name in self.arrow.column_names}
        for name, kind in self.types.items():
            base = kind.partition("(")[0]
            if base.startswith("TIME") or (base == "HUGEINT" and name in self.info.used_columns(every=True)):
                raise UnsupportedInPython(f"use `{name}`, whose type is {kind}", ("data", "columns", name))
            self.kinds[name] = {"DECIMAL": "decimal", "VARCHAR": "string"}.get(base, "")

    def _query_lines(self) -> list[str]:
        """The lines that run the query."""
        data = self.info.data
        new = [f"{' '.join(code.split())} as {quoted(name)}" for name, code in data.columns.items()]
        clauses = ["select *", "from source"]
        if new:
            clauses = ["select", "    *,", *(f"    {each}," for each in new[:-1]), f"    {new[-1]}", "from source"]
        clauses += [f"where {' '.join(data.where.split())}"] if data.where else []
        is_plain = all(code.isprintable() and '"""' not in code and "\\" not in code for code in clauses)
        if not is_plain or any(len(code) + 8 > WIDTH for code in clauses):
            return [f"    table = duckdb.sql({text(' '.join(code.strip() for code in clauses))}).to_arrow_table()"]
        return [
            "    table = duckdb.sql(",
            '        """',
            *(f"        {code}" for code in clauses),
            '        """',
            "    ).to_arrow_table()",
        ]

    def _check_distinct(self) -> None:
        """Refuses rows that Python finds equal or different otherwise than kspec."""
        rows = list(zip(*self.arrow.to_pydict().values(), strict=True))
        columns = list(self.source.columns.values())
        codes = [np.unique(column.texts().astype(str), return_inverse=True)[1] for column in columns]
        known = list(zip(*codes, *[column.missing for column in columns], strict=True))
        try:
            is_same = len(set(rows)) == len(set(known))
        except TypeError:
            is_same = False
        if not is_same:
            raise UnsupportedInPython("find repeated rows", ("data", "distinct"))


def _is_equal(values: Any, column: Column) -> bool:
    """Whether a column of Arrow is one of kspec, text for text where it is text."""
    missing = values.is_null(nan_is_null=True).to_numpy()
    if not np.array_equal(missing, column.missing):
        return False
    kinds = {"integer": "int64", "float": "double", "boolean": "bool"}
    if column.kind in kinds:
        same_type = str(values.type) == kinds[column.kind]
        return same_type and np.array_equal(values.to_numpy()[~missing], column.values[~missing])
    if column.kind != "text":
        return False
    texts = values.cast("string").to_numpy()
    return np.array_equal(texts[~missing].astype(str), column.values[~missing].astype(str))
