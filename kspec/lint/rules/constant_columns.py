"""KS537: columns of an input that are the same in every row."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.input_columns import columns_by_input, listed, place_of


def check(context: RuleContext) -> None:
    """Finds columns with a single value and no gaps, of which the model can learn nothing."""
    for name, columns in columns_by_input(context):
        names = [column.name for column in columns if column.distinct == 1 and not column.missing]
        if names:
            context.report.info(
                codes.CONSTANT_COLUMN,
                f"{listed(names)} {'have' if len(names) > 1 else 'has'} the same value in every row",
                place_of(context, name),
                help=f"take {'them' if len(names) > 1 else 'it'} out of the inputs, or see that the file is complete",
            )
