"""The files that a spec writes: they must stay in the run folder, and each must be written by one alone."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from kspec.diagnostics import Path, Related, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.training_parts import callbacks

OF_THE_RUN = (
    *("spec.yaml", "resolved.yaml", "run.json", "summary.txt", "model.keras", "model.svg", "model.png"),
    *("history.csv", "history.png", "metrics.json", "confusion*.png"),
)
"""The files that every run writes into its folder."""
WRITTEN = ("filepath", "filename")
"""The arguments of callbacks that name a file to write."""


def check(context: RuleContext) -> None:
    """Checks the path of the predictions, and that no two parts of the run write the same file."""
    to = context.spec.document.predict.to
    problem = context.spec.paths.problem(to, write=True)
    if problem is not None:
        problem.report(context.report, context.spec.positions.value(("predict", "to")))
    writers: dict[str, Path | None] = {posixpath.normpath(to): ("predict", "to")}
    _check_file(context, "the predictions are", posixpath.normpath(to), ("predict", "to"), {})
    for part in callbacks(context):
        for argument in WRITTEN:
            file = part[argument]
            if isinstance(file, str):
                path = (*part.inside, argument)
                _check_file(context, f"`{part.name}` is", posixpath.normpath(file), path, writers)


def _check_file(context: RuleContext, subject: str, file: str, path: Path, writers: dict[str, Path | None]) -> None:
    """Reports a file that something else writes too, and adds it to those that are written.

    Args:
        context: The network.
        subject: Begins the sentence: `the predictions are`.
        file: The file, relative to the run folder.
        path: Where the spec names it.
        writers: File → where the spec names it.
    """
    positions = context.spec.positions
    own = next((name for name in OF_THE_RUN if fnmatchcase(file, name)), "")
    if own:
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"{subject} to write `{file}`, and every run writes a file of this name itself",
            positions.value(path),
            help="choose another name",
        )
    elif file in writers and (before := writers[file]) is not None:
        related = (Related("first written here", positions.value(before)),) if before in positions.values else ()
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"{subject} to write `{file}`, which something else writes too",
            positions.value(path),
            help="choose another name",
            related=related,
        )
    writers.setdefault(file, path)
