"""How the values of a target are scaled for its loss, and how predictions are scaled back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kspec.language.targets import Scale


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

    def without_numbers(self) -> TargetScaling:
        """Its kind alone."""
        return TargetScaling(self.scale, (0.0,) * len(self.centers), (1.0,) * len(self.spreads))

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
