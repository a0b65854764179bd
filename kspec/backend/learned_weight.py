"""The head `weight`: a learned tensor in a functional model, made of Keras's own layers and ops.

A functional model keeps only layers that depend on an input. So a one is computed from the first input, whatever that
holds, and a `PReLU` is called on minus one: its output is minus its weights, exactly. The saved model loads without
kspec, and initializers see the weight's own shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops


def call_learned_weight(anchor: Any, arguments: Mapping[str, Any], name: str) -> tuple[keras.Layer, Any]:
    """A layer with a weight, and the tensor of that weight's shape, without a batch axis.

    Args:
        anchor: A tensor that depends on an input of the model.
        arguments: The arguments of the entry: `shape`, `initializer`, `regularizer`, `constraint`, `dtype`.
        name: The name of the layer.
    """
    shape = tuple(arguments["shape"])
    options = {f"alpha_{word}": arguments[word] for word in ("regularizer", "constraint") if word in arguments}
    layer = keras.layers.PReLU(
        alpha_initializer=arguments.get("initializer", "glorot_uniform"),
        **options,
        dtype=arguments.get("dtype"),
        name=name,
    )
    one = ops.prod(ops.ones_like(anchor, dtype="float32"))
    value = layer(ops.broadcast_to(-one, (1, *shape)))
    return layer, ops.squeeze(-value, 0)
