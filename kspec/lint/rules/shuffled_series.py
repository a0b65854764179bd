"""KS561: a series in time whose rows are split by chance."""

from __future__ import annotations

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.syntax.yaml_flow import to_yaml

SPLIT: Path = ("data", "split")


def check(context: RuleContext) -> None:
    """Finds tables with a row for each step of time of which a model would see the future in training."""
    if context.profile is None or not context.profile.series:
        return
    name = context.profile.series
    path = SPLIT if SPLIT in context.spec.positions.values else ("data",)
    context.report.warning(
        codes.SHUFFLED_SERIES,
        f"`{name}` has times at even steps, but chance splits the rows: training sees the future of the test rows",
        context.spec.positions.key(path),
        help=f"write `split: {{time: {to_yaml(name)}}}`",
    )
