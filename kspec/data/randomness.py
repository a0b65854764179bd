"""Where chance comes from: one seed, and a numbered purpose for each use of it.

A plain Keras script can draw the same numbers: `numpy.random.default_rng([seed, ORDER, epoch]).permutation(n)` is the
order in which epoch `epoch` (counted from 0) goes through the `n` training examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SPLIT = 0
"""Which rows go to which part."""
ORDER = 1
"""The order of the training examples in an epoch."""
SYNTHETIC = 2
"""The examples of the synthetic source."""


def generator(seed: int, purpose: int, *more: int) -> np.random.Generator:
    """The generator for one purpose; `more` numbers what the purpose is used for several times, such as the epoch."""
    import numpy

    return numpy.random.default_rng([seed, purpose, *more])
