"""The metrics of parts of the evaluated examples: those for which an expression has the same value."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.data.pipeline import Batches
from kspec.training.engine import Engine
from kspec.training.evaluate import evaluate

if TYPE_CHECKING:
    import keras

Array = np.ndarray[Any, Any]
Slices = dict[str, list[dict[str, Any]]]
"""By expression, for each of its values: `value` (None where it is missing), `examples`, and metrics by name."""


def evaluate_slices(
    engine: Engine, model: keras.Model, examples: Batches, slices: Mapping[str, Array], metrics: Mapping[str, float]
) -> Slices:
    """Computes losses and metrics of each slice, as those of a file with its examples alone.

    A network for batches of one size cannot take a slice alone. Then they follow from what each example adds to them
    among all examples; a metric that is no function of sums over examples is left out.

    Args:
        engine: Runs the compiled model.
        model: The model.
        examples: Examples with targets, unshuffled.
        slices: By expression, its value for each example as a text, shape (n,); "" where it is missing.
        metrics: The metrics of all examples.
    """
    found: Slices = {}
    sums = _sums(model, examples) if slices and any(tensor.shape[0] is not None for tensor in model.inputs) else None
    for expression, texts in slices.items():
        values, places = np.unique(np.asarray(texts).astype(str), return_inverse=True)
        own = sorted(range(len(values)), key=lambda place: slice_order(str(values[place])))
        found[expression] = []
        for place in own:
            rows = np.flatnonzero(places == place)
            if sums is not None:
                scores = _of_sums(model, sums, rows, metrics)
            else:
                with _without_advice():
                    scores = evaluate(engine, examples.only(rows))
            found[expression].append({"value": str(values[place]) or None, "examples": len(rows), **scores})
    return found


def _sums(model: keras.Model, examples: Batches) -> Array:
    """What each example adds to the variables of the metrics, shape (n, values)."""
    from kspec.training.intervals import example_sums

    return example_sums(model, examples)


def _of_sums(model: keras.Model, sums: Array, rows: Array, metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics of some examples.

    Args:
        model: The model.
        sums: What each example adds, shape (n, values).
        rows: The examples, shape (m,).
        metrics: The metrics of all examples.
    """
    from kspec.training.intervals import followed, metrics_of_sums

    computed = metrics_of_sums(model, np.stack([sums.sum(axis=0), sums[rows].sum(axis=0)]))
    return {name: float(computed[name][1]) for name in followed(computed, metrics)}


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


def slice_order(value: str) -> tuple[bool, float, str]:
    """Numbers first, by size, then texts."""
    try:
        return (False, float(value), "")
    except ValueError:
        return (True, 0.0, value)
