"""The seed of what reading the data draws, in Python."""

from __future__ import annotations

from kspec.language.data import Data


def data_seed(data: Data) -> str:
    """The constant of the spec's seed, or the number that `data: {seed}` states."""
    return "SEED" if data.seed is None else str(data.seed)
