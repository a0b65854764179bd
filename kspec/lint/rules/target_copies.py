"""KS535: a column of an input that says what the target says."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.input_columns import columns_by_input, place_of


def check(context: RuleContext) -> None:
    """Finds columns that name the classes of a target in other words, or are its numbers in another unit."""
    for name, columns in columns_by_input(context):
        assert context.profile is not None
        for column in columns:
            target = context.profile.copies.get(column.name)
            if target is None:
                continue
            context.report.warning(
                codes.TARGET_COPY,
                f"`{column.name}` says the same as the target `{target}`: the model will only copy it",
                place_of(context, name),
                help=f"if `{column.name}` is not known when the model predicts, take it out of the inputs",
            )
