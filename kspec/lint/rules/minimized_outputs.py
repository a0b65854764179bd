"""KS103, KS217, KS413, KS439: outputs that are themselves losses (`loss: {kl: minimize}`)."""

from __future__ import annotations

from kspec.analysis.per_output import is_by_output
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import has_value_per_example
from kspec.syntax.yaml_flow import shape_text


def check(context: RuleContext) -> None:
    """Finds minimized outputs that are no loss of each example, and settings that would need their targets."""
    assert context.settings is not None
    for name, output in context.settings.outputs.items():
        if output.is_minimized:
            _check_values(context, name)
            _check_settings(context, name)


def _check_values(context: RuleContext, name: str) -> None:
    """Reports an output that is not differentiable, or not a value for each example."""
    assert context.types is not None
    tensor = context.graph.outputs[name]
    shape, dtype = context.types.tensor(tensor)
    path: Path = ("compile", "loss")
    if isinstance(context.spec.document.compile.loss, dict):
        path = (*path, name)
    place = context.spec.positions.value(path)
    if "float" not in dtype:
        context.report.error(
            codes.INVALID_VALUE,
            f"`{name}` cannot be minimized: its dtype is {dtype}, which has no gradient",
            place,
            help="minimize an output of floating-point numbers",
        )
    elif not has_value_per_example(context, tensor):
        context.report.error(
            codes.NO_VALUE_PER_EXAMPLE,
            f"`{name}` has no value for each example: its shape is {shape_text(shape)}",
            place,
            help="keep the batch axis: kspec takes the mean over the examples",
        )


def _check_settings(context: RuleContext, name: str) -> None:
    """Reports metrics and class weights of an output without a target."""
    settings, positions = context.spec.document.compile, context.spec.positions
    for key in ("metrics", "weighted_metrics"):
        metrics = getattr(settings, key)
        by_output = metrics is not None and is_by_output(metrics, context.graph.outputs, "metric")
        own = metrics.get(name) if by_output else metrics if len(context.graph.outputs) == 1 else None
        if own:
            context.report.error(
                codes.METRIC_OUTPUT_MISMATCH,
                f"`{name}` is minimized: it has no target that a metric could compare it with",
                positions.value(("compile", key, name) if by_output else ("compile", key)),
                help=f"remove the metrics of `{name}`; its mean is logged as its loss",
            )
    class_weight = context.spec.document.fit.class_weight
    if isinstance(class_weight, dict) and name in class_weight:
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            f"`{name}` is minimized: it has no classes to weigh",
            positions.key(("fit", "class_weight", name)),
            help=f"remove `{name}` from `class_weight`",
        )
