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
        marked = [column for column in columns if column.marks]
        far = [(column.name, number) for column in columns if (number := _outlier(column)) is not None]
        found = [_marks(column) for column in marked]
        found += [f"`{column}` has {number:g}" for column, number in far]
        if found:
            more = f" (and {len(found) - SHOWN} more columns)" if len(found) > SHOWN else ""
            named = ", ".join(f"{column.name}: [{', '.join(column.marks)}]" for column in marked[:SHOWN]) or "..."
            missing = f"{{{named}}}" if marked else named
            rest = "all" if marked and not far else "nearly all"
            context.report.info(
                codes.OUTLIERS,
                f"{', '.join(found[:SHOWN])}{more}, far from {rest} other rows",
                place_of(context, name),
                help=f"name a mark of missing values with `csv: {{missing: {missing}}}`, and leave out mistakes with "
                "`where`",
            )


def _marks(column: ColumnProfile) -> str:
    counts = " and ".join(f"{mark} in {rows:,}" for mark, rows in column.marks.items())
    return f"`{column.name}` has {counts} of {column.rows:,} rows"


def _outlier(column: ColumnProfile) -> float | None:
    """The number of a column that is farthest from its median, if that is far."""
    low, high, middle = column.minimum, column.maximum, column.median
    if low is None or high is None or middle is None or column.marks:
        return None
    spread = column.quantiles[-1] - column.quantiles[0]
    farthest = high if high - middle >= middle - low else low
    return farthest if spread > 0 and abs(farthest - middle) > FAR * spread else None
