"""The metrics of parts of the evaluated examples: those for which an expression has the same value."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from kspec.data.pipeline import Batches
from kspec.training.engine import Engine
from kspec.training.evaluate import evaluate

Array = np.ndarray[Any, Any]
Slices = dict[str, list[dict[str, Any]]]
"""By expression, for each of its values: `value` (None where it is missing), `examples`, and metrics by name."""


def evaluate_slices(engine: Engine, examples: Batches, slices: Mapping[str, Array]) -> Slices:
    """Computes losses and metrics of each slice, as those of a file with its examples alone.

    Args:
        engine: Runs the compiled model.
        examples: Examples with targets, unshuffled.
        slices: By expression, its value for each example as a text, shape (n,); "" where it is missing.
    """
    found: Slices = {}
    for expression, texts in slices.items():
        values, places = np.unique(np.asarray(texts).astype(str), return_inverse=True)
        own = sorted(range(len(values)), key=lambda place: _order(str(values[place])))
        found[expression] = []
        for place in own:
            rows = np.flatnonzero(places == place)
            with _without_advice():
                metrics = evaluate(engine, examples.only(rows))
            found[expression].append({"value": str(values[place]) or None, "examples": len(rows), **metrics})
    return found


@contextmanager
def _without_advice() -> Iterator[None]:
    """Silences TensorFlow's advice to trace less often: each slice has a size of its own."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def slice_lines(slices: Slices) -> list[str]:
    """A table for each expression: its values, their numbers of examples and their metrics."""
    from kspec.summary.columns import aligned

    lines = []
    for expression, rows in slices.items():
        names = [name for name in rows[0] if name not in ("value", "examples")] if rows else []
        columns = {
            expression: ["(missing)" if row["value"] is None else row["value"] for row in rows],
            "examples": [f"{row['examples']:,}" for row in rows],
            **{name: [f"{row[name]:.4g}" for row in rows] for name in names},
        }
        lines += [line.rstrip() for line in aligned(columns, right={"examples", *names})]
    return lines


def _order(value: str) -> tuple[bool, float, str]:
    """Numbers first, by size, then texts."""
    try:
        return (False, float(value), "")
    except ValueError:
        return (True, 0.0, value)
