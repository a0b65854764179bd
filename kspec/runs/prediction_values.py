"""What predictions are, as columns whose distributions can be compared: values, probabilities, classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.contract.parts import Bins, Seen
from kspec.data.profile.training_columns import SAMPLED, number_facts
from kspec.training.predict import predicted_classes

if TYPE_CHECKING:
    from kspec.data.targets.encoding import TargetEncoding

Array = np.ndarray[Any, Any]
MOST_VALUES = 16
"""Of more values or labels by example, all are looked at together."""


def prediction_values(predictions: Mapping[str, Array], encodings: Mapping[str, TargetEncoding]) -> dict[str, Any]:
    """Columns of predictions by `output`, or `output.part`: numbers, shape (n,), or the texts of classes, a list.

    Args:
        predictions: By output, shape (n, …); probabilities or scores of classifiers.
        encodings: By output, the classes and columns of its target.
    """
    columns: dict[str, Any] = {}
    for name, values in predictions.items():
        columns |= _columns(name, np.asarray(values), encodings[name])
    return columns


def _columns(name: str, values: Array, encoding: TargetEncoding) -> dict[str, Any]:
    """The columns of an output.

    Args:
        name: Its name.
        values: Its predictions, shape (n, …).
        encoding: The classes and columns of its target.
    """
    settings = encoding.settings
    if settings.task == "multiclass_classification" and values.ndim >= 2:
        names = encoding.names(values.shape[-1])
        classes = _some(predicted_classes(values, settings).ravel())
        kind = settings.kind_of_value
        return {
            name: [names[index] for index in classes.tolist()],
            f"{name}.{kind}": _some(values.max(axis=-1).ravel()),
        }
    if values.ndim == 2 and 1 < values.shape[1] <= MOST_VALUES:
        parts = encoding.suffixes(values.shape[1])
        return {f"{name}.{part}": _some(values[:, at]) for at, part in enumerate(parts)}
    return {name: _some(values.ravel())}


def _some(values: Array) -> Array:
    """Some of the values at even distances, as many as a contract looks at."""
    return values if len(values) <= SAMPLED else values[np.arange(SAMPLED) * len(values) // SAMPLED]


def seen_in(column: Any) -> Seen:
    """What a column of predictions has.

    Args:
        column: Numbers, shape (n,), or a list of texts.
    """
    if isinstance(column, list):
        counts = Counter(column)
        return Seen(rows=len(column), categories=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))
    facts = number_facts(column.astype(float))
    bins = facts.pop("bins", None)
    return Seen(rows=len(column), bins=None if bins is None else Bins(**bins), **facts)
