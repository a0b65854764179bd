"""KS571: windows that share rows, and a split by chance."""

from __future__ import annotations

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext

SPLIT: Path = ("data", "split")


def check(context: RuleContext) -> None:
    """Finds a split by chance whose parts would share rows."""
    data = context.spec.document.data
    if data is None or data.window is None or "split" not in data.model_fields_set:
        return
    if data.split.way not in ("", "hash"):
        return
    if data.split.folds is not None:
        context.report.error(
            codes.WINDOWS_IN_TWO_SPLITS,
            "the folds are drawn by chance, so that training would see rows that validation predicts",
            context.spec.positions.value((*SPLIT, "folds")),
            help="let each fold train on what lies before it: "
            + (f"add `time: {window_time}` to `split`" if (window_time := data.window.time) else "add `order: true`"),
        )
        return
    window = data.window
    needed = window.length + window.reach
    if window.stride >= needed or data.file_splits or not (data.split.validation or data.split.test):
        return
    context.report.error(
        codes.WINDOWS_IN_TWO_SPLITS,
        "the split is drawn by chance, so that training would see rows that validation and test predict",
        context.spec.positions.key(SPLIT),
        help=f"remove `split`, for one in {'time' if window.time else 'the order of the rows'}; or use windows that "
        f"share no row: `stride: {needed}`",
    )
