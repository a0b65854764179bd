"""Files with the weights that a model starts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kspec.diagnostics import Path as Place
from kspec.diagnostics import codes, did_you_mean
from kspec.language.path_check import path_problem
from kspec.lint.argument_check import Checker

ENDINGS = (".weights.h5", ".keras")


def initial_weights(checker: Checker) -> None:
    """Checks that each file of weights may be read, is one by its name, and is there."""
    report, positions = checker.report, checker.spec.positions
    for text, path in _written(checker):
        span, file = positions.value(path), checker.spec.folder / text
        problem = path_problem(text, checker.spec, write=False)
        if problem is not None:
            code, message, help = problem
            report.error(code, message, span, help=help)
        elif not text.endswith(ENDINGS):
            report.error(
                codes.INVALID_ARGUMENT_VALUE,
                f"`{text}` is no file of weights by its name",
                span,
                help="weights are read from `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`)",
            )
        elif not file.is_file():
            near = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
            report.error(
                codes.UNREADABLE_DATA,
                f"there is no file `{text}`",
                span,
                label=did_you_mean(Path(text).name, [name for name in near if name.endswith(ENDINGS)]),
                help="it is looked for in the spec's folder",
            )


def _written(checker: Checker) -> Iterator[tuple[str, Place]]:
    document = checker.spec.document
    if document.weights is not None:
        yield document.weights, ("weights",)
    for name, model in document.models.items():
        if model.weights is not None:
            yield model.weights, ("models", name, "weights")
