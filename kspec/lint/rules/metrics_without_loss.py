"""KS413: metrics of an output that has no loss."""

from __future__ import annotations

from kspec.analysis.per_output import is_by_output
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Finds metrics of outputs without a target or with the loss `null`, which are only predicted."""
    assert context.settings is not None
    settings = context.spec.document.compile
    outputs = context.settings.outputs
    loss = settings.loss
    losses = loss if isinstance(loss, dict) and is_by_output(loss, outputs, "loss") else {}
    for key in ("metrics", "weighted_metrics"):
        metrics = getattr(settings, key)
        if not is_by_output(metrics, outputs, "metric"):
            continue
        for name, own in metrics.items():
            if not own or name not in outputs or outputs[name].loss is not None or outputs[name].task is None:
                continue
            path: Path = ("compile", key, name)
            reason = "its loss is null" if losses.get(name, ...) is None else "it has no target"
            context.report.warning(
                codes.METRIC_OUTPUT_MISMATCH,
                f"the metrics of `{name}` are not computed: {reason}",
                context.spec.positions.value(path),
                help="remove them" + (", or give it a loss" if reason == "its loss is null" else ""),
            )
