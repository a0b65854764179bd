"""Files that a spec has written: they stay in the run folder."""

from __future__ import annotations

from kspec.language.path_check import path_problem
from kspec.lint.argument_check import Checker


def written_files(checker: Checker) -> None:
    """Checks where the predictions go; files of callbacks are checked with their arguments."""
    problem = path_problem(checker.spec.document.predict.to, checker.spec, write=True)
    if problem is not None:
        code, message, help = problem
        checker.report.error(code, message, checker.spec.positions.value(("predict", "to")), help=help)
