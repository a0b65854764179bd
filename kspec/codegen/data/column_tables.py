"""The code that reads columns as arrays: of npz files, or Parquet tables by pyarrow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.data.tables import Table
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File


class ColumnTable(Table):
    """Columns as arrays."""

    def __init__(self, facts: Facts, file: File, folder: Path) -> None:
        super().__init__(facts, file, folder)
        self.parquet = facts.source == "parquet"
        self.is_dict = False
        """Whether arrays of npz files are in a dict by now."""
        self.kinds: dict[str, str] = {}
        if self.parquet:
            import pyarrow.parquet as pq

            file.imports.add("pyarrow.parquet as pq")
            schema = pq.read_schema(facts.files()[0][0])
            self.kinds = {name: str(schema.field(name).type) for name in schema.names}
        self.read = "pq.read_table" if self.parquet else "np.load"
        self.lines = self._reading()
        if self.dropped:
            self.lines += self._dropping()
            if facts.by_files:
                self.lines += self.after_dropping()

    def _reading(self) -> list[str]:
        if len(self.files) == 1:
            return [f"    table = {self.read}({self.constant()})"]
        self.file.uses_here = True
        if not self.files[0][1]:
            tables = f"[{self.read}(HERE / path) for path in {self.paths()}]"
            return self._joined(tables) if self.parquet else [f"    tables = {tables}", *self._joined("tables")]
        column = self.facts.used(every=True)[0]
        count = "len(each)" if self.parquet else f"len(each[{text(column)}])"
        pairs = f"[{', '.join(f'({text(part)}, {text(name)})' for name, part in self.files)}]"
        return [
            f"    files = {pairs}",
            f"    tables = [{self.read}(HERE / path) for _, path in files]",
            *self._joined("tables"),
            f"    part = np.repeat([name for name, _ in files], [{count} for each in tables])",
        ]

    def _joined(self, tables: str) -> list[str]:
        """The line that makes one table of several."""
        if self.parquet:
            self.file.imports.add("pyarrow as pa")
            return [f'    table = pa.concat_tables({tables}, promote_options="permissive")']
        self.is_dict = True
        joined = f"np.concatenate([each[name] for each in {tables}])"
        return [f"    table = {{name: {joined} for name in {literal(self.facts.used(every=True))}}}"]

    def _dropping(self) -> list[str]:
        """The lines that leave out rows in which something is missing."""
        each = "name" if len(self.dropped) > 1 else text(self.dropped[0])
        missing = f"table[{each}].is_null(nan_is_null=True).to_numpy()" if self.parquet else f"np.isnan(table[{each}])"
        if len(self.dropped) > 1:
            missing = f"np.any([{missing} for name in {literal(self.dropped)}], axis=0)"
        complete = f"    complete = ~{missing}"
        if self.parquet:
            return [complete, "    table = table.filter(complete)"]
        names, self.is_dict = "table" if self.is_dict else "table.files", True
        return [complete, f"    table = {{name: table[name][complete] for name in {names}}}"]

    @property
    def _header(self) -> str:
        return "table.column_names" if self.parquet else "table" if self.is_dict else "table.files"

    def numbers(self, columns: Sequence[str]) -> str:
        if len(columns) == 1:
            return self.raw(columns[0])
        if any(self.facts.column(name).shape for name in columns):
            return f"np.column_stack([{', '.join(map(self._flat, columns))}])"
        inside = "table[name].to_numpy()" if self.parquet else "table[name]"
        return f"np.stack([{inside} for name in {self.facts.columns_text(columns, self._header, self.file)}], axis=1)"

    def _flat(self, column: str) -> str:
        shape = self.facts.column(column).shape
        return self.raw(column) + (f".reshape(-1, {math.prod(shape)})" if len(shape) > 1 else "")

    def raw(self, column: str) -> str:
        facts = self.facts.column(column)
        if not self.parquet:
            return f"table[{text(column)}]"
        if facts.type == "array":
            return f"np.array(table[{text(column)}].to_pylist())"
        cast = '.cast("string")' if facts.type == "text" and not self._is_text(column) else ""
        return f"table[{text(column)}]{cast}.to_numpy()"

    def _is_text(self, column: str) -> bool:
        return self.kinds.get(column) in ("string", "large_string")

    def texts(self, columns: Sequence[str]) -> str:
        made = [self._text(column) for column in columns]
        return made[0] if len(made) == 1 else f"np.stack([{', '.join(made)}], axis=1)"

    def _text(self, column: str) -> str:
        facts, raw = self.facts.column(column), self.raw(column)
        if facts.type == "boolean":
            return f'np.where({raw}, "true", "false")'
        if facts.type == "float":
            raw += ".astype(float)"
        return f"{raw}.astype(str)"

    def objects(self, columns: Sequence[str]) -> str:
        """Columns as they stand in the table, side by side, None where a value is missing; shape (rows, columns)."""
        made = [f"{self.raw(column)}.astype(object)" if self.facts.column(column).type != "text" else self.raw(column)
                for column in columns]  # fmt: skip
        return f"{made[0]}.reshape(-1, 1)" if len(made) == 1 else f"np.stack([{', '.join(made)}], axis=1)"
