"""An output that predicts a list for each example."""

from __future__ import annotations

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.lists import ListPredictions
from kspec.report.numbers.lists import edit_distance, list_scores
from kspec.report.section import Section

MOST_LISTS = 5_000
"""Of more examples, the first are compared."""
SHOWN = 10
LONGEST = 200
"""Characters of the longest list that is shown."""


def lists_section(own: ListPredictions) -> Section:
    """How many lists are right, and those that are furthest off.

    Args:
        own: The predictions.
    """
    actual, predicted = own.actual[:MOST_LISTS], own.predicted[:MOST_LISTS]
    scores = list_scores(actual, predicted, by_position=own.by_position)
    rows = [["whole lists right", number(scores.whole)]]
    if own.by_position:
        rows.append(["items right", number(scores.items)])
    rows.append(["edits for each actual item", number(scores.error_rate)])
    tables = {"": Table(("measure", "value"), rows)}
    distances = [edit_distance(a, p) for a, p in zip(actual, predicted, strict=True)]
    worst = [at for at in np.argsort(-np.array(distances), kind="stable") if distances[at]][:SHOWN]
    if worst:
        lines = [[int(own.rows[at]), _text(actual[at]), _text(predicted[at]), distances[at]] for at in worst]
        tables["Furthest off"] = Table(("row", "actual", "predicted", "edits"), lines)
    notes = [f"{len(own):,} examples with predictions and actual lists."]
    if len(own) > MOST_LISTS:
        notes.append(f"The first {MOST_LISTS:,} are compared.")
    return Section(f"lists-{own.output}", f"{own.output}: lists", notes, tables)


def _text(items: list[str]) -> str:
    text = " ".join(items)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
