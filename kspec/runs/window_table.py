"""Predictions of windows as a table: a line for each row that is predicted, with its series, time and step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from kspec.data import DataSplit
from kspec.data.targets.encoding import TargetEncoding
from kspec.training.predict import Column

Array = np.ndarray[Any, Any]


def by_step(
    split: DataSplit, predictions: Mapping[str, Array], encodings: Mapping[str, TargetEncoding]
) -> tuple[DataSplit, dict[str, Array], list[Column]]:
    """Examples whose targets are several rows, as one example for each row.

    Args:
        split: The examples.
        predictions: By output, shape (n, …).
        encodings: By output, the columns of its target.

    Returns:
        The examples and their predictions, and columns that say which series, time and step each is about. Predictions
        that are not by row stay as they are, and so do all examples then.
    """
    places = split.windows
    if places is None:
        return split, dict(predictions), []
    count, window = len(next(iter(predictions.values()))), places.window
    groups, times = places.groups(count), places.times(count)
    steps = window.horizon
    parts = {name: _rows_of(each, steps, encodings[name]) for name, each in predictions.items()} if steps else {}
    named: list[Column] = []
    if not steps or any(each is None for each in parts.values()):
        if groups is not None:
            named.append((window.by or "series", groups))
        if times is not None:
            named.append((window.time or "time", times[:, 0]))
        return split, dict(predictions), named
    if groups is not None:
        named.append((window.by or "series", np.repeat(groups, steps)))
    if times is not None:
        named.append((window.time or "time", times.ravel()))
    named.append(("step", np.tile(np.arange(1, steps + 1), count)))
    flat = replace(
        split,
        rows=np.repeat(split.rows[:count], steps),
        targets={name: _flat(raw[:count]) for name, raw in split.targets.items()},
        absent={name: absent[:count].ravel() for name, absent in split.absent.items()},
        positions={name: np.repeat(real[:count], steps, axis=0) for name, real in split.positions.items()},
        kept={name: np.repeat(texts[:count], steps) for name, texts in split.kept.items()},
        windows=None,
    )
    return flat, {name: each for name, each in parts.items() if each is not None}, named


def nodes_by_step(nodes: Mapping[str, Array], count: int, lines: int) -> dict[str, Array]:
    """Values of nodes that a table holds, repeated for each of the lines of an example.

    Args:
        nodes: By name, shape (n, …).
        count: The number of examples.
        lines: The number of lines of the table.
    """
    repeats = lines // max(1, count)
    return {name: np.repeat(each, repeats, axis=0) if each.ndim <= 2 else each for name, each in nodes.items()}


def _flat(values: Array) -> Array:
    """An example for each step."""
    return values.reshape(-1, *values.shape[2:])


def _rows_of(prediction: Array, steps: int, encoding: TargetEncoding) -> Array | None:
    """A prediction by row, shape (n x steps, k); None if it is not by row."""
    if prediction.ndim > 2 and prediction.shape[1] == steps:
        return _flat(prediction)
    width = prediction[0].size if len(prediction) else steps
    is_value = encoding.labels is None
    columns = max(1, len(encoding.columns))
    if is_value and width == steps * columns:
        return prediction.reshape(-1, columns)
    return prediction if steps == 1 else None
