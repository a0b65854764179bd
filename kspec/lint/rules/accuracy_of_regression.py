"""KS412: an accuracy as the metric of a regression."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import PROBABILITIES
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import REGRESSION_LOSSES, Output, metrics_of, trained_outputs

ACCURACIES = frozenset({"accuracy", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
                        "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"})  # fmt: skip
REPLACEMENT = "mean_absolute_error"


def check(context: RuleContext) -> None:
    """Finds accuracies among the metrics of a regression."""
    for output in trained_outputs(context):
        if not is_regression(output):
            continue
        metrics = list(metrics_of(context, output))
        has_replacement = any(name == "MeanAbsoluteError" for name, _, _ in metrics)
        for name, _, path in metrics:
            if name in ACCURACIES:
                context.report.warning(
                    codes.ACCURACY_OF_REGRESSION,
                    f"`{name}` is meaningless for the regression output `{output.name}`",
                    context.spec.positions.value(path),
                    help="remove it" if has_replacement else f"write `{REPLACEMENT}`",
                    edits=() if has_replacement else replace(context, path, REPLACEMENT),
                )
                has_replacement = True


def is_regression(output: Output) -> bool:
    """Whether an output is certainly a regression: by its task and loss, and no activation suggests classes."""
    if output.settings.task != "regression" or output.loss not in REGRESSION_LOSSES:
        return False
    return output.task_declared or output.function not in PROBABILITIES | {"", "tanh"}
