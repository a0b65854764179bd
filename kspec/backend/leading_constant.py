"""A constant as the first tensor of a merge layer: Keras takes only a symbol there, asking it whether it is sparse."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kspec.backend.operation_names import name_operations


def lead_with_symbol(tensors: list[Any], name: str) -> list[Any]:
    """The tensors of a merge layer, the first as a symbol of the model with the same values if only others are symbols.

    Args:
        tensors: Constants and symbols.
        name: The name of the layer.
    """
    anchor = next((tensor for tensor in tensors if isinstance(tensor, keras.KerasTensor)), None)
    if anchor is None or anchor is tensors[0]:
        return tensors
    zero = ops.sum(ops.zeros_like(anchor, dtype="int32"))  # whatever the anchor holds
    first = ops.take(ops.expand_dims(tensors[0], 0), zero, axis=0)
    name_operations([first], {id(anchor)}, f"{name}.first")
    return [first, *tensors[1:]]
