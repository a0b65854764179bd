"""What preprocessing layers have learned from data, which no variable holds but the functions traced for them do."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras.src.layers.preprocessing.index_lookup import IndexLookup

LEARNED = ("vocabulary", "idf_weights", "bin_boundaries")
"""The entries of a layer's configuration that hold what it has learned."""
_OF_LOOKUPS = (
    "lookup_table",
    "token_counts",
    "token_document_counts",
    "num_documents",
    "idf_weights",
    "idf_weights_const",
    "input_vocabulary",
    "input_idf_weights",
    "_frozen_vocab_size",
)
"""The attributes of a lookup that hold its vocabulary."""


def learns_unknown(layer: Any) -> bool:
    """Whether a layer learns from data in a way that is not known here."""
    known = (keras.layers.Normalization, keras.layers.Discretization, keras.layers.TextVectorization, IndexLookup)
    return hasattr(layer, "adapt") and not isinstance(layer, known)


def has_same_state(layer: Any, other: Any) -> bool:
    """Whether two layers of one class have learned the same.

    Args:
        layer: A layer.
        other: The other.
    """
    one, two = _learned(layer), _learned(other)
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def move_state(layer: Any, other: Any) -> None:
    """Gives a layer what another of its class has learned; variables have moved already.

    Args:
        layer: The layer.
        other: The other, which is no longer needed.
    """
    attributes, own = vars(layer), vars(other)
    if isinstance(layer, keras.layers.Normalization):
        attributes["mean"], attributes["variance"] = own["mean"], own["variance"]
    elif isinstance(layer, keras.layers.Discretization):
        attributes["bin_boundaries"], attributes["summary"] = own["bin_boundaries"], own["summary"]
    elif isinstance(layer, IndexLookup):
        attributes.update({name: own[name] for name in _OF_LOOKUPS if name in own})


def _learned(layer: Any) -> list[Any]:
    """What a layer has learned, as arrays; nothing for a layer that holds it in variables, or learns nothing."""
    if isinstance(layer, keras.layers.Normalization):
        return [np.asarray(value) for value in (layer.mean, layer.variance) if value is not None]
    if isinstance(layer, keras.layers.Discretization):
        return [np.asarray(layer.bin_boundaries or [])]
    if isinstance(layer, IndexLookup):
        weights = getattr(layer, "idf_weights", None)
        return [np.asarray(layer.get_vocabulary()), np.asarray([] if weights is None else weights)]
    return []
