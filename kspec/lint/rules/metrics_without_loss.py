"""KS413: metrics and loss weights of an output that has no loss."""

from __future__ import annotations

from kspec.analysis.per_output import is_by_output
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Finds settings of outputs without a target or with the loss `null`, which are only predicted."""
    assert context.settings is not None
    settings, outputs = context.spec.document.compile, context.settings.outputs
    untrained = {name for name, output in outputs.items() if output.loss is None and output.task is not None}
    for key in ("metrics", "weighted_metrics"):
        metrics = getattr(settings, key)
        if is_by_output(metrics, outputs, "metric"):
            for name in untrained & {name for name, own in metrics.items() if own}:
                _report(context, key, name, f"the metrics of `{name}` are not computed", "remove them")
    for name in untrained & (settings.loss_weights or {}).keys():
        _report(context, "loss_weights", name, f"the loss weight of `{name}` has no effect", "remove it")


def _report(context: RuleContext, key: str, name: str, message: str, help: str) -> None:
    """Reports a setting of an output that has no loss.

    Args:
        context: The network.
        key: The setting of `compile`.
        name: The output.
        message: What does not happen.
        help: What to do.
    """
    loss = context.spec.document.compile.loss
    is_null = isinstance(loss, dict) and loss.get(name, ...) is None
    context.report.warning(
        codes.METRIC_OUTPUT_MISMATCH,
        f"{message}: {'its loss is null' if is_null else 'it has no target'}",
        context.spec.positions.value(("compile", key, name)),
        help=f"{help}, or give it a loss" if is_null else help,
    )
