"""Loads the initial weights that a spec names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kspec.diagnostics import Path, Report
from kspec.language import Spec

if TYPE_CHECKING:
    from kspec.backend.keras_model import BuiltNetwork


def load_initial_weights(spec: Spec, network: BuiltNetwork, report: Report) -> None:
    """Loads the weights of the sub-models, then of the whole model.

    Args:
        spec: Names the files.
        network: The built model and its sub-models.
        report: Receives files that cannot be read or do not fit.
    """
    if spec.is_trained:
        return
    from kspec.archive.saved_weights import load_saved
    from kspec.archive.weights import load_weights

    opener = spec.paths.open_file
    for name, model in spec.document.models.items():
        inner = network.models.get(name)
        if inner is None:
            continue
        if file := model.application_weights():
            span = spec.positions.value(("models", name, "application", model.application_call[0], "weights"))
            load_weights(inner.model, spec.folder / file, report, span, opener)
            continue
        path: Path = ("models", name, "weights" if model.weights is not None else "file")
        if model.weights is not None:
            load_weights(inner.model, spec.folder / model.weights, report, spec.positions.value(path), opener)
        elif model.file is not None and not model.file.endswith(".json"):
            load_saved(inner.model, spec.folder / model.file, report, spec.positions.value(path), opener)
    if spec.document.weights is not None:
        span = spec.positions.value(("weights",))
        load_weights(network.model, spec.folder / spec.document.weights, report, span, opener)
