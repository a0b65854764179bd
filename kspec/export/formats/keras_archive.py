"""A model → a `.keras` file without the optimizer's state.

That of a run takes the columns of rows and gives predictions with their labels; the network is a layer of it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.export.formats.serving import predict as predict_with

LIBRARY = "keras"
MEMBER = "signature.json"
"""The member of the archive that says what the model takes and gives; Keras ignores it."""


def write(context: ExportContext, path: Path) -> str:
    """Writes the model with its weights."""
    if context.rows is None or path.suffix != ".keras":
        context.rows = None
        context.model.save(path)
        return "" if path.suffix == ".keras" or not context.signature else "HDF5 holds the network alone"
    context.rows.model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps(context.signature, ensure_ascii=False))
    return ""


def predict(context: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of the model in the file, if it is the network.

    Args:
        context: Holds the names of the outputs, and the classes outside Keras.
        path: The `.keras` file.
        inputs: Arrays of shape (examples, …) by input.

    Returns:
        Arrays of shape (examples, …) by output.
    """
    return predict_with(_loaded(context, path), context.outputs, inputs)


def predict_rows(context: ExportContext, path: Path, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of the model in the file.

    Args:
        context: Holds the classes outside Keras.
        path: The `.keras` file.
        tensors: Arrays of shape (rows, …) by tensor.

    Returns:
        Arrays of shape (rows, …) by prediction.
    """
    import tensorflow as tf

    model = _loaded(context, path)
    result = model({name: tf.convert_to_tensor(array) for name, array in tensors.items()}, training=False)
    return {name: value.numpy() for name, value in result.items()}


def _loaded(context: ExportContext, path: Path) -> Any:
    import keras

    return keras.models.load_model(path, custom_objects=context.own_classes(), compile=False, safe_mode=True)
