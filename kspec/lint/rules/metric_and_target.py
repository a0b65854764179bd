"""KS413: a metric that cannot measure what the output answers."""

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
    metrics_of,
    trained_outputs,
)

SPARSE = {
    "SparseCategoricalAccuracy": "categorical_accuracy",
    "SparseTopKCategoricalAccuracy": "TopKCategoricalAccuracy",
    "SparseCategoricalCrossentropy": "CategoricalCrossentropy",
}
"""Metrics of targets that are the class's number → those of a target with a number for each class."""

OF_CLASSES = {
    "TopKCategoricalAccuracy": "SparseTopKCategoricalAccuracy",
    "CategoricalCrossentropy": "SparseCategoricalCrossentropy",
    "CategoricalAccuracy": "sparse_categorical_accuracy",
    "BinaryAccuracy": "accuracy",
}
"""Metrics of a number for each class → those of the class's number."""

WITH_THRESHOLDS = frozenset({"AUC", "Precision", "Recall", "TruePositives", "TrueNegatives", "FalsePositives",
                             "FalseNegatives", "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity",
                             "SpecificityAtSensitivity", "BinaryAccuracy", "BinaryIoU"})  # fmt: skip
"""Metrics that hold probabilities against thresholds between 0 and 1."""

ELEMENT_BY_ELEMENT = WITH_THRESHOLDS | frozenset({
    "BinaryCrossentropy", "CategoricalAccuracy",
    "CategoricalCrossentropy", "TopKCategoricalAccuracy", "CategoricalHinge", "F1Score",
    "FBetaScore", "Hinge", "SquaredHinge", "KLDivergence", "MeanAbsoluteError", "MeanSquaredError", "R2Score",
    "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "RootMeanSquaredError", "LogCoshError", "Poisson",
    "CosineSimilarity", "ConcordanceCorrelation", "PearsonCorrelation",
})  # fmt: skip
"""Metrics for which a target has as many numbers as the answer."""

OF_SEVERAL_UNITS = frozenset({"CategoricalAccuracy", "TopKCategoricalAccuracy", *SPARSE})
SCORES = WITH_THRESHOLDS | {"F1Score", "FBetaScore"}


def check(context: RuleContext) -> None:
    """Holds each metric that is written against the form of its output's target and answer."""
    for output in trained_outputs(context):
        if output.function == "softmax" and output.units == 1:
            continue
        for name, arguments, path in metrics_of(context, output):
            _check(context, output, name, arguments, path)


def _check(context: RuleContext, output: Output, name: str, arguments: dict[str, Any], path: Path) -> None:
    def error(message: str, help: str, edits: Edits = ()) -> None:
        context.report.error(
            codes.METRIC_OUTPUT_MISMATCH, message, context.spec.positions.value(path), help=help, edits=edits
        )

    def warn(message: str, help: str, edits: Edits = ()) -> None:
        context.report.warning(
            codes.METRIC_OUTPUT_MISMATCH, message, context.spec.positions.value(path), help=help, edits=edits
        )

    other = OF_CLASSES.get(name, "") or SPARSE.get(name, "")
    swapped = replace(context, path, other) if other and not arguments else ()
    if output.loss in SPARSE_LOSSES:
        if name in ELEMENT_BY_ELEMENT and output.units != 1:
            error(f"`{name}` takes a number for each class, and the target of `{output.name}` is the class's number",
                  f"`{other}` does the same" if other else "the loss `categorical_crossentropy` makes it a number for "
                  "each class", swapped)  # fmt: skip
    elif name in SPARSE and output.units is not None and output.units > 1 and output.loss in CROSSENTROPIES:
        error(f"`{name}` takes the class's number, and the target of `{output.name}` has a number for each class",
              f"write `{other}`", swapped)  # fmt: skip
    elif name in OF_SEVERAL_UNITS and output.units == 1 and output.loss in BINARY_CROSSENTROPIES:
        cure = "binary_accuracy" if name.endswith("Accuracy") else "binary_crossentropy"
        warn(f"`{name}` tells several classes apart, and `{output.name}` is one unit: it says nothing here",
             f"write `{cure}`", replace(context, path, cure))  # fmt: skip
    elif name in SCORES and is_regression(output):
        warn(f"`{output.name}` is a number, and `{name}` measures classes: it says nothing here",
             "write `mean_absolute_error`, or another metric of numbers")  # fmt: skip
    elif _of_probabilities(output, name, arguments):
        _logits(context, output, name, path)


def _of_probabilities(output: Output, name: str, arguments: dict[str, Any]) -> bool:
    """Whether a metric holds logits against thresholds that are meant for probabilities."""
    if not output.logits or output.function != "linear":
        return False
    if output.loss not in BINARY_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES:
        return False
    if {"threshold", "thresholds", "from_logits", "top_k"} & arguments.keys():
        return False
    yes_or_no = name == "accuracy" and output.units == 1 and output.loss in BINARY_CROSSENTROPIES
    return name in WITH_THRESHOLDS or yes_or_no


def _logits(context: RuleContext, output: Output, name: str, path: Path) -> None:
    edits: Edits = ()
    text = f"end `{output.name}` with an activation, and leave out `from_logits`"
    if name == "AUC":
        text, edits = "write `AUC: {from_logits: true}`", _with(context, path, "AUC", "from_logits", "true")
    elif name in ("BinaryAccuracy", "accuracy"):
        text = "write `BinaryAccuracy: {threshold: 0}`: a logit of 0 is a probability of 0.5"
        edits = _with(context, path, "BinaryAccuracy", "threshold", "0")
    context.report.warning(
        codes.METRIC_OUTPUT_MISMATCH,
        f"`{name}` holds probabilities against a threshold, and `{output.name}` gives logits",
        context.spec.positions.value(path),
        help=text,
        edits=edits,
    )


def _with(context: RuleContext, path: Path, head: str, argument: str, value: str) -> Edits:
    written = next((p for p in context.spec.positions.values if len(p) == len(path) + 1 and p[:-1] == path), None)
    if written is not None:
        return add_argument(context, written, argument, value)
    return give_argument(context, path, head, argument, value)
