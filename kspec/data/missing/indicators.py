"""The columns that tell a network where others had gaps; see `kspec.language.indicators`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.headers.columns import column_of_header
from kspec.data.network_specs import InputSpec
from kspec.data.table import Column, Table
from kspec.diagnostics import codes
from kspec.language.data import Data
from kspec.language.indicators import has_indicator, indicator_of, with_indicators
from kspec.language.missing import missing_rule
from kspec.language.targets import named_targets

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def add_indicators(
    table: Table, data: Data, outputs: Collection[str], context: Context, *, has_rows: bool = True
) -> None:
    """Adds the indicators that the spec asks for to the table of training, each right after its column.

    Args:
        table: The table, before gaps are filled.
        data: The `data` section.
        outputs: The names of the outputs, whose targets may be columns of that name.
        context: Receives an error if a column of the file has the name of an indicator.
        has_rows: Whether the table has been read, and not only its header.
    """
    columns: dict[str, Column] = {}
    others = () if data.window is not None else {*_with_another_use(data), *outputs}
    for name, column in table.columns.items():
        columns[name] = column
        rule = missing_rule(data.missing, name)
        if rule is None or not rule.indicator or (name in others and name not in rule.path):
            continue
        indicator = indicator_of(name)
        if indicator in table.columns:
            context.error(
                codes.REDEFINED_COLUMN,
                f"the indicator of `{name}` is called `{indicator}`, and so is a column of the file",
                rule.path,
                help=f"compute it under another name: `columns: {{no_value: cast({name} is null as integer)}}`",
            )
        columns[indicator] = _indicator(indicator, column) if has_rows else column_of_header(indicator, "integer")
        table.sources[indicator] = (name,)
    table.columns = columns


def add_new_indicators(table: Table, data: Data, needed: Collection[str]) -> None:
    """Adds the indicators that a model needs to the table of other data.

    Args:
        table: The table, before gaps are filled.
        data: The `data` section of training.
        needed: The columns of the model's inputs.
    """
    for name in list(table.columns):
        indicator = indicator_of(name)
        if indicator in needed and has_indicator(name, data):
            table.columns[indicator] = _indicator(indicator, table.columns[name])


def _indicator(name: str, column: Column) -> Column:
    import numpy

    return Column(name, "integer", column.missing.astype(numpy.int64), numpy.zeros(len(column.missing), bool))


def _with_another_use(data: Data) -> list[str]:
    """The columns that are targets, weights, or decide the split."""
    names = [*data.split.columns, *named_targets(data.targets)]
    for setting in (data.weights, data.split.stratify):
        for value in setting.values() if isinstance(setting, Mapping) else (setting,):
            names += value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return names


def take_indicators(
    table: Table, mapping: ColumnMapping, data: Data, inputs: Mapping[str, InputSpec], context: Context
) -> None:
    """Lets each input that takes a column take its indicator, too; forgets the indicators that none takes.

    Args:
        table: The table with the indicators.
        mapping: The columns of each input; gets the indicators.
        data: The `data` section.
        inputs: The shape and dtype of each input.
        context: Receives an error for an input of text.
    """
    added = {indicator_of(name) for name in table.columns if has_indicator(name, data)}
    for name, columns in mapping.inputs.items():
        taken = [column for column in with_indicators(columns, data) if column in table.columns]
        if inputs[name].dtype == "string" and (numbers := [column for column in taken if column in added]):
            column = numbers[0].removesuffix("_missing")
            rule = missing_rule(data.missing, column)
            context.error(
                codes.INVALID_IMPUTATION,
                f"the indicator of `{column}` is a number, and the input `{name}` takes text",
                None if rule is None else rule.path,
                help=f"take it in another input: `inputs: {{...: {numbers[0]}}}`; or let a text stand for the gaps: "
                f"`missing: {{{column}: unknown}}`",
            )
        mapping.inputs[name] = taken
    for indicator in added - set(mapping.input_columns):
        table.columns.pop(indicator, None)
