"""The mistakes of which a classifier was most confident."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.pictures import pictures_of
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.texts import texts_of

Array = np.ndarray[Any, Any]
SHOWN = 12


def mistakes_table(facts: RunFacts, own: Predictions, order: Array) -> Table | None:
    """A line for each of the first mistakes, with its picture or text where the data are such.

    Args:
        facts: What is known of the run.
        own: The predictions.
        order: The indices of the mistakes, the most confident first.
    """
    if not len(order):
        return None
    shown, predicted = order[:SHOWN], own.predicted()
    kind = own.settings.kind_of_value
    values = own.values[shown, 0 if own.kind == "binary" else predicted[shown]]
    columns: dict[str, list[Any]] = {"row": own.rows[shown].tolist()}
    if own.files is not None:
        columns["file"] = pictures_of(facts, own.files[shown])
    columns |= {
        "actual": [own.names[at] for at in own.actual[shown]],
        "predicted": [own.names[at] for at in predicted[shown]],
        f"{kind} of {own.names[1] if own.kind == 'binary' else 'the predicted'}": [number(float(v)) for v in values],
    }
    texts = None if own.grid else texts_of(facts, columns["row"])
    if texts is not None:
        columns["text"] = texts
    return Table(list(columns), list(zip(*columns.values(), strict=True)))
