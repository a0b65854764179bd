"""KS415: the best epoch, chosen by what training itself minimises."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.logged_metrics import has_validation, logged_names, monitoring_callbacks
from kspec.lint.rules.shared.outputs import trained_outputs


def check(context: RuleContext) -> None:
    """Looks for `restore_best_weights` where there is no validation part, so that training rows choose the epoch."""
    if has_validation(context) is not False or not list(trained_outputs(context)):
        return
    names = logged_names(context) or {}
    for head, arguments, path, monitor in monitoring_callbacks(context):
        if arguments.get("restore_best_weights") is True and monitor in names:
            context.report.warning(
                codes.BEST_WEIGHTS_WITHOUT_VALIDATION,
                f"the best weights are those with the best `{monitor}` on the rows that were trained on",
                context.spec.positions.value((*path, head, "restore_best_weights")),
                help="give the split a validation part, and watch `val_loss`",
            )
