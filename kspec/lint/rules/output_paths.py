"""The files that a spec writes: they must stay in the run folder, and each must be written by one alone."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from kspec.diagnostics import Path, Related, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.file_templates import template_problem
from kspec.lint.rules.shared.training_parts import callbacks
from kspec.syntax.regular_files import shown_path

OF_THE_RUN = (
    *("spec.yaml", "resolved.yaml", "run.json", "summary.txt", "model.keras", "model.svg", "model.png"),
    *("history.csv", "history.png", "metrics.json", "confusion*.png", "files", "latest"),
)
"""The files and folders that every run writes into its folder, in small letters: some file systems ignore case."""
WRITTEN = ("filepath", "filename")
"""The arguments of callbacks that name a file to write."""
FOLDERS = ("log_dir",)
"""Those that name a folder, which several callbacks may share."""


def check(context: RuleContext) -> None:
    """Checks the path of the predictions, and that no two parts of the run write the same file."""
    to, place = context.spec.document.predict.to, ("predict", "to")
    problem = context.spec.paths.problem(to, write=True)
    writers: dict[str, Path | None] = {}
    if problem is not None:
        problem.report(context.report, context.spec.positions.value(place))
    else:
        file = posixpath.normpath(to)
        stem = posixpath.splitext(file)[0]
        _check_file(context, "the predictions are", to, place, {})
        writers = dict.fromkeys((file, f"{stem}.npz", f"{stem}_nodes.npz"), place)
    for part in callbacks(context):
        for argument in (*WRITTEN, *FOLDERS):
            name = part[argument]
            if not isinstance(name, str) or context.spec.paths.problem(name, write=True) is not None:
                continue  # reported with the arguments
            path = (*part.inside, argument)
            if part.name == "ModelCheckpoint" and (reason := template_problem(name)):
                context.report.error(
                    codes.INVALID_ARGUMENT_VALUE,
                    f"`{argument}` of `ModelCheckpoint` {reason}",
                    context.spec.positions.value(path),
                    help="write a quantity as `{epoch}`, `{epoch:02d}` or `{val_loss:.2f}`",
                )
            else:
                _check_file(context, f"`{part.name}` is", name, path, {} if argument in FOLDERS else writers)


def _check_file(context: RuleContext, subject: str, name: str, path: Path, writers: dict[str, Path | None]) -> None:
    """Reports a file that something else writes too, and adds it to those that are written.

    Args:
        context: The network.
        subject: Begins the sentence: `the predictions are`.
        name: The file, relative to the run folder.
        path: Where the spec names it.
        writers: File → where the spec names it.
    """
    positions, file = context.spec.positions, posixpath.normpath(name)
    first = file.partition("/")[0].casefold()
    own = next((each for each in OF_THE_RUN if fnmatchcase(first, each)), "")
    if file == "." and path[-1] not in FOLDERS:
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"{subject} to write `{shown_path(name)}`, which is the run folder itself",
            positions.value(path),
            help="name a file",
        )
    elif own:
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"{subject} to write `{shown_path(file)}`, and every run writes a file of this name itself"
            if first == file.casefold()
            else f"{subject} to write `{shown_path(file)}`, and every run writes `{first}` itself",
            positions.value(path),
            help="choose another name",
        )
    elif file in writers and (before := writers[file]) is not None:
        related = (Related("first written here", positions.value(before)),) if before in positions.values else ()
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"{subject} to write `{shown_path(file)}`, which something else writes too",
            positions.value(path),
            help="choose another name",
            related=related,
        )
    writers.setdefault(file, path)
