"""A model → a `.keras` file without the optimizer's state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.export.formats.serving import predict as predict_with

LIBRARY = "keras"


def write(context: ExportContext, path: Path) -> str:
    """Writes the model with its weights."""
    context.model.save(path)
    return ""


def predict(context: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of the model in the file.

    Args:
        context: Holds the names of the outputs, and the classes outside Keras.
        path: The `.keras` file.
        inputs: Arrays of shape (examples, …) by input.

    Returns:
        Arrays of shape (examples, …) by output.
    """
    import keras

    model = keras.models.load_model(path, custom_objects=context.own_classes(), compile=False, safe_mode=True)
    return predict_with(model, context.outputs, inputs)
