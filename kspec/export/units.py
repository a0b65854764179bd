"""A model whose predictions are in the unit of the columns of its targets, as those of `kspec predict`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kspec.analysis.settings import OutputSettings
from kspec.analysis.target_scaling import TargetScaling
from kspec.ir.node import flat_order


def with_units(model: Any, outputs: Mapping[str, OutputSettings]) -> Any:
    """The model with Keras layers at its outputs that scale predictions back; itself if none is scaled.

    Args:
        model: The Keras model.
        outputs: The settings of its outputs.
    """
    import keras

    scalings = {name: output.scaling for name, output in outputs.items() if output.scaling is not None}
    if not scalings:
        return model
    tensors = dict(zip(flat_order(outputs), model.outputs, strict=True))
    scaled = {
        name: tensor if name not in scalings else _invert(name, tensor, scalings[name])
        for name, tensor in tensors.items()
    }
    single = not isinstance(model.output, dict)
    return keras.Model(model.input, next(iter(scaled.values())) if single else scaled, name=model.name)


def scaled_back(name: str, tensor: Any, scaling: TargetScaling | None, *, doubles: bool = False) -> Any:
    """A prediction in the unit of its columns.

    Args:
        name: The output.
        tensor: Its Keras tensor, shape (batch, …).
        scaling: The scale of its target; None if it has none.
        doubles: Whether it can be computed in 64 bits, where float32 loses digits.
    """
    if scaling is None:
        return tensor
    dtype = scaling.dtype if doubles else "float32"
    return _invert(name, tensor, scaling, dtype)


def _invert(name: str, tensor: Any, scaling: TargetScaling, dtype: str = "float32") -> Any:
    """A prediction scaled back.

    Args:
        name: The output.
        tensor: Its Keras tensor, shape (batch, …).
        scaling: The scale of its target.
        dtype: In which it is computed.
    """
    import keras

    name = f"{name}_in_units"
    if not scaling.is_affine:
        return keras.layers.Activation("exponential", dtype=dtype, name=name)(tensor)
    columns = len(scaling.centers)
    if dtype == "float64":
        return _invert_in_64_bits(tensor, scaling)
    if columns == 1:
        return keras.layers.Rescaling(scaling.spreads[0], scaling.centers[0], dtype=dtype, name=name)(tensor)
    shape, layers = tuple(tensor.shape[1:]), []
    if shape[-1:] != (columns,):
        layers.append(keras.layers.Reshape((-1, columns), name=f"{name}_rows"))
    layers.append(keras.layers.Rescaling(list(scaling.spreads), list(scaling.centers), dtype=dtype, name=name))
    if len(layers) > 1:
        layers.append(keras.layers.Reshape(shape, name=f"{name}_shape"))
    for layer in layers:
        tensor = layer(tensor)
    return tensor


def _invert_in_64_bits(tensor: Any, scaling: TargetScaling) -> Any:
    """A prediction scaled back with all digits; Keras's Rescaling rounds its numbers to 32 bits.

    Args:
        tensor: Its Keras tensor, shape (batch, …).
        scaling: The scale of its target.
    """
    import numpy
    from keras import ops

    shape, columns = tuple(tensor.shape[1:]), len(scaling.centers)
    is_in_rows = columns == 1 or shape[-1:] == (columns,)
    values = ops.cast(
        tensor if is_in_rows else ops.reshape(tensor, (-1, math.prod(shape) // columns, columns)), "float64"
    )
    values = ops.add(ops.multiply(values, numpy.array(scaling.spreads)), numpy.array(scaling.centers))
    return values if is_in_rows else ops.reshape(values, (-1, *shape))


def lost_digits(outputs: Mapping[str, OutputSettings]) -> str:
    """A note on predictions for which the float32 of an export has too few digits; mostly empty.

    Args:
        outputs: The settings of the outputs.
    """
    names = [name for name, each in outputs.items() if each.scaling is not None and each.scaling.dtype == "float64"]
    if not names:
        return ""
    return f"{', '.join(f'`{name}`' for name in names)} varies little beside its mean: float32 loses digits of it"
