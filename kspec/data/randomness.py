"""Random generators: one seed, and a number for each purpose.

A plain Keras script can draw the same numbers: `numpy.random.default_rng([seed, ORDER, epoch]).permutation(n)` is the
order of the `n` training examples in epoch `epoch` (counted from 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SPLIT = 0
"""The purpose: which rows go to which split."""
ORDER = 1
"""The purpose: the order of the training examples in an epoch."""
SYNTHETIC = 2
"""The purpose: the examples of the synthetic source."""

BALANCE = 3
"""The purpose: which examples are repeated or left out, so that classes are equally frequent."""
BOOTSTRAP = 4
"""The purpose: the resamples of an evaluation."""


def generator(seed: int, purpose: int, *more: int) -> np.random.Generator:
    """The generator for a purpose.

    Args:
        seed: The spec's seed.
        purpose: `SPLIT`, `ORDER`, `SYNTHETIC` or `BALANCE`.
        more: Numbers that tell its uses apart, such as the epoch.

    Returns:
        A new generator; equal arguments give equal numbers.
    """
    import numpy

    return numpy.random.default_rng([seed, purpose, *more])
