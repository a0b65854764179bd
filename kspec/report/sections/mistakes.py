"""The mistakes of which a classifier was most confident."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.predictions import Predictions

Array = np.ndarray[Any, Any]
SHOWN = 10


def mistakes_table(own: Predictions, order: Array) -> Table | None:
    """A line for each of the first mistakes.

    Args:
        own: The predictions.
        order: The indices of the mistakes, the most confident first.
    """
    if not len(order):
        return None
    predicted = own.predicted()
    rows: list[list[Any]] = []
    for at in order[:SHOWN]:
        value = own.values[at, 0] if own.kind == "binary" else own.values[at, predicted[at]]
        place = [int(own.rows[at])] if own.files is None else [str(own.files[at])]
        rows.append([*place, own.names[own.actual[at]], own.names[predicted[at]], number(float(value))])
    kind = own.settings.kind_of_value
    heading = f"{kind} of {own.names[1]}" if own.kind == "binary" else f"{kind} of the predicted"
    return Table(("row" if own.files is None else "file", "actual", "predicted", heading), rows)
