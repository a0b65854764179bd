"""Scales values of targets for a loss, and back to the unit of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.analysis.target_scaling import TargetScaling

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def scaled(values: Array, scaling: TargetScaling) -> Array:
    """Scales values, float64, in their shape; NaN where a logarithm does not exist.

    Args:
        values: Shape (n, …); of several columns, the last axes together have a value for each.
        scaling: Their scale.
    """
    import numpy

    values = numpy.asarray(values, numpy.float64)
    if not scaling.is_affine:
        logarithms: Array = numpy.log(values, out=numpy.full(values.shape, numpy.nan), where=values > 0)
        return logarithms
    rows = values.reshape(-1, len(scaling.centers))
    result: Array = (rows - numpy.array(scaling.centers)) / numpy.array(scaling.spreads)
    return result.reshape(values.shape)


def in_units(values: Array, scaling: TargetScaling | None) -> Array:
    """Scales values back, float64: the inverse of `scaled`; without a scale, they stay as they are.

    Args:
        values: Shape (n, …).
        scaling: Their scale.
    """
    import numpy

    if scaling is None:
        return values
    values = numpy.asarray(values, numpy.float64)
    if not scaling.is_affine:
        with numpy.errstate(over="ignore"):
            powers: Array = numpy.exp(values)
        return powers
    rows = values.reshape(-1, len(scaling.centers))
    result: Array = rows * numpy.array(scaling.spreads) + numpy.array(scaling.centers)
    return result.reshape(values.shape)
