"""A model → a SavedModel, which TensorFlow loads without Keras: `tf.saved_model.load`, TensorFlow Serving."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.export.formats.serving import serving_function, silenced_stderr

LIBRARY = "tensorflow"


def write(context: ExportContext, path: Path) -> str:
    """Writes the folder; its function `serve` takes a dict of inputs and returns a dict of outputs."""
    with silenced_stderr():
        save(context.model, serving_function(context.model, context.outputs), path)
    return ""


def save(model: Any, function: Any, path: Path) -> None:
    """Writes a SavedModel.

    Args:
        model: The Keras model.
        function: The function that calls it, from `serving_function`.
        path: The folder to write.
    """
    import keras

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", function)
    archive.write_out(str(path), verbose=False)


def predict(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of the model in the folder.

    Args:
        _: Not used.
        path: The SavedModel folder.
        inputs: Arrays of shape (examples, …) by input.

    Returns:
        Arrays of shape (examples, …) by output.
    """
    import tensorflow as tf

    with silenced_stderr():
        loaded = tf.saved_model.load(str(path))
        outputs = loaded.serve({name: tf.convert_to_tensor(array) for name, array in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}
