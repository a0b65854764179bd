"""Gaps in other data, in columns without a `missing:` policy: they take the value that is usual in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.analysis.index_limits import index_limits, lookups
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.missing.imputation import Policies, fill, most_frequent, statistic
from kspec.data.parallel import in_parallel
from kspec.data.sources.read_request import Request
from kspec.data.storage.mapped_arrays import taken, without
from kspec.data.storage.scratch import copied_for_a_while, shared_scratch
from kspec.data.table import NUMERIC, Column, Table
from kspec.data.value_checks import FLOATS, read_numbers
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN = 12
SHOWN_LETTERS = 40
WORDS = {"median": "median", "most_frequent": "most frequent value"}


def usual_values(
    table: Table, mapping: ColumnMapping, policies: Policies, fills: Mapping[str, Any], train: Array, request: Request
) -> dict[str, dict[str, Any]]:
    """What a gap in other data takes, by column: the statistic of the training rows, and its value; plain JSON.

    Windows have none: what is not known yet is no gap. Nor have new columns, whose gap may come of a wrong value.

    Args:
        table: The table of training.
        mapping: The columns of each input.
        policies: How the spec treats gaps.
        fills: The columns that it fills.
        train: The indices of the training rows.
        request: What is read.
    """
    if mapping.windows:
        return {}
    graph = None if request.values is None else request.values.graph
    sources = [] if graph is None else [each.source for each in index_limits(graph)]
    sources += [] if graph is None else [each.source for each in lookups(graph)]
    categories = {source.name for source in sources if source.kind == "input"}
    takes: list[tuple[Column, str]] = []
    for name, columns in mapping.inputs.items():
        dtype = "int32" if name in categories and request.inputs[name].dtype != "string" else request.inputs[name].dtype
        for column in columns:
            if column not in fills and column not in table.sources and policies.fill_of(column) != "drop_row":
                takes.append((table.columns[column], dtype))
    with shared_scratch():
        values = in_parallel(lambda each: _usual_value(each[0], train, each[1]), takes, len(takes) * len(train))
    usual: dict[str, dict[str, Any]] = {}
    for (source, _), value in zip(takes, values, strict=True):
        if value:
            usual[source.name] = value if "median" not in value else usual.get(source.name, value)
    return usual


def _usual_value(column: Column, train: Array, dtype: str) -> dict[str, Any]:
    """The statistic of a column in training, and its value; empty if it has none, such as texts that all differ.

    Args:
        column: The column.
        train: The indices of the training rows.
        dtype: What its input takes; only floats take a value between two others.
    """
    if column.kind not in (*NUMERIC, "text") or (column.kind == "text" and dtype != "string"):
        return {}
    rows = without(train, column.missing)
    if not len(rows):
        return {}
    if column.kind in ("integer", "float") and dtype in FLOATS:
        with copied_for_a_while(column.values, rows) as present:
            return {"median": statistic("median", present)}
    value, count = most_frequent(taken(column.texts() if dtype == "string" else column.values, rows))
    return {} if dtype == "string" and count == 1 else {"most_frequent": value}


def fill_gaps(table: Table, mapping: ColumnMapping, usual: Mapping[str, Mapping[str, Any]], context: Context) -> None:
    """Fills the gaps of other data in columns whose gaps the spec does not say how to fill, each with a warning.

    Args:
        table: The table; gets the values.
        mapping: The columns of each input.
        usual: As `usual_values` returns it.
        context: Receives the warnings.
    """
    import numpy

    gaps = [name for name in mapping.input_columns if name in usual and _can_fill(table.columns[name], usual[name])]
    for name in gaps:
        rows, (kind, value) = numpy.flatnonzero(table.columns[name].missing), next(iter(usual[name].items()))
        if name in gaps[:SHOWN]:
            shown = f"`{value[:SHOWN_LETTERS]}`" if isinstance(value, str) else f"{value:g}"
            values = "1 missing value" if len(rows) == 1 else f"{len(rows):,} missing values"
            takes = "takes" if len(rows) == 1 else "take"
            _warn(
                f"`{name}` has {values}, and training had none: {table.locate(rows)} {takes} the {WORDS[kind]} of "
                f"training, {shown}",
                context,
            )
        fill(table, {name: value})
    if len(gaps) > SHOWN:
        _warn(f"{len(gaps) - SHOWN} more columns have missing values where training had none, filled alike", context)


def _can_fill(column: Column, usual: Mapping[str, Any]) -> bool:
    """Whether a column has gaps, and values of the kind that training had."""
    is_text = any(isinstance(value, str) for value in usual.values())
    return bool(column.missing.any()) and (is_text or column.kind != "text" or read_numbers(column) is not None)


def _warn(message: str, context: Context) -> None:
    help = "fill the gaps in the file, or train with a rule for them: `missing: {column: median}`"
    context.warning(codes.UNSEEN_GAPS, message, context.source_path, help=help)
