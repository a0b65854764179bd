"""The functions that read tables: inputs, targets, sample weights, splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.data.column_tables import ColumnTable
from kspec.codegen.data.csv_tables import CsvTable, CsvTraits, common_traits
from kspec.codegen.data.dataset_info import FOLDERS, DatasetInfo, is_queried
from kspec.codegen.data.excel_tables import ExcelTable
from kspec.codegen.data.imputation import filled_columns, fills_numbers_as_text
from kspec.codegen.data.object_tables import ObjectTable
from kspec.codegen.data.query_tables import QueryTable
from kspec.codegen.data.row_tables import RowTable
from kspec.codegen.data.series import series_columns
from kspec.codegen.data.tables import Table
from kspec.codegen.data.time_splitting import times_code
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.line_breaking import WIDTH
from kspec.codegen.text.literals import dict_of, docstring, literal
from kspec.codegen.text.module_writer import ModuleWriter

NOT_TABLES = (*FOLDERS, "synthetic")


@dataclass(slots=True)
class _Inputs:
    """The code for the inputs of a table.

    Args:
        lines: The statements before it.
        value: The inputs in Python.
    """

    lines: list[str] = field(default_factory=list)
    value: str = ""


class TableReader:
    """Writes the functions that read tables.

    Args:
        datasets: All data sets of the exported file.
        file: Gets the functions.
        folder: The folder of the exported file.
    """

    def __init__(self, datasets: Sequence[DatasetInfo], file: ModuleWriter, folder: Path) -> None:
        self.file = file
        traits = common_traits([info for info in datasets if info.source == "csv" and not is_queried(info)])
        self.tables: dict[str, Table] = {}
        for info in datasets:
            if info.source not in NOT_TABLES:
                self.tables[info.suffix] = _table(info, file, folder, traits)
        self.inputs = {suffix: self._inputs(table) for suffix, table in self.tables.items()}
        codes = list(self.inputs.values())
        self.shared = len(codes) > 1 and all(code == codes[0] for code in codes)
        """Whether all tables have the same code for the inputs."""

    def write(self, info: DatasetInfo, name: str) -> list[str]:
        """Writes the function that reads a data set and returns the names of what it returns."""
        table, inputs = self.tables[info.suffix], self.inputs[info.suffix]
        x = [*inputs.lines, f"    x = {inputs.value}"]
        if self.shared:
            self.file.helpers["inputs_of"] = [
                f"def inputs_of({table.variable}):",
                '    """The inputs of the model from a table."""',
                *inputs.lines,
                f"    return {inputs.value}",
            ]
            x = [f"    x = inputs_of({table.variable})"]
        lines = [f"def {name}():", f"    {docstring(_docstring(info))}", *table.lines, *x]
        returned = {"x": "x"}
        for target in info.targets.values():
            raw = table.raw(target.columns[0]) if len(target.columns) == 1 else table.numbers(target.columns)
            are_whole = info.first_split.targets[target.name].dtype.kind in "iu"
            if len(target.columns) > 1 and are_whole and isinstance(table, CsvTable):
                raw += ".astype(int)"
            lines.append(f"    {target.variable} = {raw}")
            returned[target.variable] = target.variable
        for column in dict.fromkeys(info.weights.values()):
            value = table.raw(column)
            value = value[:-1] + ', "float32")' if value.startswith("np.array([") else f'{value}.astype("float32")'
            variable = info.variables.of(column, "weights")
            returned[variable] = variable
            lines.append(f"    {variable} = {value}")
        by, stratify = info.data.split.by, info.data.split.stratify
        is_split = not info.suffix
        if by is not None and is_split:
            lines.append(f"    split = {table.raw(by)}")
        way = info.data.split.way
        for column in info.data.split.columns if is_split and way in ("time", "group", "hash", "lists") else ():
            variable = info.variables.of(column, "times" if way == "time" else "")
            if variable not in returned:
                value = times_code(info, column, table, self.file) if way == "time" else table.raw(column)
                lines.append(f"    {variable} = {value}")
                returned[variable] = variable
        for column in info.sliced:
            variable = info.variables.of(column)
            if variable not in returned:
                lines.append(f"    {variable} = {table.raw(column)}")
                returned[variable] = variable
        for variable, value in series_columns(info, table, self.file).items():
            if variable not in returned:
                lines.append(f"    {variable} = {value}")
                returned[variable] = variable
        for column in info.kept:
            if info.column(column).missing or info.source in ("npy", "npz", "keras"):
                raise UnsupportedInPython(f"keep `{column}`, which has gaps, or is an array", ("predict", "keep"))
            variable = info.variables.of(column, "kept")
            texts = table.each_text(column)
            lines.append(f"    {variable} = {f'np.array({texts})' if texts.startswith('[') else texts}")
            returned[variable] = variable
        if table.row_numbers and info.predicted:
            returned["row_numbers"] = table.row_numbers
        if is_split and (by is not None or info.has_split_files):
            is_list = info.has_split_files and isinstance(table, RowTable) and not table.dropped
            returned["split"] = "np.array(split)" if is_list else "split"
        own = {target.columns[0] for target in info.targets.values()}
        if isinstance(stratify, str) and stratify not in own and is_split:
            lines.append(f"    classes = {table.raw(stratify)}")
            returned["classes"] = "classes"
        if len(returned) == 1 and lines[-1] == x[-1]:
            lines[-1] = lines[-1].replace("x = ", "return ", 1)
        else:
            line = f"    return {', '.join(returned.values())}"
            long = ["    return (", *(f"        {value}," for value in returned.values()), "    )"]
            lines += [line] if len(line) <= WIDTH else long
        self.file.helpers[name] = lines
        return list(returned)

    def _inputs(self, table: Table) -> _Inputs:
        info = table.info
        values = {name: self._input(name, table) for name in info.spec.document.inputs}
        value = next(iter(values.values())) if info.single_input else dict_of(values)
        lines, table.before = table.before, []
        return _Inputs(lines, value)

    def _input(self, name: str, table: Table) -> str:
        """One input in Python; missing values are filled later in `main`, where the training rows are known."""
        info = table.info
        settings = info.spec.document.inputs[name]
        columns = info.inputs[name]
        shape = info.row_shape(name)
        if settings.dtype == "string":
            if filled_columns(info, name):
                if isinstance(table, CsvTable) and fills_numbers_as_text(info, name):
                    table.write_number()
                return table.objects(columns)
            value = table.texts(columns)
        else:
            value = table.numbers(columns)
            dtype = "float32" if settings.dtype == "bfloat16" else settings.dtype
            if filled_columns(info, name):
                if isinstance(table, CsvTable):
                    return value
                reshape = ".reshape(-1, 1)" if len(columns) == 1 and isinstance(table, ColumnTable) else ""
                return f"{value}.astype(float)" + reshape
            if not (isinstance(table, CsvTable) and table.dtype()):
                value += f".astype({'bool' if dtype == 'bool' else literal(dtype)})"
        if tuple(shape) != table.natural_shape(columns) and not info.indicators[name]:
            value += f".reshape({', '.join(['-1', *map(str, shape)])})"
        return value


def _table(info: DatasetInfo, file: ModuleWriter, folder: Path, traits: CsvTraits) -> Table:
    """The code of a table.

    Args:
        info: The data set.
        file: Collects imports and constants.
        folder: The folder of the exported file.
        traits: Traits of all CSV data sets.
    """
    if is_queried(info):
        return QueryTable(info, file, folder)
    if info.source == "csv":
        return CsvTable(info, file, folder, traits)
    if info.source == "excel":
        return ExcelTable(info, file, folder)
    if info.source in ("json", "sql"):
        return ObjectTable(info, file, folder)
    return ColumnTable(info, file, folder)


def _docstring(info: DatasetInfo) -> str:
    names = [target.columns[0] if len(target.columns) == 1 else target.name for target in info.targets.values()]
    step = {"held_out": " to evaluate", "new": " to predict"}.get(info.suffix, "")
    targets = "".join(f" and `{name}`" for name in names)
    return f"Reads the inputs{step}{targets} in the order of the table."
