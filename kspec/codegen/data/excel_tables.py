"""The code that reads a sheet of a workbook as a list of dicts, by python-calamine."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from kspec.codegen.data.object_tables import ObjectTable
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text
from kspec.language.excel_options import ExcelOptions

_DATES = {
    datetime.date: "{}.isoformat()",
    datetime.datetime: '{}.isoformat(" ")',
    datetime.time: "{}.isoformat()",
    str: "{}.strip()",
}
"""Type of a cell → its text in Python, as a CSV file has it."""
_CELLS = {"integer": (int, float), "float": (int, float), "boolean": (bool,), "text": tuple(_DATES)}
"""Type of a column → the types of its cells."""


class ExcelTable(ObjectTable):
    """A table of the rows of a sheet; its cells are numbers, texts, dates and booleans, None where they are empty."""

    def _found(self) -> list[dict[str, Any]]:
        import python_calamine as calamine

        rows: list[dict[str, Any]] = []
        self.sheet, self.starts, self.has_gaps, self.has_blanks = "", set[int](), False, False
        for path, _ in self.info.files():
            book = calamine.CalamineWorkbook.from_path(path)
            shown = [each.name for each in book.sheets_metadata if str(each.visible).endswith(".Visible")]
            setting = self.info.setting
            self.sheet = (setting.sheet if isinstance(setting, ExcelOptions) else None) or shown[0]
            cells = book.get_sheet_by_name(self.sheet).to_python()
            filled = [row for row in cells if any(cell != "" for cell in row)]
            self.has_blanks |= len(filled) < len(cells)
            start = next((number for number, row in enumerate(filled) if sum(cell != "" for cell in row) > 1), 0)
            self.starts.add(start)
            header, *below = filled[start:]
            self.has_gaps |= any(cell == "" for row in below for cell in row)
            if any(name != str(name).strip() for name in header):
                raise UnsupportedInPython("read a sheet whose header has blanks around names", self.place)
            for row in below:
                pairs = zip(header, row, strict=True)
                rows.append({str(name): None if cell == "" else cell for name, cell in pairs})
        if len(self.starts) > 1:
            raise UnsupportedInPython("read sheets whose tables begin at different lines", self.place)
        return rows

    def _check_types(self) -> None:
        """Refuses columns whose cells kspec reads as something else, such as numbers among texts."""
        for name in self.info.used_columns(every=True):
            column = self.info.column(name)
            types = _CELLS.get(column.type, ())
            cells = [row[name] for row in self.found if row.get(name) is not None]
            kinds = {type(cell) for cell in cells}
            if not kinds <= set(types) or (column.type == "text" and len(kinds) > 1):
                raise UnsupportedInPython(f"read cells of several types in `{name}`", self.place)
            if len(self.found) - len(cells) != column.missing:
                raise UnsupportedInPython(f"read words for missing values in `{name}`", self.place)

    def append_lines(self, indent: str) -> list[str]:
        self._write()
        return [f"{indent}rows += read_sheet(HERE / path)"]

    def read_lines(self, path: str) -> list[str]:
        self._write()
        return [f"    rows = read_sheet({path})"]

    def _write(self) -> None:
        """Writes the function that reads a sheet."""
        self.file.imports.add("python_calamine as calamine")
        cells = f"book.get_sheet_by_name({text(self.sheet)}).to_python()"
        start = self.starts.copy().pop()
        lines = [f"    header, *cells = {cells}"]
        if self.has_blanks or start:
            blank = '    cells = [row for row in cells if any(cell != "" for cell in row)]'
            lines = [f"    cells = {cells}", *([blank] if self.has_blanks else [])]
            lines.append(f"    header, *cells = cells{f'[{start}:]' if start else ''}")
        if self.has_gaps:
            lines.append('    cells = [[None if cell == "" else cell for cell in row] for row in cells]')
        empty = "; None where a cell is empty" if self.has_gaps else ""
        self.file.helpers["read_sheet"] = [
            "def read_sheet(path):",
            f'    """Reads the rows of a sheet, each a dict by column{empty}."""',
            "    book = calamine.CalamineWorkbook.from_path(str(path))",
            *lines,
            "    return [dict(zip(header, row, strict=True)) for row in cells]",
        ]

    def raw(self, column: str) -> str:
        kind, value = self.info.column(column).type, self._value(column)
        if kind == "text":
            return f"np.array([{self._text(column)} for row in rows])"
        if kind == "integer":
            return f"np.array([int({value}) for row in rows])"
        return f"np.array([{value} for row in rows])"

    def _text(self, column: str) -> str:
        kind, value = self.info.column(column).type, self._value(column)
        if kind == "integer":
            return f"str(int({value}))"
        if kind != "text":
            return super()._text(column)
        cells = [row[column] for row in self.found if row.get(column) is not None]
        types = {type(cell) for cell in cells}
        form = _DATES[types.pop()]
        if form == "{}.strip()" and not any(cell != cell.strip() for cell in cells):
            return value
        if form == '{}.isoformat(" ")' and all(cell.time() == datetime.time() for cell in cells):
            form = "{}.date().isoformat()"
        return form.format(value)

    def objects(self, columns: Sequence[str]) -> str:
        if any(self._text(name) != self._value(name) for name in columns):
            raise UnsupportedInPython("fill gaps in cells that become texts", self.place)
        return super().objects(columns)
