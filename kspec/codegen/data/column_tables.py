"""The code that reads columns as arrays: of NumPy, or of Arrow from Parquet and Arrow files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kspec.codegen.data.array_tables import array_lines
from kspec.codegen.data.dataset_info import DatasetInfo, is_queried
from kspec.codegen.data.tables import Table
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.language.array_files import NpzParts

_ARROW = {
    "parquet": ("parquet", "pq.read_table({})"),
    "arrow": ("feather", "pyarrow.feather.read_table({})"),
}
"""Source → the module of PyArrow, and the call that reads a file."""


class ColumnTable(Table):
    """A table whose columns are arrays."""

    def __init__(self, info: DatasetInfo, file: ModuleWriter, folder: Path) -> None:
        super().__init__(info, file, folder)
        self.is_arrow = info.source in _ARROW or is_queried(info)
        self.is_dict = False
        """Whether the arrays are in a dict at this point of the code."""
        self.kinds: dict[str, str] = {}
        self.read = "np.load({})"
        if self.is_arrow:
            self.read = self._arrow_reader()
        if info.source in ("npy", "keras") or isinstance(info.setting, NpzParts):
            self.is_dict = True
            self.lines = array_lines(info, file, self)
        else:
            self.lines = self._read_lines()
        if self.dropped:
            self.lines += self._drop_lines()
            if info.has_split_files:
                self.lines += self.after_dropping()

    def _arrow_reader(self) -> str:
        """The call that reads a file as a table of Arrow, with `{}` for its path."""
        module, reader = _ARROW[self.info.source]
        self.file.imports.add(f"pyarrow.{module}{' as pq' if module == 'parquet' else ''}")
        first = self.info.files()[0][0]
        if self.info.source == "arrow" and not first.read_bytes()[:6] == b"ARROW1":
            raise UnsupportedInPython("read a stream of Arrow", self.info.path or ("data", "arrow"))
        table = self.whole_table()
        used = set(self.info.used_columns(every=True)) - set(self.info.data.columns)
        while not used <= set(table.column_names):
            table, reader = table.flatten(), f"{reader}.flatten()"
        self.kinds = {name: str(table.schema.field(name).type) for name in table.column_names}
        return reader

    def whole_table(self) -> Any:
        """The pyarrow table of the first file."""
        import pyarrow.feather
        import pyarrow.parquet

        first = self.info.files()[0][0]
        return pyarrow.parquet.read_table(first) if self.info.source == "parquet" else pyarrow.feather.read_table(first)

    def _read_lines(self) -> list[str]:
        if len(self.files) == 1:
            return [f"    table = {self.read.format(self.constant())}"]
        self.file.uses_here = True
        if not self.files[0][1]:
            tables = f"[{self.read.format('HERE / path')} for path in {self.paths()}]"
            return (
                self._concatenate(tables) if self.is_arrow else [f"    tables = {tables}", *self._concatenate("tables")]
            )
        column = self.info.used_columns(every=True)[0]
        count = "len(table)" if self.is_arrow else f"len(table[{text(column)}])"
        pairs = f"[{', '.join(f'({text(split)}, {text(name)})' for name, split in self.files)}]"
        return [
            f"    files = {pairs}",
            f"    tables = [{self.read.format('HERE / path')} for _, path in files]",
            *self._concatenate("tables"),
            f"    split = np.repeat([name for name, _ in files], [{count} for table in tables])",
        ]

    def _concatenate(self, tables: str) -> list[str]:
        """The line that concatenates several tables."""
        if self.is_arrow:
            self.file.imports.add("pyarrow as pa")
            return [f'    table = pa.concat_tables({tables}, promote_options="permissive")']
        self.is_dict = True
        joined = f"np.concatenate([table[name] for table in {tables}])"
        return [f"    table = {{name: {joined} for name in {literal(self.info.used_columns(every=True))}}}"]

    def _drop_lines(self) -> list[str]:
        """The lines that drop rows with missing values."""
        key = "name" if len(self.dropped) > 1 else text(self.dropped[0])
        missing = f"table[{key}].is_null(nan_is_null=True).to_numpy()" if self.is_arrow else f"np.isnan(table[{key}])"
        if len(self.dropped) > 1:
            missing = f"np.any([{missing} for name in {literal(self.dropped)}], axis=0)"
        complete = f"    complete = ~{missing}"
        if self.is_arrow:
            return [complete, "    table = table.filter(complete)"]
        names, self.is_dict = "table" if self.is_dict else "table.files", True
        return [complete, f"    table = {{name: table[name][complete] for name in {names}}}"]

    @property
    def _header(self) -> str:
        return "table.column_names" if self.is_arrow else "table" if self.is_dict else "table.files"

    def numbers(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return self.raw(columns[0])
        if any(self._is_decimal(name) for name in columns):
            return f"np.stack([{', '.join(map(self.raw, columns))}], axis=1)"
        if any(self.info.column(name).shape for name in columns):
            return f"np.column_stack([{', '.join(map(self._flat, columns))}])"
        inside = "table[name].to_numpy()" if self.is_arrow else "table[name]"
        return f"np.stack([{inside} for name in {self.info.columns_code(columns, self._header, self.file)}], axis=1)"

    def _flat(self, column: str) -> str:
        shape = self.info.column(column).shape
        return self.raw(column) + (f".reshape(-1, {math.prod(shape)})" if len(shape) > 1 else "")

    def raw(self, column: str) -> str:
        profile = self.info.column(column)
        if not self.is_arrow:
            return f"table[{text(column)}]"
        if profile.type == "array":
            return f"np.array(table[{text(column)}].to_pylist())"
        cast = '.cast("string")' if profile.type == "text" and not self._is_text(column) else ""
        cast = '.cast("double")' if self._is_decimal(column) else cast
        return f"table[{text(column)}]{cast}.to_numpy()"

    def _is_decimal(self, column: str) -> bool:
        return self.kinds.get(column, "").startswith("decimal")

    def _is_text(self, column: str) -> bool:
        return self.kinds.get(column) in ("string", "large_string")

    def each_text(self, column: str, result: str = "{}") -> str:
        texts = self._text(column)
        return texts if result == "{}" else f"[{result.format('text')} for text in {texts}]"

    def texts(self, columns: Sequence[str]) -> str:
        texts = [self._text(column) for column in columns]
        return texts[0] if len(texts) == 1 else f"np.stack([{', '.join(texts)}], axis=1)"

    def natural_shape(self, columns: Sequence[str]) -> tuple[int, ...]:
        return self.info.column(columns[0]).shape if len(columns) == 1 else super().natural_shape(columns)

    def _text(self, column: str) -> str:
        profile, raw = self.info.column(column), self.raw(column)
        if profile.type == "boolean":
            return f'np.where({raw}, "true", "false")'
        if profile.type == "float":
            raw += ".astype(float)"
        return f"{raw}.astype(str)"

    def objects(self, columns: Sequence[str]) -> str:
        """Columns as they are in the table, side by side, None if a value is missing; shape (rows, columns)."""
        values = [
            self.raw(column) + ("" if self.info.column(column).type == "text" else ".astype(object)")
            for column in columns
        ]
        return f"{values[0]}.reshape(-1, 1)" if len(values) == 1 else f"np.stack([{', '.join(values)}], axis=1)"
