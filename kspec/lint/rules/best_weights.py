"""KS415: best weights chosen by the training data."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.logged_metrics import has_validation, logged_names, monitoring_callbacks
from kspec.lint.rules.shared.outputs import trained_outputs


def check(context: RuleContext) -> None:
    """Finds `restore_best_weights` without validation data, so that training data chooses the epoch."""
    if has_validation(context) is not False or not list(trained_outputs(context)):
        return
    names = logged_names(context) or {}
    for head, arguments, path, monitor in monitoring_callbacks(context):
        if arguments.get("restore_best_weights") is True and monitor in names:
            context.report.warning(
                codes.BEST_WEIGHTS_WITHOUT_VALIDATION,
                f"the best weights are chosen by `{monitor}` on the training data, as there is no validation data",
                context.spec.positions.value((*path, head, "restore_best_weights")),
                help="add a validation split, and monitor `val_loss`",
            )
