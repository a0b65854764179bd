"""Outputs of the network → predictions, as Keras operations: probabilities, units, classes and labels.

The names are those of the arrays that `kspec predict` writes: of a classifier `NAME` is the label and
`NAME_probability` or `NAME_score` its numbers; of a regression `NAME` is the value. Without texts, `NAME` is the
numbers and `NAME_class` the number of the class, -1 for a row without a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from kspec.data.targets.encoding import TargetEncoding
from kspec.export.units import scaled_back

Tensor = Any
Meaning = Literal["probability", "score", "value", "class", "label"]
MOST_RANK = 3
"""Labels of more axes, such as those of pixels, are numbers of classes."""
_CLASSES = ("multiclass_classification", "multilabel_classification", "binary_classification")


@dataclass(slots=True)
class OutputTensor:
    """A tensor that an exported model returns.

    Args:
        name: Its name.
        output: The output of the network that it belongs to.
        meaning: What it is.
        labels: The labels of the classes, in the order of the last axis or of class numbers; empty without.
        threshold: From which value on the second of two classes is predicted; None without one.
    """

    name: str
    output: str
    meaning: Meaning
    labels: list[str]
    threshold: float | None = None


def output_tensors(
    encoding: TargetEncoding, tensor: Tensor, unusable: Tensor | None, *, texts: bool, doubles: bool
) -> list[tuple[OutputTensor, Tensor]]:
    """What is predicted for an output.

    Args:
        encoding: The classes of its target, its threshold and scale.
        tensor: The output of the network, shape (batch, …).
        unusable: Which rows have no prediction, shape (batch,); None if all have one.
        texts: Whether labels can be texts.
        doubles: Whether numbers of 64 bits can be computed.
    """
    settings = encoding.settings
    name, is_class = settings.name, settings.task in _CLASSES
    values = scaled_back(name, _probabilities(encoding, tensor), settings.scaling, doubles=doubles)
    values = _blank(values, float("nan"), unusable)
    if not is_class:
        squeezed = _squeezed(values) if texts else values
        return [(OutputTensor(name, name, "value", []), squeezed)]
    kind = settings.kind_of_value
    labels = labels_of(encoding, values.shape[-1])
    threshold = settings.threshold if settings.has_threshold else None
    classes = _classes(encoding, values, threshold)
    if not texts:
        number = _blank(classes, -1, unusable)
        return [
            (OutputTensor(name, name, kind, labels, threshold), values),
            (OutputTensor(f"{name}_class", name, "class", labels, threshold), number),
        ]
    if threshold is not None and encoding.settings.task == "binary_classification":
        values, classes = _squeezed(values), _squeezed(classes)
    numbers = OutputTensor(f"{name}_{kind}", name, kind, labels, threshold)
    spelled = _spelled(encoding, classes, unusable)
    if spelled is None:
        output = OutputTensor(name, name, "class", labels, threshold)
        return [(output, _blank(classes, -1, unusable)), (numbers, values)]
    return [(OutputTensor(name, name, "label", labels, threshold), spelled), (numbers, values)]


def labels_of(encoding: TargetEncoding, units: int | None) -> list[str]:
    """The labels of the classes of an output.

    Args:
        encoding: The encoding of its target.
        units: The number of its units.
    """
    if encoding.settings.task == "multiclass_classification":
        return encoding.names(units or 0)
    return [] if encoding.labels is None else list(encoding.labels.names)


def _probabilities(encoding: TargetEncoding, tensor: Tensor) -> Tensor:
    """Predictions with logits as probabilities, in at least 32 bits."""
    from keras import ops

    tensor = ops.cast(tensor, "float32") if tensor.dtype in ("float16", "bfloat16") else tensor
    if not encoding.settings.logits:
        return tensor
    if encoding.settings.task == "multiclass_classification":
        return ops.softmax(tensor, axis=-1)
    return ops.sigmoid(tensor)


def _classes(encoding: TargetEncoding, values: Tensor, threshold: float | None) -> Tensor:
    """The number of the class of each prediction, int64; without the last axis if there is a unit for each class."""
    from keras import ops

    if encoding.settings.task == "multiclass_classification":
        best = ops.top_k(values, 1)[1]  # neither ONNX nor LiteRT has what Keras's `argmax` is made of
        return ops.cast(ops.squeeze(best, axis=-1), "int64")
    return ops.cast(ops.greater(values, threshold), "int64")


def _spelled(encoding: TargetEncoding, classes: Tensor, unusable: Tensor | None) -> Tensor | None:
    """The labels of classes, the empty text of rows without a prediction; None if classes have no texts.

    Args:
        encoding: The encoding of the target.
        classes: Their numbers, shape (batch, …).
        unusable: Which rows have no prediction, shape (batch,).
    """
    from keras import ops

    labels, is_by_unit = encoding.labels, encoding.settings.task == "multiclass_classification"
    if labels is None or len(classes.shape) >= MOST_RANK + (0 if is_by_unit else 1):
        return None
    shifted = _blank(classes + 1, 0, unusable)
    if labels.columns and not is_by_unit:
        columns = [_looked_up(labels.of_column(at).names, shifted[:, at]) for at in range(classes.shape[-1])]
        return None if None in columns else ops.stack(columns, axis=-1)
    return _looked_up(labels.names, shifted)


def _looked_up(labels: list[str], indices: Tensor) -> Tensor | None:
    """The texts of labels; None if they are no vocabulary.

    Args:
        labels: The labels, class 0 first.
        indices: Numbers of classes from 1, 0 for none.
    """
    from keras import layers

    if "" in labels or len(set(labels)) < len(labels) or not labels:
        return None
    return layers.StringLookup(vocabulary=labels, invert=True, mask_token=None, oov_token="")(indices)


def _squeezed(values: Tensor) -> Tensor:
    """Values of one unit as shape (batch,); others as they are."""
    from keras import ops

    return ops.squeeze(values, axis=-1) if tuple(values.shape[1:]) == (1,) else values


def _blank(values: Tensor, nothing: float, unusable: Tensor | None) -> Tensor:
    """Values with nothing in rows that have no prediction.

    Args:
        values: Shape (batch, …).
        nothing: What stands for no prediction.
        unusable: Which rows have none, shape (batch,).
    """
    from keras import ops

    if unusable is None:
        return values
    rows = ops.reshape(unusable, (-1, *[1] * (len(values.shape) - 1)))
    return ops.where(rows, nothing, values)
