"""How the values of a target are scaled for its loss, and how predictions are scaled back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.language.targets import Scale

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class TargetScaling:
    """The scale of a target: `(value - center) / spread`, or the logarithm.

    Args:
        scale: What it is in the spec.
        centers: By column, what is subtracted: the mean, or the minimum; empty for `log`.
        spreads: By column, what divides the rest: the deviation, or the range; empty for `log`.
    """

    scale: Scale
    centers: tuple[float, ...] = ()
    spreads: tuple[float, ...] = ()

    @property
    def is_affine(self) -> bool:
        """Whether the scale is a difference and a quotient."""
        return self.scale != "log"

    @property
    def dtype(self) -> str:
        """The dtype of values in the unit of the column: float64 where float32 has too few digits for the spread."""
        pairs = zip(self.centers, self.spreads, strict=True)
        return "float32" if all(abs(center) < 1000 * spread for center, spread in pairs) else "float64"

    def apply(self, values: Array) -> Array:
        """Scales values, float64, in their shape; NaN where a logarithm does not exist.

        Args:
            values: Shape (n, …); of several columns, the last axes together have a value for each.
        """
        import numpy

        values = numpy.asarray(values, numpy.float64)
        if not self.is_affine:
            logarithms: Array = numpy.log(values, out=numpy.full(values.shape, numpy.nan), where=values > 0)
            return logarithms
        rows = values.reshape(-1, len(self.centers))
        scaled: Array = (rows - numpy.array(self.centers)) / numpy.array(self.spreads)
        return scaled.reshape(values.shape)

    def invert(self, values: Array) -> Array:
        """Scales back to the unit of the column, float64; the inverse of `apply`."""
        import numpy

        values = numpy.asarray(values, numpy.float64)
        if not self.is_affine:
            with numpy.errstate(over="ignore"):
                powers: Array = numpy.exp(values)
            return powers
        rows = values.reshape(-1, len(self.centers))
        scaled: Array = rows * numpy.array(self.spreads) + numpy.array(self.centers)
        return scaled.reshape(values.shape)

    def invert_tensor(self, values: Any) -> Any:
        """Scales a Keras tensor back, float64, shape (n, …); its mask stays."""
        from keras import ops

        mask, shape = getattr(values, "_keras_mask", None), ops.shape(values)
        values = ops.cast(values, "float64")
        if self.is_affine:
            rows = ops.reshape(values, (-1, len(self.centers)))
            centers, spreads = (ops.convert_to_tensor(each, "float64") for each in (self.centers, self.spreads))
            values = ops.reshape(rows * spreads + centers, shape)
        else:
            values = ops.exp(values)
        if mask is not None:
            values._keras_mask = mask
        return values

    def describe(self) -> str:
        """It in words, such as `standard (mean 180.9, deviation 79.44)`."""
        words = {"standard": ("mean", "deviation"), "minmax": ("minimum", "range")}.get(self.scale)
        if words is None:
            return self.scale
        if len(self.centers) > 1:
            return f"{self.scale}, each of its {len(self.centers)} columns by itself"
        return f"{self.scale} ({words[0]} {self.centers[0]:.4g}, {words[1]} {self.spreads[0]:.4g})"

    def to_json(self) -> dict[str, Any]:
        return {"scale": self.scale, "centers": list(self.centers), "spreads": list(self.spreads)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TargetScaling:
        return cls(value["scale"], tuple(value.get("centers", ())), tuple(value.get("spreads", ())))


def scalings_from_json(fitted: Mapping[str, Any]) -> dict[str, TargetScaling]:
    """By output, the scale of its target, from what training has fitted.

    Args:
        fitted: As in `Dataset.fitted`.
    """
    return {name: TargetScaling.from_json(value) for name, value in fitted.get("scales", {}).items()}
