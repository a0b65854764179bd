"""Losses and metrics of predictions that are at hand, by a model that returns what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.analysis.settings import OutputSettings, Settings
from kspec.data.pipeline import Batches
from kspec.data.targets.units import scaled
from kspec.language import Spec
from kspec.syntax.names import name_in_keras

if TYPE_CHECKING:
    import keras

Array = np.ndarray[Any, Any]


NO_ENSEMBLE = "the mean prediction is not evaluated: a layer masks positions, and only the models know which"
"""Why predictions at hand have no metrics."""


def evaluate_predictions(
    spec: Spec, settings: Settings, predictions: Mapping[str, Array], examples: Batches
) -> dict[str, float]:
    """Computes the losses and metrics of predictions; a loss is without regularization.

    Args:
        spec: The spec.
        settings: Losses and metrics by output.
        predictions: By output, shape (n, …): probabilities and scores, and values in the unit of their column.
        examples: The targets and weights of the same examples, unshuffled.

    Returns:
        Values by metric name, the loss first.
    """
    from kspec.training.engine import engine_of
    from kspec.training.evaluate import evaluate

    raw = {name: raw_output(predictions[name], output) for name, output in settings.outputs.items()}
    model = model_of(spec, settings, raw)
    batches = Batches(
        {_input_name(name): values for name, values in raw.items()},
        examples.targets,
        examples.weights,
        batch_size=examples.batch_size,
        shuffle=False,
        seed=0,
        single_target=examples.single_target,
    )
    return evaluate(engine_of(model, "keras"), batches)


def model_of(spec: Spec, settings: Settings, raw: Mapping[str, Array]) -> keras.Model:
    """A compiled model that returns what it is given.

    Args:
        spec: The spec.
        settings: Losses and metrics by output.
        raw: By output, what the model of the spec returns, shape (n, …).
    """
    import keras

    from kspec.training.compile import compile_model

    inputs, outputs = {}, {}
    for name, values in raw.items():
        tensor = keras.Input(values.shape[1:], dtype=str(values.dtype), name=_input_name(name))
        inputs[_input_name(name)] = tensor
        outputs[name] = keras.layers.Identity(name=name_in_keras(name), dtype=str(values.dtype))(tensor)
    is_single = len(outputs) == 1
    model = keras.Model(_only(inputs) if is_single else inputs, _only(outputs) if is_single else outputs)
    compile_model(model, spec, settings)
    return model


def _input_name(output: str) -> str:
    """The name of the input that takes the predictions of an output; Keras's names are unique in a model."""
    return f"predictions_of_{name_in_keras(output)}"


def _only(tensors: Mapping[str, Any]) -> Any:
    return next(iter(tensors.values()))


def masked_outputs(model: keras.Model) -> list[int]:
    """The outputs with a mask, by their place: their losses and metrics leave out positions that the values lack."""
    return [place for place, tensor in enumerate(model.outputs) if getattr(tensor, "_keras_mask", None) is not None]


def raw_output(prediction: Array, output: OutputSettings) -> Array:
    """What a model returns for a prediction: the inverse of what `predict` does with it.

    Args:
        prediction: Shape (n, …).
        output: The settings of the output.
    """
    values = prediction
    if output.scaling is not None:
        values = scaled(values, output.scaling)
    if output.logits:
        chances = np.clip(np.asarray(values, np.float64), np.finfo(np.float64).tiny, 1.0)
        values = np.log(chances)
        if output.task != "multiclass_classification":
            values = values - np.log1p(-np.minimum(chances, np.nextafter(1.0, 0.0)))
    return np.asarray(values, np.float32) if np.asarray(values).dtype == np.float64 else np.asarray(values)
