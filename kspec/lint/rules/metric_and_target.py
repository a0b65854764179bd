"""KS413: a metric that cannot measure the output."""

from __future__ import annotations

from typing import Any

from kspec.analysis.task_inference import SPARSE_LOSSES
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.accuracy_of_regression import is_regression
from kspec.lint.rules.shared.fixes import Edits, add_argument, give_argument, replace
from kspec.lint.rules.shared.outputs import (
    BINARY_CROSSENTROPIES,
    CATEGORICAL_CROSSENTROPIES,
    CROSSENTROPIES,
    Output,
    metric_span,
    metrics_of,
    trained_outputs,
)

SPARSE = {
    "SparseCategoricalAccuracy": "categorical_accuracy",
    "SparseTopKCategoricalAccuracy": "TopKCategoricalAccuracy",
    "SparseCategoricalCrossentropy": "CategoricalCrossentropy",
}
"""Metrics for integer class targets → those for one-hot targets."""

ONE_HOT = {
    "TopKCategoricalAccuracy": "SparseTopKCategoricalAccuracy",
    "CategoricalCrossentropy": "SparseCategoricalCrossentropy",
    "CategoricalAccuracy": "sparse_categorical_accuracy",
    "BinaryAccuracy": "accuracy",
}
"""Metrics for one-hot targets → those for integer class targets."""

WITH_THRESHOLDS = frozenset({"AUC", "Precision", "Recall", "TruePositives", "TrueNegatives", "FalsePositives",
                             "FalseNegatives", "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity",
                             "SpecificityAtSensitivity", "BinaryAccuracy", "BinaryIoU"})  # fmt: skip
"""Metrics that compare probabilities with thresholds between 0 and 1."""

ELEMENT_BY_ELEMENT = WITH_THRESHOLDS | frozenset({
    "BinaryCrossentropy", "CategoricalAccuracy",
    "CategoricalCrossentropy", "TopKCategoricalAccuracy", "CategoricalHinge", "F1Score",
    "FBetaScore", "Hinge", "SquaredHinge", "KLDivergence", "MeanAbsoluteError", "MeanSquaredError", "R2Score",
    "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "RootMeanSquaredError", "LogCoshError", "Poisson",
    "CosineSimilarity", "ConcordanceCorrelation", "PearsonCorrelation",
})  # fmt: skip
"""Metrics for which a target has as many values as the output."""

MULTICLASS = frozenset({"CategoricalAccuracy", "TopKCategoricalAccuracy", *SPARSE})
SCORES = WITH_THRESHOLDS | {"F1Score", "FBetaScore"}


def check(context: RuleContext) -> None:
    """Compares each metric in the spec with its output and the encoding of the target."""
    for output in trained_outputs(context):
        if output.function == "softmax" and output.units == 1:
            continue
        for name, arguments, path in metrics_of(context, output):
            _check_metric(context, output, name, arguments, path)


def _check_metric(
    context: RuleContext, output: Output, name: str, arguments: dict[str, Any], path: Path | None
) -> None:
    span = metric_span(context, output, path)

    def error(message: str, help: str, edits: Edits = ()) -> None:
        context.report.error(codes.METRIC_OUTPUT_MISMATCH, message, span, help=help, edits=edits)

    def warn(message: str, help: str, edits: Edits = ()) -> None:
        context.report.warning(codes.METRIC_OUTPUT_MISMATCH, message, span, help=help, edits=edits)

    other = ONE_HOT.get(name, "") or SPARSE.get(name, "")
    swapped = replace(context, path, other) if other and not arguments else ()
    if output.loss in SPARSE_LOSSES:
        if name in ELEMENT_BY_ELEMENT and output.units != 1:
            error(
                f"`{name}` expects one-hot targets, but the target of `{output.name}` is an integer class",
                f"write `{other}`" if other else "write the loss `categorical_crossentropy`, for one-hot targets",
                swapped,
            )
    elif name in SPARSE and output.units is not None and output.units > 1 and output.loss in CROSSENTROPIES:
        error(
            f"`{name}` expects an integer class, but the target of `{output.name}` is one-hot",
            f"write `{other}`",
            swapped,
        )
    elif name in MULTICLASS and output.units == 1 and output.loss in BINARY_CROSSENTROPIES:
        replacement = "binary_accuracy" if name.endswith("Accuracy") else "binary_crossentropy"
        warn(
            f"`{name}` is for several classes, and is meaningless for the single unit of `{output.name}`",
            f"write `{replacement}`",
            replace(context, path, replacement),
        )
    elif name in SCORES and is_regression(output):
        warn(
            f"`{name}` is meaningless for the regression output `{output.name}`",
            "write `mean_absolute_error`, or another regression metric",
        )
    elif _compares_logits(output, name, arguments):
        _report_logits(context, output, name, path)


def _compares_logits(output: Output, name: str, arguments: dict[str, Any]) -> bool:
    """Whether a metric compares logits, or the scores of a hinge loss, with thresholds for probabilities."""
    if {"threshold", "thresholds", "from_logits", "top_k"} & arguments.keys() or name not in WITH_THRESHOLDS:
        return False
    if output.logits:
        return output.function == "linear" and output.loss in BINARY_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES
    return output.settings.has_threshold and not output.settings.gives_probabilities


def _report_logits(context: RuleContext, output: Output, name: str, path: Path | None) -> None:
    edits: Edits = ()
    help = f"end `{output.name}` with an activation, and remove `from_logits`"
    if name == "AUC" and output.logits:
        help, edits = "write `AUC: {from_logits: true}`", _with_argument(context, path, "AUC", "from_logits", "true")
    elif name in ("BinaryAccuracy", "BinaryIoU", "Precision", "Recall"):
        argument = "threshold" if name.startswith("Binary") else "thresholds"
        help = f"write `{name}: {{{argument}: 0}}`"
        help += ": a logit of 0 is a probability of 0.5" if output.logits else ": the sign of a score is its class"
        edits = _with_argument(context, path, name, argument, "0")
    elif not output.logits:
        help = f"remove it, or end `{output.name}` with sigmoid, and write the loss `binary_crossentropy`"
    context.report.warning(
        codes.METRIC_OUTPUT_MISMATCH,
        f"`{name}` compares probabilities with a threshold, but `{output.name}` gives "
        + ("logits" if output.logits else "scores"),
        metric_span(context, output, path),
        help=help,
        edits=edits,
    )


def _with_argument(context: RuleContext, path: Path | None, head: str, argument: str, value: str) -> Edits:
    if path is None:
        return ()
    arguments = next((p for p in context.spec.positions.values if len(p) == len(path) + 1 and p[:-1] == path), None)
    if arguments is not None:
        return add_argument(context, arguments, argument, value)
    return give_argument(context, path, head, argument, value)
