"""Missing values: reported with their rows, or treated as `missing:` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context, InvalidData
from kspec.data.storage.mapped_arrays import converted, copied, taken, without, zeros
from kspec.data.storage.mapped_texts import filled
from kspec.data.table import NUMERIC, Column, Table
from kspec.diagnostics import Path, codes, did_you_mean, nearest
from kspec.language.missing import IGNORE, NEIGHBORS, POLICIES, STATISTICS, MissingRule, missing_rule

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

NEED_NUMBERS = ("mean", "median")
KINDS: Mapping[str, str] = {"array": "arrays", "list": "lists", "image": "images", "audio": "sounds"}
"""Kinds of columns that no value fills, in words."""


class Policies:
    """How the spec treats the missing values of each column."""

    def __init__(self, setting: Any) -> None:
        self.setting = setting

    def of(self, column: str) -> MissingRule | None:
        """How the missing values of a column are treated; None if the spec does not say."""
        return missing_rule(self.setting, column)

    def fill_of(self, column: str) -> Any:
        """The policy or the fill value of a column; None if the spec does not say."""
        rule = self.of(column)
        return None if rule is None else rule.fill


def check_names(setting: Any, table: Table, context: Context) -> None:
    """Reports each key of `missing:` that is no column and no glob that matches one.

    Args:
        setting: The value of `missing`; only a mapping has keys.
        table: The table with the columns.
        context: Receives the errors.
    """
    for name in setting if isinstance(setting, Mapping) else ():
        if not any(fnmatchcase(column, name) or column == name for column in table.columns):
            label = did_you_mean(name, table.columns)
            context.error(
                codes.UNKNOWN_COLUMN, f"unknown column `{name}`", ("data", "missing", name), key=True, label=label
            )


def rows_to_keep(
    table: Table, columns: Iterable[str], policies: Policies, useless: Array, path: Path | None, context: Context
) -> Array:
    """The rows that `drop_row` leaves, as booleans, shape (rows,).

    Args:
        table: The table.
        columns: The columns in use.
        policies: How missing values are treated.
        useless: The rows of which every target is ignored, shape (rows,).
        path: The setting where an error is reported.
        context: Receives it.

    Raises:
        InvalidData: If no row is left.
    """
    kept: Array = ~useless
    for name in columns:
        if policies.fill_of(name) == "drop_row":
            kept &= ~table.columns[name].missing
    if not kept.any():
        context.error(codes.EMPTY_SPLIT, "every row has a missing value, so none is left", path)
        raise InvalidData
    return kept


def check_policies(table: Table, mapping: ColumnMapping, policies: Policies, kept: Array, context: Context) -> None:
    """Reports missing values without a policy, and policies that do not suit their column.

    Args:
        table: The table.
        mapping: The columns in use.
        policies: How missing values are treated.
        kept: The rows that are not dropped, as booleans, shape (rows,).
        context: Receives every problem.
    """
    import numpy

    targets = mapping.target_columns
    for name in dict.fromkeys([*mapping.input_columns, *targets]):
        column, rule = table.columns[name], policies.of(name)
        rows = numpy.flatnonzero(column.missing & kept)
        if rule is not None and rule.fill != "drop_row":
            if len(rows) or name in rule.path:
                feeds = {"is_target": name in targets, "is_input": name in mapping.input_columns}
                _check_fill(column, rule, context, has_gaps=bool(len(rows)), **feeds)
        elif len(rows):
            _report_missing(column, table.locate(rows), len(rows), name in targets, policies, context)


def _check_fill(
    column: Column, rule: MissingRule, context: Context, *, is_target: bool, is_input: bool, has_gaps: bool
) -> None:
    """Reports a fill value (or the policy for one) that a column cannot take.

    Args:
        column: The column.
        rule: How its gaps are treated.
        context: Receives the error.
        is_target: Whether an output is trained on it.
        is_input: Whether an input takes it.
        has_gaps: Whether a row lacks a value.
    """
    name = column.name
    if rule.fill == IGNORE:
        if is_input and has_gaps:
            what = "also feeds an input, whose gaps `ignore` leaves" if is_target else "is no target"
            help = f"drop these rows: `missing: {{{name}: drop_row}}`" if is_target else _available(column)
            context.error(codes.INVALID_IMPUTATION, f"`{name}` {what}", rule.path, help=help)
        return
    if is_target:
        context.error(
            codes.INVALID_IMPUTATION,
            f"`{name}` is a target, and missing targets cannot be imputed",
            rule.path,
            help=f"drop these rows: `missing: {{{name}: drop_row}}`; or with `ignore`, train the other outputs on them",
        )
        return
    for value, path in ((rule.fill, rule.path), (rule.otherwise, (*rule.path[:-1], "else"))):
        problem = None if value is None else _misfit(column, value)
        if problem is not None:
            message, label = problem
            context.error(codes.INVALID_IMPUTATION, message, path, label=label, help=_available(column))


def _report_missing(
    column: Column, location: str, count: int, is_target: bool, policies: Policies, context: Context
) -> None:
    name = column.name
    is_dropped = is_target or column.kind in KINDS
    policy = "drop_row" if is_dropped else "median" if column.kind in NUMERIC else "most_frequent"
    alternatives = "" if is_dropped else "; or `drop_row`, or a fixed value"
    context.error(
        codes.MISSING_VALUES,
        f"`{name}` has {count} missing value{'s' if count > 1 else ''}: {location}",
        ("data", "missing") if policies.setting is not None else ("data",),
        key=True,
        help=f"choose how to fill it: `missing: {{{name}: {policy}}}`{alternatives}",
    )


def _misfit(column: Column, policy: Any) -> tuple[str, str] | None:
    """Why a column cannot take a policy, and the suggested policy."""
    if column.kind in KINDS:
        return f"`{column.name}` holds {KINDS[column.kind]}, whose gaps no value can fill", ""
    if isinstance(policy, str) and policy in NEED_NUMBERS and column.kind not in NUMERIC:
        return f"`{column.name}` contains text, which has no {policy}", ""
    if isinstance(policy, str) and policy not in POLICIES and column.kind in NUMERIC:
        similar = nearest(policy, POLICIES)
        label = f"did you mean `{similar}`?" if similar else ""
        return f"`{policy}` is neither a number nor an imputation method for `{column.name}`", label
    return None


def _available(column: Column) -> str:
    policies = [
        policy for policy in POLICIES if policy != IGNORE and (column.kind in NUMERIC or policy not in NEED_NUMBERS)
    ]
    if column.kind in KINDS:
        word = "; a new column gives lists in cells a word: `columns: {x: coalesce(y, 'none')}`"
        return f"only `drop_row` suits it{word if column.kind == 'list' else ''}"
    return f"available policies: {', '.join(policies)}, or a fill value"


def fit_fills(
    table: Table, columns: Iterable[str], policies: Policies, train: Array, context: Context
) -> dict[str, Any]:
    """The fill value of each column, computed from the training rows only; plain JSON.

    Args:
        table: The table.
        columns: The columns to impute.
        policies: How missing values are treated.
        train: The indices of the training rows.
        context: Receives every problem.
    """
    fills = {}
    for name in columns:
        column, rule = table.columns[name], policies.of(name)
        if rule is None or rule.fill in ("drop_row", IGNORE):
            continue
        value, path = (rule.otherwise if rule.fill in NEIGHBORS else rule.fill), rule.path
        if value is None:
            continue
        if value in STATISTICS and column.missing[train].all():
            context.error(
                codes.INVALID_IMPUTATION,
                f"`{name}` has no value in any training row, so its {value} is undefined",
                path,
                help="drop the column, or set a fill value",
            )
        elif column.kind in (*NUMERIC, "text"):
            fills[name] = _fill_value(column, value, train)
    return {name: value for name, value in fills.items() if value is not None}


def _fill_value(column: Column, policy: Any, train: Array) -> Any:
    """The value that a policy gives; None for a policy of the whole table that does not suit this column."""
    if policy not in STATISTICS:
        if column.kind in NUMERIC and isinstance(policy, str):
            return None
        return policy if column.kind in NUMERIC else str(policy)
    if policy in NEED_NUMBERS and column.kind == "text":
        return None
    return statistic(policy, taken(column.values, without(train, column.missing)))


def statistic(name: str, present: Array) -> Any:
    """A statistic of the known values of a column, as plain JSON.

    Args:
        name: `mean`, `median` or `most_frequent`.
        present: A copy of the values, shape (n,); at least one. Their order may change.
    """
    import numpy

    if name == "most_frequent":
        return most_frequent(present)[0]
    present = converted(present, numpy.float64)
    return float(present.mean()) if name == "mean" else _median(present)


def _median(values: Array) -> float:
    """NumPy's median, which takes five times as long; the order of the values changes."""
    import numpy

    half = len(values) // 2
    values.partition(half)
    high = values[half]
    low = high if len(values) % 2 else values[:half].max()
    return float("nan") if numpy.isnan(values[half:].max()) else float((low + high) / 2) + 0.0  # no -0.0


