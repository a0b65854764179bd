"""KS430: `accuracy` of several labels an example, which can mean two quantities."""

from __future__ import annotations

from kspec.analysis.accuracy import ACCURACY
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import metric_span, metrics_of, trained_outputs


def check(context: RuleContext) -> None:
    """Finds `accuracy` of multi-label outputs, where it is the share of right labels."""
    for output in trained_outputs(context):
        if output.settings.task != "multilabel_classification" or output.units in (1, None):
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
