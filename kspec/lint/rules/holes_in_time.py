"""KS569: windows over times with holes."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Finds columns of time that make more than a step, where windows end."""
    if context.profile is not None and context.profile.holes:
        context.report.info(
            codes.HOLES_IN_TIME,
            context.profile.holes,
            context.spec.positions.value(("data", "window", "time")),
            help="no window crosses a hole; state another step with `every`, or take the rows as they follow each "
            "other: `every: row`",
        )