def most_frequent(present: Array) -> tuple[Any, int]:
    """The most frequent of some values, and how often it occurs; of equally frequent values, the smallest."""
    import numpy

    if present.dtype != object:
        values, rows = numpy.unique(present, return_counts=True)
        return values[rows.argmax()].item(), int(rows.max())
    counts = Counter(present.tolist())
    most = max(counts.values())
    return min(value for value, count in counts.items() if count == most), most


def fill(table: Table, fills: Mapping[str, Any]) -> None:
    """Imputes missing values; an integer column becomes a float column if its fill value is not an integer."""
    import numpy

    for name, value in fills.items():
        column = table.columns.get(name)
        if column is None or not column.missing.any():
            continue
        if isinstance(value, str) and column.kind != "text":  # a column of text, all numbers in this file
            column.kind, column.values = "text", column.texts()
        if column.kind in NUMERIC:
            is_integer = float(value).is_integer()
            if column.kind == "boolean" or (column.kind == "integer" and not is_integer):
                column.kind = "integer" if is_integer else "float"
                column.values = converted(column.values, numpy.int64 if is_integer else numpy.float64)
        column.original_texts = None
        if column.kind == "text":
            column.values = filled(column.values, column.missing, str(value))
        else:
            column.values = copied(column.values)
            column.values[column.missing] = value
        column.missing = zeros(table.rows, bool, column.values)
