"""KS412: an accuracy as the metric of a regression, or of scores from -1 to 1."""

from __future__ import annotations

from kspec.analysis.task_inference import suggests_classes
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import REGRESSION_LOSSES, Output, metric_span, metrics_of, trained_outputs
from kspec.lint.rules.shared.targets import target_of

ACCURACIES = frozenset({"accuracy", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
                        "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"})  # fmt: skip
REPLACEMENT = "mean_absolute_error"


def check(context: RuleContext) -> None:
    """Finds accuracies among the metrics of a regression."""
    for output in trained_outputs(context):
        if _is_signed(context, output):
            _report_signed(context, output)
        if not is_regression(output) or _is_text(context, output):
            continue
        metrics = list(metrics_of(context, output))
        has_replacement = any(name == "MeanAbsoluteError" for name, _, _ in metrics)
        for name, _, path in metrics:
            if name in ACCURACIES:
                stops = (
                    name.startswith("Sparse") and output.units != 1
                )  # Keras finds no class number in a row of values
                report = context.report.error if stops else context.report.warning
                report(
                    codes.ACCURACY_OF_REGRESSION,
                    f"`{name}` is meaningless for the regression output `{output.name}`",
                    metric_span(context, output, path),
                    help=("remove it" if has_replacement else f"write `{REPLACEMENT}`") + for_classes(output),
                    edits=() if has_replacement else replace(context, path, REPLACEMENT),
                )
                has_replacement = True


def _is_signed(context: RuleContext, output: Output) -> bool:
    """Whether an output gives numbers from -1 to 1, and its targets may be below 0."""
    if output.function != "tanh" or output.loss not in REGRESSION_LOSSES or is_regression(output):
        return False
    target = target_of(context, output.name)
    return output.units == 1 and (target is None or target.minimum is None or target.minimum < 0)


def _report_signed(context: RuleContext, output: Output) -> None:
    """Reports accuracies that compare with 0 and 1."""
    for name, arguments, path in metrics_of(context, output):
        if name in ("accuracy", "BinaryAccuracy") and "threshold" not in arguments:
            context.report.warning(
                codes.ACCURACY_OF_REGRESSION,
                f"`{name}` compares with the classes 0 and 1, but the tanh of `{output.name}` is for -1 and 1",
                metric_span(context, output, path),
                help=f"for two classes write the loss `hinge`; for numbers, the metric `{REPLACEMENT}`",
            )


def _is_text(context: RuleContext, output: Output) -> bool:
    """Whether the target is text: then the output is wrong, not the metric (KS508)."""
    target = target_of(context, output.name)
    return target is not None and any(column.type == "text" for column in target.columns)


def for_classes(output: Output) -> str:
    """The end of a help that says what to write if the output was meant for classes; empty for a declared task."""
    if output.task_declared or output.loss_path is not None:
        return ""
    return f"; for classes, end `{output.name}` with sigmoid or softmax"


def is_regression(output: Output) -> bool:
    """Whether an output is certainly a regression: by its task and loss, and no activation suggests classes."""
    if output.settings.task != "regression" or output.loss not in REGRESSION_LOSSES:
        return False
    return output.task_declared or not suggests_classes(output.function)
