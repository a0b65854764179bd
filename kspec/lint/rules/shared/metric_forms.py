"""What each metric of Keras takes: the form of its target, and how it reads a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

TargetKind = Literal["elements", "one_hot", "classes"]
"""`elements`: a value for each unit. `one_hot`: a 1 at the class of an example. `classes`: the number of its class."""

Reading = Literal["values", "positive", "probabilities", "largest", "classes"]
"""`values`: as they are. `positive`: through a logarithm. `probabilities`: through thresholds between 0 and 1, or as
the probability of a class. `largest`: the unit with the largest value is the class. `classes`: the class's number."""


@dataclass(frozen=True, slots=True)
class MetricForm:
    """What a metric takes.

    Args:
        target: The form of its target.
        reading: How it reads a prediction.
        for_logits: The argument, as YAML, with which it reads logits instead of probabilities; empty if it has none.
        units: The fewest units of an output that it can measure.
        by_example: Whether it takes one prediction for an example only, none for each of several positions.
        is_score: Whether it measures yes and no, not numbers.
    """

    target: TargetKind
    reading: Reading
    for_logits: tuple[str, str] | None = None
    units: int = 1
    by_example: bool = False
    is_score: bool = True


_NUMBERS = MetricForm("elements", "values", is_score=False)
_DIRECTIONS = MetricForm("elements", "values", units=2, is_score=False)
_COUNTS = MetricForm("elements", "probabilities", ("thresholds", "0"))
_TRADE_OFF = MetricForm("elements", "probabilities")
_F_SCORE = MetricForm("one_hot", "largest", by_example=True)
_CLASS_IOU = MetricForm("classes", "classes")

_FORMS = {
    "MeanAbsoluteError": _NUMBERS,
    "MeanAbsolutePercentageError": _NUMBERS,
    "MeanSquaredError": _NUMBERS,
    "MeanSquaredLogarithmicError": _NUMBERS,
    "RootMeanSquaredError": _NUMBERS,
    "LogCoshError": _NUMBERS,
    "Hinge": _NUMBERS,
    "SquaredHinge": _NUMBERS,
    "R2Score": replace(_NUMBERS, by_example=True),
    "Poisson": replace(_NUMBERS, reading="positive"),
    "CosineSimilarity": _DIRECTIONS,
    "PearsonCorrelation": _DIRECTIONS,
    "ConcordanceCorrelation": _DIRECTIONS,
    "KLDivergence": MetricForm("elements", "probabilities"),
    "Accuracy": MetricForm("elements", "classes"),
    "BinaryAccuracy": MetricForm("elements", "probabilities", ("threshold", "0")),
    "BinaryIoU": MetricForm("elements", "probabilities", ("threshold", "0")),
    "BinaryCrossentropy": MetricForm("elements", "probabilities", ("from_logits", "true")),
    "AUC": MetricForm("elements", "probabilities", ("from_logits", "true")),
    "Precision": _COUNTS,
    "Recall": _COUNTS,
    "TruePositives": _COUNTS,
    "TrueNegatives": _COUNTS,
    "FalsePositives": _COUNTS,
    "FalseNegatives": _COUNTS,
    "PrecisionAtRecall": _TRADE_OFF,
    "RecallAtPrecision": _TRADE_OFF,
    "SensitivityAtSpecificity": _TRADE_OFF,
    "SpecificityAtSensitivity": _TRADE_OFF,
    "CategoricalAccuracy": MetricForm("one_hot", "largest", units=2),
    "TopKCategoricalAccuracy": MetricForm("one_hot", "largest", units=2),
    "CategoricalHinge": MetricForm("one_hot", "largest", units=2),
    "CategoricalCrossentropy": MetricForm("one_hot", "probabilities", ("from_logits", "true"), units=2),
    "SparseCategoricalAccuracy": MetricForm("classes", "largest", units=2),
    "SparseTopKCategoricalAccuracy": MetricForm("classes", "largest", units=2),
    "SparseCategoricalCrossentropy": MetricForm("classes", "probabilities", ("from_logits", "true"), units=2),
    "F1Score": _F_SCORE,
    "FBetaScore": _F_SCORE,
    "IoU": _CLASS_IOU,
    "MeanIoU": _CLASS_IOU,
    "OneHotIoU": MetricForm("one_hot", "largest", units=2),
    "OneHotMeanIoU": MetricForm("one_hot", "largest", units=2),
}
"""Keras's class → what it takes with its default arguments."""

CLASS_IOUS = frozenset({"IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"})
"""Metrics that count the pairs of classes, `num_classes` of them."""


def metric_form(name: str, arguments: Mapping[str, Any]) -> MetricForm | None:
    """What a metric takes with its arguments.

    Args:
        name: Keras's class.
        arguments: The arguments in the spec.

    Returns:
        None for `accuracy`, which Keras chooses to fit the output.
    """
    form = _FORMS.get(name)
    if form is None:
        return None
    if name in ("F1Score", "FBetaScore") and arguments.get("threshold") is not None:
        form = replace(form, target="elements", reading="probabilities")
    if name in CLASS_IOUS:
        if arguments.get("sparse_y_pred", form.reading == "classes"):
            form = replace(form, reading="classes")
        else:
            form = replace(form, reading="largest", units=2)
        if arguments.get("sparse_y_true") is False:
            form = replace(form, target="one_hot")
    if name == "AUC" and arguments.get("multi_label"):
        form = replace(form, by_example=True)
    if name in ("Precision", "Recall") and arguments.get("top_k") is not None:
        form = replace(form, reading="values", units=2)
    return form
