"""A model → a folder that TensorFlow loads without Keras: `tf.saved_model.load`, TensorFlow Serving."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.export.formats.serving import in_silence, serving_function

CHECKER = "tensorflow"


def write(subject: ExportContext, path: Path) -> str:
    """Writes the folder; its function `serve` takes a dict of inputs and gives a dict of outputs."""
    with in_silence():
        save(subject.model, serving_function(subject.model, subject.outputs), path)
    return ""


def save(model: Any, function: Any, path: Path) -> None:
    """Writes a SavedModel of a model that is called through a function."""
    import keras

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", function)
    archive.write_out(str(path), verbose=False)


def answers(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the folder's model answers."""
    import tensorflow as tf

    with in_silence():
        loaded = tf.saved_model.load(str(path))
        given = loaded.serve({name: tf.convert_to_tensor(array) for name, array in inputs.items()})
    return {name: value.numpy() for name, value in given.items()}
