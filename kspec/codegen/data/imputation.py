"""The code that treats missing values: it drops rows, or fills in a value computed from the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.codegen.data.dataset_info import DatasetInfo, is_queried
from kspec.codegen.data.neighbor_fill import NEIGHBOR_FILLS, require_order_of_file
from kspec.codegen.data.policies import policy
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.language.missing import NEIGHBORS, STATISTICS, missing_rule

if TYPE_CHECKING:
    from kspec.data import Dataset

_FILL = '''\
def fill(column, train, statistic):
    """Replaces missing values by a statistic of the training rows."""
    missing = np.isnan(column)
    column[missing] = statistic(column[train][~missing[train]])'''
_FILL_AND_RETURN = '''\
def fill(column, train, statistic):
    """Replaces missing values by a statistic of the training rows, and returns it."""
    missing = np.isnan(column)
    value = statistic(column[train][~missing[train]])
    column[missing] = value
    return value'''
_MOST_FREQUENT = '''\
def most_frequent(values):
    """The most frequent value."""
    unique, counts = np.unique(values, return_counts=True)
    return unique[counts.argmax()]'''


def filled_columns(info: DatasetInfo, name: str) -> dict[int, tuple[str, Any]]:
    """The columns of an input whose missing values are filled, in any data set: index → column and policy."""
    columns = [(column, policy(info, column)) for column in info.inputs[name]]
    return {
        i: (column, rule)
        for i, (column, rule) in enumerate(columns)
        if rule != "drop_row" and any(_missing_in(dataset, column) for dataset in info.datasets)
    }


def fills_numbers_as_text(info: DatasetInfo, name: str) -> bool:
    """Whether a text input has columns of numbers with filled values."""
    is_text = info.spec.document.inputs[name].dtype == "string"
    return is_text and any(info.column(column).type != "text" for column, _ in filled_columns(info, name).values())


def _missing_in(dataset: Dataset, column: str) -> int:
    profile = dataset.profile.column(column)
    return profile.missing if profile is not None else 0


def fill_lines(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The lines of `main` that fill inputs, after the split into training and other rows."""
    lines = []
    for name, settings in info.spec.document.inputs.items():
        columns, marked = filled_columns(info, name), info.indicators[name]
        if not columns and not marked:
            continue
        filler = _Filler(info, file, name)
        if settings.dtype == "string":
            lines += filler.texts(columns)
        else:
            if marked:
                lines.append(f"    gaps = np.isnan({filler.variable}[:, {list(marked)}])")
            for i, (column, rule) in columns.items():
                lines += filler.number(f"{filler.variable}[:, {i}]", column, rule)
            if marked:
                places = [number + 1 for number in marked]
                lines.append(f"    {filler.variable} = np.insert({filler.variable}, {places}, gaps, axis=1)")
            dtype = "float32" if settings.dtype == "bfloat16" else settings.dtype
            lines.append(f"    {filler.variable} = {filler.variable}.astype({text(dtype)}){filler.reshape}")
    return lines


def is_csv(info: DatasetInfo) -> bool:
    """Whether the module csv reads the table, so that all values are texts."""
    return info.source == "csv" and not is_queried(info)


