"""The weights of a saved model → the model that its spec builds."""

from __future__ import annotations

import os
from typing import Any

from kspec.diagnostics import Report, Span
from kspec.importer.archive import read_model
from kspec.importer.document import document_of
from kspec.importer.layout import of_configuration, of_model, relaid
from kspec.importer.refused import Refused
from kspec.importer.weights import give, verified


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
    except Refused as refused:
        refused.tell(report, place)
