"""Files that a spec has written: they stay in the run folder."""

from __future__ import annotations

from kspec.lint.argument_check import Checker


def written_files(checker: Checker) -> None:
    """Checks where the predictions go; files of callbacks are checked with their arguments."""
    problem = checker.spec.paths.problem(checker.spec.document.predict.to, write=True)
    if problem is not None:
        problem.report(checker.report, checker.spec.positions.value(("predict", "to")))
