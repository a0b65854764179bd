"""KS412: how often a number is hit exactly."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import PROBABILITIES
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import REGRESSION_LOSSES, Output, metrics_of, trained_outputs

ACCURACIES = frozenset({"accuracy", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
                        "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"})  # fmt: skip
CURE = "mean_absolute_error"


def check(context: RuleContext) -> None:
    """Looks for an accuracy among the metrics of a regression."""
    for output in trained_outputs(context):
        if not is_regression(output):
            continue
        metrics = list(metrics_of(context, output))
        has_cure = any(name == "MeanAbsoluteError" for name, _, _ in metrics)
        for name, _, path in metrics:
            if name in ACCURACIES:
                context.report.warning(
                    codes.ACCURACY_OF_REGRESSION,
                    f"`{output.name}` is a number, and an accuracy counts classes: it says nothing here",
                    context.spec.positions.value(path),
                    help="leave it out" if has_cure else f"write `{CURE}`",
                    edits=() if has_cure else replace(context, path, CURE),
                )
                has_cure = True


def is_regression(output: Output) -> bool:
    """Whether an output surely answers with a number: its loss is one of numbers, and nothing speaks for classes."""
    if output.settings.task != "regression" or output.loss not in REGRESSION_LOSSES:
        return False
    return output.task_stated or output.function not in PROBABILITIES | {"", "tanh"}
