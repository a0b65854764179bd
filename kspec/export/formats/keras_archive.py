"""A model → a `.keras` file, without the state of its training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.export.formats.serving import answer

CHECKER = "keras"


def write(subject: ExportContext, path: Path) -> str:
    """Writes the model with its weights."""
    subject.model.save(path)
    return ""


def answers(subject: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the file's model answers."""
    import keras

    model = keras.models.load_model(path, custom_objects=subject.own_classes(), compile=False, safe_mode=True)
    return answer(model, subject.outputs, inputs)
