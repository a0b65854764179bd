"""A model → a SavedModel, which TensorFlow loads without Keras: `tf.saved_model.load`, TensorFlow Serving.

Its signature `serving_default` takes the columns of rows and gives predictions with their labels; its function `serve`
is the network alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.export.formats.serving import row_function, serving_function, silenced_stderr

LIBRARY = "tensorflow"


def write(context: ExportContext, path: Path) -> str:
    """Writes the folder."""
    endpoints = {"serve": serving_function(context.model, context.outputs)}
    models = [context.model]
    if context.rows is not None:
        endpoints["serving_default"] = row_function(context.rows)
        models.append(context.rows.model)
    with silenced_stderr():
        save(models, endpoints, path)
    return ""


def save(models: list[Any], endpoints: Mapping[str, Any], path: Path) -> None:
    """Writes a SavedModel.

    Args:
        models: The Keras models.
        endpoints: By name, functions that call them: from `serving_function`, `row_function`.
        path: The folder to write.
    """
    import keras

    archive = keras.export.ExportArchive()
    for model in models:
        archive.track(model)
    for name, function in endpoints.items():
        archive.add_endpoint(name, function)
    archive.write_out(str(path), verbose=False)


def predict(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of the network in the folder.

    Args:
        _: Not used.
        path: The SavedModel folder.
        inputs: Arrays of shape (examples, …) by input.

    Returns:
        Arrays of shape (examples, …) by output.
    """
    return _compute(path, "serve", inputs)


def predict_rows(_: ExportContext, path: Path, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of `serving_default`.

    Args:
        _: Not used.
        path: The SavedModel folder.
        tensors: Arrays of shape (rows, …) by tensor.

    Returns:
        Arrays of shape (rows, …) by prediction.
    """
    return _compute(path, "serving_default", tensors)


def _compute(path: Path, signature: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What a signature gives: arrays by output.

    Args:
        path: The SavedModel folder.
        signature: Its name.
        arrays: By tensor.
    """
    import tensorflow as tf

    with silenced_stderr():
        function = tf.saved_model.load(str(path)).signatures[signature]
        outputs = function(**{name: tf.convert_to_tensor(array) for name, array in arrays.items()})
    return {name: value.numpy() for name, value in outputs.items()}
