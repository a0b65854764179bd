"""The functions that read tables: inputs, targets, and what else the examples come with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.data.column_tables import ColumnTable
from kspec.codegen.data.csv_tables import CsvTable, rows_of
from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.data.imputation import filled, numbers_as_text
from kspec.codegen.data.tables import Table
from kspec.codegen.model.names import identifier
from kspec.codegen.text.literals import literal
from kspec.codegen.text.module_writer import File

NOT_TABLES = ("images", "synthetic")


@dataclass(slots=True)
class _Inputs:
    """The inputs of a table.

    Args:
        lines: The statements that come before.
        value: Them, in Python.
    """

    lines: list[str] = field(default_factory=list)
    value: str = ""


class Reading:
    """Writes the functions that read tables.

    Args:
        data: All data sets of the file.
        folder: Where the file will lie.
    """

    def __init__(self, data: Sequence[Facts], file: File, folder: Path) -> None:
        self.file = file
        rows = rows_of([facts for facts in data if facts.source == "csv"])
        self.tables: dict[str, Table] = {}
        for facts in data:
            if facts.source not in NOT_TABLES:
                self.tables[facts.suffix] = (
                    CsvTable(facts, file, folder, rows) if facts.source == "csv" else ColumnTable(facts, file, folder)
                )
        self.inputs = {suffix: self._inputs(table) for suffix, table in self.tables.items()}
        made = list(self.inputs.values())
        self.shared = len(made) > 1 and all(each == made[0] for each in made)
        """Whether the inputs of all tables are got alike."""
        self.returned: list[str] = []

    def write(self, facts: Facts, name: str) -> list[str]:
        """Writes the function of a data set; gives the variables that it returns."""
        table, inputs = self.tables[facts.suffix], self.inputs[facts.suffix]
        x = [*inputs.lines, f"    x = {inputs.value}"]
        if self.shared:
            self.file.helpers["inputs_of"] = [
                f"def inputs_of({table.variable}):",
                '    """What the network takes of a table."""',
                *inputs.lines,
                f"    return {inputs.value}",
            ]
            x = [f"    x = inputs_of({table.variable})"]
        lines = [f"def {name}():", f'    """{_told(facts)}"""', *table.lines, *x]
        returned = {"x": "x"}
        for target in facts.targets.values():
            raw = table.raw(target.columns[0]) if len(target.columns) == 1 else table.numbers(target.columns)
            lines.append(f"    {target.variable} = {raw}")
            returned[target.variable] = target.variable
        for column in dict.fromkeys(facts.weights.values()):
            value = table.raw(column)
            value = value[:-1] + ', "float32")' if value.startswith("np.array([") else f'{value}.astype("float32")'
            returned[_weight(column)] = _weight(column)
            lines.append(f"    {_weight(column)} = {value}")
        by, stratify = facts.data.split.by, facts.data.split.stratify
        divided = not facts.suffix
        if by is not None and divided:
            lines.append(f"    part = {table.raw(by)}")
        if table.dropped and facts.predicted:
            returned["numbered"] = "numbered" if facts.by_files else "np.flatnonzero(complete) + 1"
        if divided and (by is not None or facts.by_files):
            is_list = facts.by_files and facts.source == "csv" and not table.dropped
            returned["part"] = "np.array(part)" if is_list else "part"
        own = {target.columns[0] for target in facts.targets.values()}
        if isinstance(stratify, str) and stratify not in own and divided:
            lines.append(f"    classes = {table.raw(stratify)}")
            returned["classes"] = "classes"
        if len(returned) == 1 and lines[-1] == x[-1]:
            lines[-1] = lines[-1].replace("x = ", "return ", 1)
        else:
            lines.append(f"    return {', '.join(returned.values())}")
        self.file.helpers[name] = lines
        return list(returned)

    def _inputs(self, table: Table) -> _Inputs:
        facts = table.facts
        values = {name: self._input(name, table) for name in facts.spec.document.inputs}
        made = _Inputs(table.before)
        table.before = []
        if facts.single_input:
            made.value = next(iter(values.values()))
        else:
            made.value = "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"
        return made

    def _input(self, name: str, table: Table) -> str:
        """One input, in Python; what has values put in is left to `main`, which knows the rows that are trained on."""
        facts = table.facts
        given = facts.spec.document.inputs[name]
        columns = facts.inputs[name]
        shape = facts.array(name).shape[1:]
        sizes = [math.prod(facts.column(column).shape) for column in columns]
        natural: tuple[int, ...] = (sum(sizes),)
        if given.dtype == "string":
            if filled(facts, name):
                if isinstance(table, CsvTable) and numbers_as_text(facts, name):
                    table.parser()
                return table.objects(columns)
            value = table.texts(columns)
        else:
            value = table.numbers(columns)
            dtype = "float32" if given.dtype == "bfloat16" else given.dtype
            if filled(facts, name):
                if isinstance(table, CsvTable):
                    return value
                return f"{value}.astype(float)" + (".reshape(-1, 1)" if len(columns) == 1 else "")
            if not (isinstance(table, CsvTable) and table.dtype()):
                value += f".astype({'bool' if dtype == 'bool' else literal(dtype)})"
        if isinstance(table, ColumnTable) and len(columns) == 1:
            natural = facts.column(columns[0]).shape
        if tuple(shape) != natural:
            value += f".reshape({', '.join(['-1', *map(str, shape)])})"
        return value


def _told(facts: Facts) -> str:
    names = [target.columns[0] if len(target.columns) == 1 else target.name for target in facts.targets.values()]
    which = {"held_out": " to evaluate", "new": " to predict"}.get(facts.suffix, "")
    if not names:
        return f"The inputs{which}, in the order of the table."
    return f"The inputs{which}, and {' and '.join(f'`{name}`' for name in names)}, in the order of the table."


def _weight(column: str) -> str:
    return f"{identifier(column)}_weights"