class _Filler:
    """Fills the missing values of one input.

    Args:
        info: The data set.
        file: Collects helper functions.
        name: The input.
    """

    def __init__(self, info: DatasetInfo, file: ModuleWriter, name: str) -> None:
        self.info = info
        self.file = file
        self.columns = info.inputs[name]
        x = info.named("x")
        self.variable = x if info.single_input else f"{x}[{text(name)}]"
        shape = info.row_shape(name)
        width = len(self.columns) + len(info.indicators[name])
        self.reshape = "" if tuple(shape) == (width,) else f".reshape({literal([-1, *shape])[1:-1]})"

    def number(self, values: str, column: str, rule: Any) -> list[str]:
        """The line that fills a column of numbers; none if no value is missing.

        Args:
            values: The column in Python.
            column: Its name in the data.
            rule: The policy: a statistic, or a value.
        """
        if rule in NEIGHBORS:
            return self._from_neighbors(values, column, rule)
        is_statistic = rule in STATISTICS
        if not is_statistic or self.info.suffix:
            value = self.info.variables.of(column, rule) if is_statistic else literal(rule)
            missing = self.info.column(column).missing
            return [f"    np.nan_to_num({values}, copy=False, nan={value})"] if missing else []
        statistic = f"np.{rule}"
        if rule == "most_frequent":
            self.file.helpers["most_frequent"] = _MOST_FREQUENT.splitlines()
            statistic = "most_frequent"
        if self._is_needed_later(column):
            self.file.helpers["fill"] = _FILL_AND_RETURN.splitlines()
            return [f"    {self.info.variables.of(column, rule)} = fill({values}, train, {statistic})"]
        self.file.helpers.setdefault("fill", _FILL.splitlines())
        return [f"    fill({values}, train, {statistic})"]

    def _from_neighbors(self, values: str, column: str, rule: str) -> list[str]:
        """The lines that fill a column from the rows before or after, and the rest with another value.

        Args:
            values: The column in Python.
            column: Its name in the data.
            rule: `forward` or `backward`.
        """
        info = self.info
        require_order_of_file(info, column)
        self.file.helpers[f"fill_{rule}"] = NEIGHBOR_FILLS[rule].splitlines()
        setting = missing_rule(info.data.missing, column)
        assert setting is not None
        rest, lines = setting.otherwise, list[str]()
        if rest in ("mean", "median"):
            value = f"np.{rest}({values}[train][~np.isnan({values}[train])])"
            lines.append(f"    {info.variables.of(column, rest)} = {value}")
            rest = info.variables.of(column, rest)
        elif rest in STATISTICS:
            raise UnsupportedInPython("fill the rest of gaps with the most frequent value", setting.path)
        lines.append(f"    fill_{rule}({values}, [{', '.join(info.splits)}])")
        if rest is not None:
            value = rest if isinstance(rest, str) else literal(rest)
            lines.append(f"    np.nan_to_num({values}, copy=False, nan={value})")
        return lines

    def texts(self, columns: Mapping[int, tuple[str, Any]]) -> list[str]:
        """The lines that fill columns of text, and of numbers that are read as text."""
        lines: list[str] = []
        if len(self.columns) == 1 and self.info.column(self.columns[0]).type == "text":
            value = f"{self._text('', *columns[0], lines)}{self._conversion}"
            return [*lines, f"    {self.variable} = {value}"] if value != self.variable else lines
        pieces = []
        for i, column in enumerate(self.columns):
            piece = f"{self.variable}[:, {i}]"
            if i in columns and self.info.column(column).type == "text":
                piece = self._text(f", {i}", *columns[i], lines)
            elif i in columns:
                piece = self._number_as_text(piece, *columns[i], lines)
            pieces.append(piece)
        return [*lines, f"    {self.variable} = np.stack([{', '.join(pieces)}], axis=1){self._conversion}"]

    @property
    def _conversion(self) -> str:
        return ("" if is_csv(self.info) else ".astype(str)") + self.reshape

    def _is_needed_later(self, column: str) -> bool:
        """Whether the data of a step needs the fill value of a column."""
        return any(_missing_in(dataset, column) for dataset in self.info.datasets[1:])

    def _text(self, index: str, column: str, rule: Any, lines: list[str]) -> str:
        """A column of text with its missing values filled.

        Args:
            index: `, 1` for the second of several columns; empty for the only one.
            column: Its name in the data.
            rule: The policy: `most_frequent`, or a value.
            lines: Gets the statements before it.
        """
        if rule in NEIGHBORS:
            raise UnsupportedInPython(f"fill texts {rule}", ("data", "missing"))
        values = f"{self.variable}[:{index}]" if index else self.variable
        value = literal(str(rule))
        if rule == "most_frequent" and self.info.suffix:
            value = self.info.variables.of(column, rule)
        elif rule == "most_frequent":
            self.file.helpers["most_frequent"] = _MOST_FREQUENT.splitlines()
            rows = f"{self.variable}[train{index}]"
            value = f"most_frequent({rows}[~{self._is_missing(rows)}])"
            if self._is_needed_later(column):
                lines.append(f"    {self.info.variables.of(column, rule)} = {value}")
                value = self.info.variables.of(column, rule)
        return (
            f"np.where({self._is_missing(values)}, {value}, {values})" if self.info.column(column).missing else values
        )

    def _is_missing(self, texts: str) -> str:
        return f"np.isin({texts}, MISSING)" if is_csv(self.info) else f"np.equal({texts}, None)"

    def _number_as_text(self, values: str, column: str, rule: Any, lines: list[str]) -> str:
        """A column of numbers with its missing values filled, as text; whole numbers have no decimal point.

        Args:
            values: The column in Python.
            column: Its name in the data.
            rule: The policy: a statistic, or a value.
            lines: Gets the statements before it.
        """
        profile = self.info.column(column)
        variable = self.info.named(self.info.variables.of(column, "numbers"))
        numbers = f"{values}.astype(float)"
        if is_csv(self.info):
            numbers = f"np.array([number(text) for text in {values}])"
        fill = self.number(variable, column, rule)
        if fill:
            lines += [f"    {variable} = {numbers}", *fill]
        if not profile.missing:
            return values if is_csv(self.info) else f"{values}.astype(str)"
        is_whole = profile.type != "float" and float(self.info.dataset.fitted["fill"][column]).is_integer()
        return f"{variable}{'.astype(int)' if is_whole else ''}.astype(str)"
