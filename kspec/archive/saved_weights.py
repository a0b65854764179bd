"""Load the weights of a saved model into the model that its spec builds."""

from __future__ import annotations

import os
from typing import Any

from kspec.archive.errors import ImportRefused
from kspec.archive.from_config import spec_from_config
from kspec.archive.hdf5_layout import groups_of_config, groups_of_model, rearrange_weights
from kspec.archive.keras_file import read_model
from kspec.archive.weights import give, verified_copy
from kspec.diagnostics import Report, Span
from kspec.syntax.regular_files import Opener, open_regular


def load_saved(
    model: Any, path: str | os.PathLike[str], report: Report, place: Span, opener: Opener = open_regular
) -> None:
    """Load the weights of a `.keras` archive into a Keras model that was built from the archive's configuration.

    Args:
        model: The Keras model.
        path: The archive.
        report: Receives the error if the weights cannot be loaded.
        place: Where a spec references the archive.
        opener: Opens the archive.
    """
    try:
        config = read_model(path, opener).config
        imported = spec_from_config(config, compiled=False)
        with verified_copy(path, opener) as source:
            fitting = source.with_name("fitting.weights.h5")
            rearrange_weights(
                source, fitting, groups_of_config(config), dict(groups_of_model(model)), imported.source_of
            )
            give(model, fitting)
    except ImportRefused as refused:
        refused.report(report, place)
