"""Permutation importance: how much worse a model gets when the examples exchange their values of a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kspec.report.numbers.columns import Array, InputColumn

Score = Callable[[Mapping[str, Array]], Mapping[str, float]]
"""Inputs → losses and metrics by name."""


def orders(count: int, column: int, repeats: int, seed: int) -> list[Array]:
    """The permutations of the examples for a column, one for each repeat; the same ones each time.

    Args:
        count: How many examples there are.
        column: The place of the column.
        repeats: How often the examples are permuted.
        seed: The seed.
    """
    generator = np.random.default_rng([seed, column])
    return [generator.permutation(count) for _ in range(repeats)]


def permuted_scores(score: Score, inputs: Mapping[str, Array], column: InputColumn, order: Array) -> dict[str, float]:
    """The losses and metrics of a model when a column is permuted.

    Args:
        score: Scores the model.
        inputs: By input, shape (n, …).
        column: The column.
        order: The example whose column each gets, shape (n,).
    """
    return dict(score(column.permuted(inputs, order)))


def worse_by(permuted: float, value: float, direction: Any) -> float:
    """How much worse a metric is: positive where permuting the column costs something.

    Args:
        permuted: The metric with the permuted column.
        value: The metric with the examples as they are.
        direction: `min` where less of it is better, else `max`.
    """
    return permuted - value if direction == "min" else value - permuted
