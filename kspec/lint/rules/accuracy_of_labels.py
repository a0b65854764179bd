"""KS430: `accuracy` of several labels an example, which can mean two quantities."""

from __future__ import annotations

from kspec.analysis.accuracy import ACCURACY
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.accuracy_of_regression import is_regression
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import Output, metric_span, metrics_of, trained_outputs


def check(context: RuleContext) -> None:
    """Finds `accuracy` of multi-label outputs, where it is the share of right labels."""
    for output in trained_outputs(context):
        if output.units in (1, None):
            continue
        if output.settings.task == "regression" and output.function == "sigmoid" and not is_regression(output):
            _check_largest_unit(context, output)
        if output.settings.task != "multilabel_classification":
            continue
        for name, arguments, path in metrics_of(context, output):
            if name != "BinaryAccuracy" or arguments.get("name") not in (ACCURACY, "acc"):
                continue
            threshold = arguments.get("threshold", 0.5)
            right = "binary_accuracy" if threshold == 0.5 else f"{{BinaryAccuracy: {{threshold: {threshold}}}}}"
            context.report.warning(
                codes.ACCURACY_OF_LABELS,
                f"`accuracy` of `{output.name}` is the share of right labels, not of examples with all labels right",
                metric_span(context, output, path),
                help=f"write `{right}`, which says so",
                edits=replace(context, path, right),
            )


def _check_largest_unit(context: RuleContext, output: Output) -> None:
    """Reports `accuracy` of sigmoid units with a loss of numbers, which may be classes or labels."""
    for name, _, path in metrics_of(context, output):
        if name == ACCURACY:
            context.report.warning(
                codes.ACCURACY_OF_LABELS,
                f"`accuracy` of `{output.name}` looks only for the largest unit, but its sigmoid lets several be true",
                metric_span(context, output, path),
                help="for several labels write `binary_accuracy`; for one class, `activation: softmax`",
                edits=replace(context, path, "binary_accuracy"),
            )
