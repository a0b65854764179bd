"""Slices of the examples of an evaluation: the value of an expression for each row."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.data.context import Context
from kspec.data.expressions.derivation import Evaluation
from kspec.data.expressions.duckdb_engine import Engine
from kspec.data.expressions.syntax import check_expression, report_place
from kspec.data.table import Table
from kspec.diagnostics import codes

MOST_SLICES = 100
"""How many values an expression of `slices` may have."""


def add_slices(table: Table, context: Context, types: Mapping[str, str]) -> dict[str, str]:
    """Adds the values of the expressions of `evaluate: {slices}` to a table, as texts, "" where there is none.

    Args:
        table: The table.
        context: Receives every problem.
        types: By column, its type in training; empty for training data.

    Returns:
        By column that an expression reads, its type.

    Raises:
        InvalidData: If there is a problem.
    """
    texts = context.spec.document.evaluate.slices
    if not texts:
        return {}
    with Engine(context.limits.memory) as engine:
        evaluation = Evaluation(table, engine, context, types)
        for number, text in enumerate(texts):
            path = ("evaluate", "slices", number)
            expression = check_expression(text, path, engine, context, list(table.columns))
            column = None if expression is None else evaluation.column(text, expression)
            if column is None:
                continue
            values = column.texts()
            if column.missing.any():
                values = values.copy()
                values[column.missing] = ""
            count = len(set(values.tolist()))
            if count > MOST_SLICES:
                report_place(
                    context,
                    path,
                    text,
                    codes.INVALID_DATA_EXPRESSION,
                    f"this has {count:,} different values, too many for slices of the evaluation",
                    help="compare it, as in `age > 60`, or round it, as in `floor(age / 10)`",
                )
            table.slices[text] = values
        context.stop_on_errors()
    return evaluation.types
