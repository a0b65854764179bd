"""The examples on which a model was furthest off, with their pictures or texts where the data are such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.pictures import pictures_of
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.shown_inputs import shown_inputs

Array = np.ndarray[Any, Any]
SHOWN = 12


def highest(values: Array, count: int = SHOWN) -> Array:
    """The indices of the highest finite values, the highest first.

    Args:
        values: Shape (n,).
        count: How many there are at most.
    """
    places = np.argpartition(-values, count)[:count] if len(values) > count else np.arange(len(values))
    places = np.sort(places[np.isfinite(values[places])])
    return np.asarray(places[np.argsort(-values[places], kind="stable")])


def mistakes_table(facts: RunFacts, own: Predictions, sure: Array) -> Table | None:
    """The mistakes of a classifier of which it was most sure; None without mistakes, or where masks show them.

    Args:
        facts: What is known of the run.
        own: The predictions.
        sure: How sure it was of each, shape (n,); only mistakes count.
    """
    predicted = own.predicted()
    shown = highest(np.where(predicted != own.actual, sure, -np.inf))
    kind = own.settings.kind_of_value
    values = own.values[shown, 0 if own.kind == "binary" else predicted[shown]]
    return _table(facts, own, shown, {
        "actual": [own.names[at] for at in own.actual[shown]],
        "predicted": [own.names[at] for at in predicted[shown]],
        f"{kind} of {own.names[1] if own.kind == 'binary' else 'the predicted'}": _numbers(values),
    })  # fmt: skip


def label_mistakes_table(facts: RunFacts, own: Predictions) -> Table | None:
    """The wrong labels of which a multilabel classifier was most sure; None without any.

    Args:
        facts: What is known of the run.
        own: The predictions.
    """
    distance = np.where(own.predicted() != own.actual, np.abs(own.values - own.settings.threshold), -np.inf)
    shown, label = np.divmod(highest(distance.ravel()), len(own.names))
    return _table(facts, own, shown, {
        "label": [own.names[at] for at in label],
        "actual": ["yes" if actual else "no" for actual in own.actual[shown, label]],
        own.settings.kind_of_value: _numbers(own.values[shown, label]),
    })  # fmt: skip


def errors_table(facts: RunFacts, own: Predictions) -> Table | None:
    """The values of a regression that are furthest off.

    Args:
        facts: What is known of the run.
        own: The predictions.
    """
    shown, column = np.divmod(highest(np.abs(own.values - own.actual).ravel()), len(own.names))
    actual, predicted = own.actual[shown, column], own.values[shown, column]
    names = {"value": [own.names[at] for at in column]} if len(own.names) > 1 else {}
    return _table(facts, own, shown, names | {
        "actual": _numbers(actual), "predicted": _numbers(predicted),
        "predicted - actual": _numbers(predicted - actual),
    })  # fmt: skip


def _numbers(values: Array) -> list[str]:
    return [number(float(value)) for value in values]


def _table(facts: RunFacts, own: Predictions, shown: Array, columns: Mapping[str, Sequence[Any]]) -> Table | None:
    """A line for each of some predictions.

    Args:
        facts: What is known of the run.
        own: All predictions.
        shown: The indices of those to show.
        columns: What was predicted, by heading.
    """
    if not len(shown) or len(own.grid) > 1:  # a row of thousands of positions says nothing
        return None
    rows = own.rows[shown].tolist()
    all_: dict[str, Sequence[Any]] = {"row": rows}
    if own.positions is not None:
        all_["position"] = (own.positions[shown] + 1).tolist()
    inputs = shown_inputs(facts, rows)
    pictures = pictures_of(facts, own.files[shown]) if own.files is not None else inputs.pictures()
    if pictures is not None:
        all_["picture" if any(not isinstance(each, str) for each in pictures) else "file"] = pictures
    all_ = {**all_, **columns}
    if inputs.texts is not None:
        all_["text"] = inputs.texts
    return Table(list(all_), list(zip(*all_.values(), strict=True)))
