"""KS539: columns whose values differ between training and another split."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.input_columns import SHOWN, columns_by_input, place_of


def check(context: RuleContext) -> None:
    """Finds columns of inputs whose distribution in validation or test is far from that in training."""
    for name, columns in columns_by_input(context):
        assert context.profile is not None
        drift = {
            column.name: context.profile.drift[column.name]
            for column in columns
            if column.name in context.profile.drift
        }
        if drift:
            names = sorted(drift, key=lambda column: -drift[column][1])
            shown = ", ".join(f"`{column}` ({drift[column][0]}, by {drift[column][1]:.0%})" for column in names[:SHOWN])
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            context.report.info(
                codes.SPLIT_DRIFT,
                f"the values of {shown}{more} are distributed otherwise than in training",
                place_of(context, name),
                help="a score on that split tells how the model does on other data than it has learned from",
            )
