"""Step 5, predict: probabilities or scores and the class they mean, or the values of a regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.data.pipeline import Batches
from kspec.data.targets.encoding import TargetEncoding
from kspec.data.targets.units import in_units
from kspec.ir.node import flat_order
from kspec.training.engine import Engine, engine_of

Array = np.ndarray[Any, Any]
Column = tuple[str, Array | Sequence[Any]]
"""A column's name and its values."""


def predict(
    engine: Engine, batches: Batches, outputs: Mapping[str, OutputSettings], steps: int | None = None
) -> dict[str, Array]:
    """Predicts, turns logits into probabilities, and scales values back to the unit of their column.

    Args:
        engine: Runs the model.
        batches: The examples.
        outputs: Settings by output.
        steps: How many batches to use; all by default.

    Returns:
        Predictions by output, shape (n, …).
    """
    raw = engine.predict(batches, steps)
    by_output = raw if isinstance(raw, dict) else {next(iter(outputs)): raw}
    values = {name: to_probabilities(np.asarray(by_output[name]), output) for name, output in outputs.items()}
    for name, scaling in ((name, output.scaling) for name, output in outputs.items()):
        if scaling is not None:
            values[name] = in_units(values[name], scaling).astype(scaling.dtype)
    return values


def predict_nodes(
    model: Any, inputs: Sequence[str], tensors: Mapping[str, Any], batches: Batches, steps: int | None = None
) -> dict[str, Array]:
    """Computes inner nodes of a model.

    Args:
        model: The Keras model.
        inputs: The names of its inputs.
        tensors: By name, Keras tensors of its nodes.
        batches: The examples.
        steps: How many batches to use; all by default.

    Returns:
        By name, the values for each example, shape (n, …).
    """
    if not tensors:
        return {}
    import keras

    by_input = dict(zip(flat_order(inputs), model.inputs, strict=True))
    inner = keras.Model(by_input if len(by_input) > 1 else model.inputs[0], dict(tensors))
    values: dict[str, Any] = engine_of(inner, "keras").predict(batches, steps)
    return {name: np.asarray(value) for name, value in values.items()}


def beside_outputs(nodes: Mapping[str, Array], outputs: Mapping[str, OutputSettings]) -> dict[str, Array]:
    """The nodes to write beside predictions: an output is there already, but as probabilities if it gives logits."""
    return {
        f"{name}_logits" if name in outputs else name: values
        for name, values in nodes.items()
        if name not in outputs or outputs[name].logits
    }


def to_probabilities(prediction: Array, settings: OutputSettings) -> Array:
    """Turns logits into probabilities; leaves any other prediction unchanged."""
    if not settings.logits:
        return prediction
    if settings.task == "multiclass_classification":
        shifted = np.exp(prediction - prediction.max(axis=-1, keepdims=True))
        softmax: Array = shifted / shifted.sum(axis=-1, keepdims=True)
        return softmax
    sigmoid: Array = 1.0 / (1.0 + np.exp(-prediction))
    return sigmoid


def predicted_classes(prediction: Array, settings: OutputSettings) -> Array:
    """The class of each example, as an index: by argmax, or by the threshold, as Keras's metrics compare."""
    if settings.task == "multiclass_classification":
        classes: Array = np.argmax(prediction, axis=-1)
        return classes
    return (prediction > settings.threshold).astype("int64")


def prediction_columns(name: str, prediction: Array, encoding: TargetEncoding) -> list[Column]:
    """The columns that one output adds to the table of predictions.

    Args:
        name: The output.
        prediction: Probabilities, scores or values, shape (n,) or (n, k).
        encoding: The classes of the output, and the names of its target's columns.

    Returns:
        Probabilities or scores, and class, of a classifier; the values of a regression.
    """
    settings = encoding.settings
    flat = prediction.reshape(len(prediction), -1)
    width = flat.shape[1]
    if settings.task == "multiclass_classification":
        names = encoding.names(width)
        shown = [(f"{name}_{suffix}", flat[:, i]) for i, suffix in enumerate(names)]
        return [*shown, (name, _label(predicted_classes(flat, settings), names))]
    labels, kind = encoding.labels, settings.kind_of_value
    if settings.task == "binary_classification" and width == 1:
        classes = predicted_classes(flat[:, 0], settings)
        return [(f"{name}_{kind}", flat[:, 0]), (name, _label(classes, [] if labels is None else labels.names))]
    suffixes = encoding.suffixes(width)
    if settings.task in ("multilabel_classification", "binary_classification"):
        classes = predicted_classes(flat, settings)
        shown = [(f"{name}_{suffix}_{kind}", flat[:, i]) for i, suffix in enumerate(suffixes)]
        spelled = [[] if labels is None else labels.of_column(i).names for i in range(width)]
        return [
            *shown,
            *((f"{name}_{suffix}", _label(classes[:, i], spelled[i])) for i, suffix in enumerate(suffixes)),
        ]
    if width == 1:
        return [(name, flat[:, 0])]
    return [(f"{name}_{suffix}", flat[:, i]) for i, suffix in enumerate(suffixes)]


def deviation_columns(name: str, deviation: Array, encoding: TargetEncoding) -> list[Column]:
    """The columns with the standard deviations of predictions of several models.

    Args:
        name: The output.
        deviation: The deviations, shape (n,) or (n, k).
        encoding: The classes of the output, and the names of its target's columns.

    Returns:
        A column `NAME_deviation` for each column of numbers that `prediction_columns` returns.
    """
    columns = prediction_columns(name, deviation, encoding)
    numbers = [(heading, values) for heading, values in columns if isinstance(values, np.ndarray)]
    return [(f"{heading}_deviation", values) for heading, values in numbers if values.dtype.kind == "f"]


def actual_columns(name: str, raw: Array, encoding: TargetEncoding) -> list[Column]:
    """The columns with what an output should have predicted, spelled as the predictions.

    Args:
        name: The output.
        raw: Its target, as in `DataSplit.targets`.
        encoding: The classes of the output, and the names of its target's columns.
    """
    labels = encoding.labels
    if labels is not None and labels.kind == "column":
        return [(f"{name}_actual", _label(labels.indices(raw), labels.names))]
    flat = raw.reshape(len(raw), -1)
    if flat.shape[1] == 1:
        return [(f"{name}_actual", encoding.spelled(flat[:, 0]))]
    return [
        (f"{name}_{suffix}_actual", encoding.spelled(flat[:, i], i))
        for i, suffix in enumerate(encoding.suffixes(flat.shape[1]))
    ]


def node_columns(name: str, values: Array) -> list[Column]:
    """The columns that a node adds to the table of predictions.

    Args:
        name: The node.
        values: Its values, shape (n,) or (n, k).
    """
    if values.ndim == 1:
        return [(name, values)]
    return [(f"{name}_{i}", values[:, i]) for i in range(values.shape[1])]


def _label(classes: Array, names: list[str]) -> Array | list[str]:
    """Each class by its name; a class without a name is its number."""
    return [names[index] if index < len(names) else str(index) for index in classes.tolist()] if names else classes


def fits_table(values: Array) -> bool:
    """Whether each example has a value or a row of values, so that a table can hold them."""
    return values.ndim <= 2
