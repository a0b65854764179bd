"""The columns between whose values the loss differs most, with the metrics of each part of the examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.report.explanation.examples import Examples
from kspec.report.explanation.explanation import Slice
from kspec.report.numbers.columns import InputColumn
from kspec.report.numbers.slices import QUANTILES, Parts, difference, parts_of, ranges_of
from kspec.training.intervals import example_sums, followed, metrics_of_sums

Array = np.ndarray[Any, Any]
MOST_COLUMNS = 4
MOST_EXAMPLES = 5_000
RESAMPLES = 200


def weak_slices(examples: Examples, columns: Sequence[InputColumn]) -> dict[str, list[Slice]]:
    """By column, the metrics of the examples with each of its values, or in each of its ranges.

    Args:
        examples: The examples and the model.
        columns: The columns to choose from.
    """
    some = examples.some(MOST_EXAMPLES)
    model = examples.run.model
    sums = example_sums(model, some.batches)
    computed = metrics_of_sums(model, np.concatenate([sums.sum(axis=0, keepdims=True), sums]))
    names = followed({name: values[:1] for name, values in computed.items()}, some.score(some.inputs))
    if "loss" not in names:
        return {}
    losses = computed["loss"][1:]
    divided = {column.name: parts_of(column.values(some.inputs), ranges_of(len(some), QUANTILES)) for column in columns}
    ranked = sorted(divided, key=lambda name: -difference(losses, divided[name]))[:MOST_COLUMNS]
    return _slices(model, sums, {name: divided[name] for name in ranked if len(divided[name].names) > 1}, names)


def _slices(model: Any, sums: Array, divided: Mapping[str, Parts], names: Sequence[str]) -> dict[str, list[Slice]]:
    """The metrics of each part, with intervals by the percentile bootstrap within it.

    Args:
        model: The model.
        sums: What each example adds to the metrics, shape (n, values).
        divided: By column, the parts.
        names: The metrics that follow from sums.
    """
    generator = np.random.default_rng(0)
    found: dict[str, list[Slice]] = {name: [] for name in divided}
    groups: list[tuple[str, str, int]] = []
    rows: list[Array] = []
    for column, parts in divided.items():
        for at, value in enumerate(parts.names):
            own = sums[parts.of == at]
            if len(own):
                counts = generator.multinomial(len(own), np.full(len(own), 1 / len(own)), size=RESAMPLES)
                rows += [own.sum(axis=0, keepdims=True), counts @ own]
                groups.append((column, value, len(own)))
    if not groups:
        return {}
    computed = metrics_of_sums(model, np.concatenate(rows))  # traced once for all
    for at, (column, value, count) in enumerate(groups):
        here, start = slice(at * (RESAMPLES + 1) + 1, (at + 1) * (RESAMPLES + 1)), at * (RESAMPLES + 1)
        ends = {name: np.nanquantile(computed[name][here], [0.025, 0.975]).tolist() for name in names}
        scores = {name: float(computed[name][start]) for name in names}
        found[column].append(Slice(value=value, examples=count, metrics=scores, intervals=ends))
    return found
