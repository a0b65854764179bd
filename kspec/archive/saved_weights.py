"""The weights of a saved model → the model that its spec builds."""

from __future__ import annotations

import os
from typing import Any

from kspec.archive.errors import ImportRefused
from kspec.archive.from_config import document_of
from kspec.archive.hdf5_layout import of_configuration, of_model, relaid
from kspec.archive.keras_file import read_model
from kspec.archive.weights import give, verified
from kspec.diagnostics import Report, Span


def load_saved(model: Any, path: str | os.PathLike[str], report: Report, place: Span) -> None:
    """Gives a Keras model that was built from a `.keras` archive's configuration the weights that are in it.

    Args:
        place: Where a spec cites the archive; what is wrong with it is reported there.
    """
    try:
        config = read_model(path).config
        imported = document_of(config, compiled=False)
        with verified(path) as source:
            fitting = source.with_name("fitting.weights.h5")
            relaid(source, fitting, of_configuration(config), dict(of_model(model)), imported.source_of)
            give(model, fitting)
    except ImportRefused as refused:
        refused.tell(report, place)
