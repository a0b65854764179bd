"""Columns → the raw targets and the sample weights of outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.lists.arrays import padded_column, padded_target
from kspec.data.lists.mapping import is_lists
from kspec.data.storage.mapped_arrays import converted, stacked
from kspec.data.table import NUMERIC, Column, Table
from kspec.data.targets.yes_no import yes_no_pair
from kspec.data.value_checks import by_row, non_finite, read_numbers
from kspec.diagnostics import Path, codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def all_finite(column: Column, table: Table, path: Path, context: Context) -> bool:
    """Whether all numbers of a column are finite; others are reported.

    Args:
        column: The column.
        table: Its table, to name rows.
        path: The setting that names the column.
        context: Receives the error.
    """
    import numpy

    rows = numpy.flatnonzero(non_finite(column))
    if not len(rows):
        return True
    value = "a non-finite number" if column.kind == "array" else "an infinite value"
    message = f"`{column.name}` has {value} in {table.locate(rows)}"
    what = "NaN or infinity" if column.kind == "array" else "infinity"
    help = context.remedy(f"correct the data: a model cannot learn from {what}")
    context.error(codes.NON_FINITE_VALUES, message, path, help=help)
    return False


def target_array(name: str, table: Table, mapping: ColumnMapping, context: Context, positions: dict[str, Array]) -> Any:
    """The raw target of an output.

    Args:
        name: The output.
        table: The table with its columns.
        mapping: The columns of each output.
        context: Receives the errors.
        positions: Receives which positions of a target of lists are real, shape (rows, length).

    Returns:
        An array of shape (rows,), (rows, k) for k columns, or (rows, length, …) for lists; None if they cannot be a
        target, which is reported.
    """
    import numpy

    columns = [table.columns[column] for column in mapping.targets[name]]
    path = mapping.places[name]
    if any(column.kind == "image" for column in columns):
        context.error(
            codes.INCOMPATIBLE_DATA_TYPE,
            f"the target of `{name}` is an image column",
            path,
            help="use the column `class`",
        )
        return None
    if name in mapping.lists and mapping.lists[name].is_text:
        return columns[0].texts().astype(object)
    if name in mapping.lists:
        columns[0], positions[name] = padded_target(columns[0], mapping.lists[name])
    if not all(all_finite(column, table, path, context) for column in columns):
        return None
    if len(columns) == 1:
        return columns[0].values
    for column in columns:
        if column.kind not in NUMERIC:
            content, wanted = "contains arrays", "numeric"
            if column.kind == "text":
                row, value = _odd_text(column)
                content = f'has text: "{value[:40]}" in {table.locate([row])}'
                if yes_no_pair({value}) is None:
                    wanted = "numeric or yes/no"
                else:
                    content += _third_value(columns, table)
            context.error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"a target of {len(columns)} columns must be {wanted}, but `{column.name}` {content}",
                path,
                help=context.remedy("name one column of labels, or only columns of numbers or of yes and no"),
            )
            return None
    values = [column.values for column in columns]
    return stacked(values, numpy.result_type(*values))


def _third_value(columns: Sequence[Column], table: Table) -> str:
    """The first number that makes a column no yes/no column, for the end of a sentence; empty if there is none."""
    import numpy

    for column in columns:
        if column.kind in NUMERIC and (rows := numpy.flatnonzero((column.values != 0) & (column.values != 1))).size:
            return (
                f", and for yes/no columns `{column.name}` has {column.values[rows[0]]:g} in {table.locate(rows[:1])}"
            )
    return ""


def _odd_text(column: Column) -> tuple[int, str]:
    """The row and the text of the first value that makes a column of text no yes/no column."""
    texts = [str(text) for text in column.texts().tolist()]
    known: set[str] = set()
    first = None
    for row, text in enumerate(texts):
        if column.missing[row]:
            continue
        first = row if first is None else first
        if yes_no_pair({*known, text}) is None:
            return row, text
        known.add(text)
    return first or 0, texts[first or 0]


def weight_array(output: str, table: Table, mapping: ColumnMapping, context: Context) -> Any:
    """The sample weights of an output.

    Args:
        output: The output.
        table: The table with the column of its weights.
        mapping: The weight column of each output.
        context: Receives the errors.

    Returns:
        A float32 array of shape (rows,), or (rows, *positions) for a weight at each position; None if the weights are
        invalid, which is reported.
    """
    import numpy

    column = table.columns[mapping.weights[output]]
    if output in mapping.lists and is_lists(column):
        column, _ = padded_column(column, mapping.lists[output])
    setting = context.spec.document.data.weights if context.spec.document.data else None
    path: Path = ("data", "weights", output) if isinstance(setting, dict) else ("data", "weights")
    if column.values.dtype.kind not in "fiub":
        message, numbers = f"column `{column.name}` contains no numbers, so it cannot hold sample weights", None
        if column.kind == "text" and (numbers := read_numbers(column)) is not None and numbers[1].any():
            rows = numpy.flatnonzero(numbers[1])
            message = f'`{column.name}` has text: "{column.texts()[rows[0]][:40]}" in {table.locate(rows)}'
        context.error(codes.INVALID_SAMPLE_WEIGHTS, message, path, help="weights must be numbers, 0 or greater")
        return None
    values = converted(column.values, numpy.float64)
    for bad, problem in (
        (column.missing, "a missing value"),
        (~numpy.isfinite(values), "a non-finite number"),
        (values < 0, "a negative weight"),
    ):
        rows = numpy.flatnonzero(by_row(bad))
        if len(rows):
            message = f"`{column.name}` has {problem} in {table.locate(rows)}"
            context.error(codes.INVALID_SAMPLE_WEIGHTS, message, path, help="weights must be 0 or greater")
            return None
    if not (values > 0).any():
        context.error(
            codes.INVALID_SAMPLE_WEIGHTS, f"every weight in `{column.name}` is 0, so nothing would be learned", path
        )
        return None
    return converted(values, numpy.float32)
