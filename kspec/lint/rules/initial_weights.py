"""Files with the weights that a model starts from."""

from __future__ import annotations

from collections.abc import Iterator

from kspec.diagnostics import Path as Place
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext

ENDINGS = (".weights.h5", ".keras")


def check(context: RuleContext) -> None:
    """Checks that each file of weights may be read, is one by its name, and is there."""
    report, positions = context.report, context.spec.positions
    for text, path in _written(context):
        span, paths = positions.value(path), context.spec.paths
        problem = paths.problem(text) or (
            paths.file_problem(text, suffixes=ENDINGS) if text.endswith(ENDINGS) else None
        )
        if problem is not None:
            problem.report(report, span)
        elif not text.endswith(ENDINGS):
            report.error(
                codes.INVALID_ARGUMENT_VALUE,
                f"`{text}` is no file of weights by its name",
                span,
                help="weights are read from `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`)",
            )


def _written(context: RuleContext) -> Iterator[tuple[str, Place]]:
    document = context.spec.document
    if document.weights is not None:
        yield document.weights, ("weights",)
    for name, model in document.models.items():
        if model.weights is not None:
            yield model.weights, ("models", name, "weights")
