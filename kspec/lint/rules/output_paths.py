"""The files that a spec writes: they must stay in the run folder."""

from __future__ import annotations

from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks the path of the predictions; those of callbacks are checked with their arguments."""
    problem = context.spec.paths.problem(context.spec.document.predict.to, write=True)
    if problem is not None:
        problem.report(context.report, context.spec.positions.value(("predict", "to")))
