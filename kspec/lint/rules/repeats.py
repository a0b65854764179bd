"""KS576: repeated training without data, or of all folds."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Finds `repeats` that cannot be."""
    document = context.spec.document
    if document.fit.repeats is None:
        return
    place = context.spec.positions.key(("fit", "repeats"))
    if document.data is None:
        message = "`repeats` trains several times, and the spec has no data to train on"
        context.report.error(codes.INVALID_REPEATS, message, place, help="add `data`, or remove `repeats`")
    elif document.data.split.folds is not None and document.data.split.fold is None:
        context.report.error(
            codes.INVALID_REPEATS,
            "`repeats` and `folds` both train several times, and only one of them can",
            place,
            help="remove one of them; or repeat one fold: `split: {folds: 5, fold: 1}`",
        )
