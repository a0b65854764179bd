"""The files of initial weights."""

from __future__ import annotations

from collections.abc import Iterator

from kspec.diagnostics import Path as Place
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext

ENDINGS = (".weights.h5", ".keras")


def check(context: RuleContext) -> None:
    """Checks that each weights file may be read, has the right suffix, and exists."""
    if context.spec.is_trained:
        return
    report, positions = context.report, context.spec.positions
    for text, path in _weights_files(context):
        span, paths = positions.value(path), context.spec.paths
        problem = paths.problem(text) or (
            paths.file_problem(text, suffixes=ENDINGS) if text.endswith(ENDINGS) else None
        )
        if problem is not None:
            problem.report(report, span)
        elif not text.endswith(ENDINGS):
            report.error(
                codes.INVALID_ARGUMENT_VALUE,
                f"`{text}` is not a weights file",
                span,
                help="weights are read from `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`) files",
            )


def _weights_files(context: RuleContext) -> Iterator[tuple[str, Place]]:
    document = context.spec.document
    if document.weights is not None:
        yield document.weights, ("weights",)
    for name, model in document.models.items():
        if model.weights is not None:
            yield model.weights, ("models", name, "weights")
