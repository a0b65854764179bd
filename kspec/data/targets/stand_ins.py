"""Targets that stand in for others: synthetic ones at each position, and zeros where an output has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings

Array = np.ndarray[Any, Any]


def spread_over_positions(target: Array, shape: tuple[int, ...]) -> Array:
    """Repeats a synthetic target, one value per example, at every position of its output.

    Args:
        target: The encoded target, shape (n,) or (n, k).
        shape: The output's shape for one example; its last axis is the units.
    """
    if len(shape) < 2 or target.ndim > 2:
        return target
    positions = shape[:-1]
    middle = target.reshape(len(target), *[1] * len(positions), *target.shape[1:])
    return np.ascontiguousarray(np.broadcast_to(middle, (len(target), *positions, *target.shape[1:])))


def with_placeholders(
    targets: Mapping[str, Any], outputs: Mapping[str, OutputSettings], count: int
) -> dict[str, Array]:
    """Adds zeros as targets of outputs that have none: Keras requires a target for each output.

    Args:
        targets: By output, the encoded targets.
        outputs: All outputs.
        count: The number of examples.
    """
    if not targets and not any(output.is_minimized for output in outputs.values()):
        return {}
    return {name: targets[name] if name in targets else np.zeros(count, "float32") for name in outputs}
