"""KS536: a column of an input that only numbers or names the rows."""

from __future__ import annotations

from kspec.analysis.data_profile import ColumnProfile
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.input_columns import columns_by_input, listed, place_of

LOOKUPS = frozenset({"StringLookup", "IntegerLookup"})


def check(context: RuleContext) -> None:
    """Finds integers that count the rows, and lookups with an entry for each row.

    The only column of the inputs is not looked at: a function of one number is learned from 0, 1, 2 ... as well.
    """
    inputs = dict(columns_by_input(context))
    if sum(map(len, inputs.values())) < 2:
        return
    for name, columns in inputs.items():
        is_looked_up = any(
            context.graph.callee(user).head in LOOKUPS
            for user in context.graph.calls
            if any(tensor.node == name for tensor in user.tensors())
        )
        names = [column.name for column in columns if _counts_rows(column) or (is_looked_up and _names_rows(column))]
        if names:
            context.report.warning(
                codes.IDENTIFIER_INPUT,
                f"{listed(names)} {'differ' if len(names) > 1 else 'differs'} in every row, like a row number or an "
                "id: nothing in it holds for other rows",
                place_of(context, name),
                help="take it out of the inputs" if len(names) == 1 else "take them out of the inputs",
            )


def _counts_rows(column: ColumnProfile) -> bool:
    """Whether a column holds each integer of a range once."""
    low, high, distinct = column.minimum, column.maximum, column.distinct
    if column.type != "integer" or low is None or high is None or distinct is None:
        return False
    return high - low + 1 == distinct and _is_unique(column)


def _names_rows(column: ColumnProfile) -> bool:
    return column.type in ("text", "integer") and _is_unique(column)


def _is_unique(column: ColumnProfile) -> bool:
    """Whether no value occurs twice."""
    return column.distinct is not None and column.rows == column.distinct
