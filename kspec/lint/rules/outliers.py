"""KS538: numbers far beyond all others of their column."""

from __future__ import annotations

from kspec.analysis.data_profile import ColumnProfile
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.input_columns import SHOWN, columns_by_input, place_of

FAR = 20
"""How far, in units of the range from the 5% to the 95% quantile."""


def check(context: RuleContext) -> None:
    """Finds columns of inputs with a number that lies far from the middle, as marks of missing values do."""
    for name, columns in columns_by_input(context):
        far = [(column.name, number) for column in columns if (number := _outlier(column)) is not None]
        if far:
            shown = ", ".join(f"`{column}` has {number:g}" for column, number in far[:SHOWN])
            more = f" (and {len(far) - SHOWN} more columns)" if len(far) > SHOWN else ""
            context.report.info(
                codes.OUTLIERS,
                f"{shown}{more}, far from nearly all other rows",
                place_of(context, name),
                help="name a mark of missing values with `csv: {missing: ...}`, and leave out mistakes with `where`",
            )


def _outlier(column: ColumnProfile) -> float | None:
    """The number of a column that is farthest from its median, if that is far."""
    low, high, middle = column.minimum, column.maximum, column.median
    if low is None or high is None or middle is None:
        return None
    spread = column.quantiles[-1] - column.quantiles[0]
    farthest = high if high - middle >= middle - low else low
    return farthest if spread > 0 and abs(farthest - middle) > FAR * spread else None
