"""The code that reads JSON, and rows of SQLite, as lists of dicts whose values have types."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kspec.codegen.data.dataset_info import SEVERAL, DatasetInfo
from kspec.codegen.data.row_tables import RowTable
from kspec.codegen.data.text_files import open_text
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.packed_files import open_packed
from kspec.language.sql_options import SqlOptions

_TYPES = {"integer": (int,), "float": (int, float), "boolean": (bool,), "text": (str,), "array": (list,)}
"""Type of a column → the types of its values in Python."""


class ObjectTable(RowTable):
    """A table of JSON objects, or of the rows that a query returns; None stands for a missing value."""

    def __init__(self, info: DatasetInfo, file: ModuleWriter, folder: Path) -> None:
        super().__init__(info, file, folder)
        self.place = info.path or ("data", info.source)
        self.as_lines = self.has_blank_lines = False
        """Whether each line of a JSON file is a row, and whether some are blank."""
        self.encoding = "utf-8"
        if isinstance(info.setting, SqlOptions) and info.setting.is_server:
            raise UnsupportedInPython("read a database on a server", self.place)
        self.found = self._found()
        self.lines = self.reading_lines()
        self._check_types()
        if self.dropped:
            conditions = [f"{self._value(name)} is not None" for name in self.dropped]
            self.lines += self.dropping_lines(" and ".join(conditions))

    def _found(self) -> list[dict[str, Any]]:
        """The rows of all files, as the code finds them."""
        files, setting = self.info.files(), self.info.setting
        if isinstance(setting, SqlOptions):
            return self._query(setting.query, files[0][0])
        return [row for path, _ in files for row in self._objects(path)]

    def _query(self, query: str, path: Path) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def _objects(self, path: Path) -> list[dict[str, Any]]:
        with open_packed(path.open("rb"), path, self.info.data.limits) as stream:
            data = stream.read()
        self.encoding = {"utf-8": "utf-8", "utf-8-sig": "utf-8-sig"}.get(json.detect_encoding(data), "utf-16")
        content = data.decode(json.detect_encoding(data))
        try:
            if content.lstrip().startswith("["):
                return list(json.loads(content))
            lines = content.split("\n")
            self.as_lines = True
            self.has_blank_lines |= any(not line.strip() for line in lines[:-1])
            return [json.loads(line) for line in lines if line.strip()]
        except ValueError as error:
            raise UnsupportedInPython("read objects that share lines or take several", self.place) from error

    def _check_types(self) -> None:
        """Refuses columns of several types, which kspec reads as text or as numbers."""
        for name in self.info.used_columns(every=True):
            types = _TYPES.get(self.info.column(name).type, ())
            for row in self.found:
                value = _inside(row, name)
                if value is not None and (type(value) not in types or value != value):
                    raise UnsupportedInPython(f"read values of several types in `{name}`", self.place)

    def append_lines(self, indent: str) -> list[str]:
        opened, rows = self._opened("HERE / path")
        return [f"{indent}with {opened} as file:", f"{indent}    rows += {rows}"]

    def read_lines(self, path: str) -> list[str]:
        if isinstance(self.info.setting, SqlOptions):
            self.file.imports |= {"contextlib", "sqlite3"}
            self.file.constants["QUERY"] = text(_in_a_line(self.info.setting.query))
            return [
                f"    with contextlib.closing(sqlite3.connect({path})) as connection:",
                "        connection.row_factory = sqlite3.Row",
                "        rows = connection.execute(QUERY).fetchall()",
            ]
        opened, rows = self._opened(path)
        return [f"    with {opened} as file:", f"        rows = {rows}"]

    def _opened(self, path: str) -> tuple[str, str]:
        """The expression that opens a file, and its rows, in Python.

        Args:
            path: The path in Python.
        """
        self.file.imports.add("json")
        files = [file for file, _ in self.info.files()]
        opened = open_text(path, files, f"encoding={text(self.encoding)}", self.file, self.place)
        if not self.as_lines:
            return opened, "json.load(file)"
        return opened, f"[json.loads(line) for line in file{' if line.strip()' if self.has_blank_lines else ''}]"

    def _value(self, column: str) -> str:
        """The value of a column in the variable `row`."""
        keys = [column]
        if column not in self.found[0] and any(column not in row for row in self.found):
            keys = column.split(".")
        places, code = list[Any](self.found), "row"
        for key in keys[:-1]:
            if any(key not in place for place in places):
                raise UnsupportedInPython(f"read `{column}`, which some rows do not have", self.place)
            places, code = [place[key] for place in places], f"{code}[{text(key)}]"
        is_everywhere = all(keys[-1] in place for place in places)
        return f"{code}[{text(keys[-1])}]" if is_everywhere else f"{code}.get({text(keys[-1])})"

    def numbers(self, columns: Sequence[str]) -> str:
        shapes = [self.info.column(name).shape for name in columns]
        if len(columns) == 1 and shapes[0]:
            return self.raw(columns[0])
        if any(len(shape) > 1 for shape in shapes):
            return f"np.column_stack([{', '.join(map(self.raw, columns))}])"
        return f"np.array([{self._list(columns)} for row in rows]{self._number_type(columns)})"

    def _list(self, columns: Sequence[str]) -> str:
        """The values of several columns in the variable `row`, as a list in Python."""
        are_lists = [bool(self.info.column(name).shape) for name in columns]
        values = [f"{'*' * is_list}{self._value(name)}" for name, is_list in zip(columns, are_lists, strict=True)]
        if len(columns) >= SEVERAL and values == [f"row[{text(name)}]" for name in columns]:
            return f"[row[name] for name in {self.info.columns_code(columns, 'rows[0].keys()', self.file)}]"
        return f"[{', '.join(values)}]"

    def _number_type(self, columns: Sequence[str]) -> str:
        return ", float" if any(self.info.column(name).missing for name in columns) else ""

    def raw(self, column: str) -> str:
        is_float = self.info.column(column).type == "float"
        mixed = is_float and any(type(_inside(row, column)) is int for row in self.found)
        return f"np.array([{self._value(column)} for row in rows]{', float' if mixed else ''})"

    def each_text(self, column: str, result: str = "{}") -> str:
        return f"[{result.format(self._text(column))} for row in rows]"

    def texts(self, columns: Sequence[str]) -> str:
        return f"np.array([[{', '.join(map(self._text, columns))}] for row in rows])"

    def _text(self, column: str) -> str:
        kind, value = self.info.column(column).type, self._value(column)
        texts = {"integer": f"str({value})", "float": f"str(float({value}))", "boolean": f"str({value}).lower()"}
        return texts.get(kind, value)

    def objects(self, columns: Sequence[str]) -> str:
        if any(self.info.column(name).type == "boolean" for name in columns):
            raise UnsupportedInPython("read booleans with gaps as text", self.place)
        return f"np.array([{self._list(columns)} for row in rows], object)"

    def natural_shape(self, columns: Sequence[str]) -> tuple[int, ...]:
        shape = self.info.column(columns[0]).shape
        return shape if len(columns) == 1 and shape else super().natural_shape(columns)


def _inside(row: Any, column: str) -> Any:
    """The value of a column, also of one in an object within the row; None without one."""
    if column in row:
        return row[column]
    for key in column.split("."):
        row = row.get(key) if isinstance(row, dict) else None
    return row


def _in_a_line(query: str) -> str:
    """A query in one line, unless that could change it."""
    lines = query.strip().splitlines()
    is_plain = not any("--" in line or line.count("'") % 2 or line.count('"') % 2 for line in lines)
    return " ".join(line.strip() for line in lines) if is_plain else query
