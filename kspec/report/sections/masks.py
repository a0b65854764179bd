"""An output that predicts a class for each position of a picture."""

from __future__ import annotations

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.numbers.classes import confusion
from kspec.report.numbers.masks import intersection_over_union, mean_by_example
from kspec.report.pictures import mask_picture, picture_of
from kspec.report.predictions import Masks
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section

MOST_EXAMPLES = 2_000
"""Of more examples, the first are compared one by one."""
SHOWN = 6


def masks_section(facts: RunFacts, own: Masks) -> Section:
    """How far masks cover each other by class, and the examples that are furthest off.

    Args:
        facts: What is known of the run.
        own: The masks.
    """
    count, known = len(own.names), own.actual >= 0
    by_class = intersection_over_union(confusion(own.actual[known], own.predicted[known], count))
    means = mean_by_example(own.actual[:MOST_EXAMPLES], own.predicted[:MOST_EXAMPLES], count)
    rows = [[name, number(float(value))] for name, value in zip(own.names, by_class, strict=True)]
    rows.append(["mean of the classes", number(float(np.nanmean(by_class)))])
    tables = {"": Table(("class", "intersection over union"), rows)}
    lines = []
    for at in np.argsort(np.where(np.isnan(means), np.inf, means), kind="stable")[:SHOWN]:
        row = int(own.rows[at])
        picture = None if own.files is None else picture_of(facts, str(own.files[at]))
        shown = [] if own.files is None else [picture or str(own.files[at])]
        actual = mask_picture(own.actual[at], f"actual mask of row {row}")
        predicted = mask_picture(own.predicted[at], f"predicted mask of row {row}")
        wrong = np.where(own.actual[at] < 0, -1, (own.actual[at] != own.predicted[at]).astype("int64") * 2)
        difference = mask_picture(wrong, f"where the masks of row {row} differ")
        lines.append([row, *shown, actual, predicted, difference, number(float(means[at]))])
    headings = ["row", *(["picture"] if own.files is not None else []), "actual", "predicted", "difference"]
    tables["Furthest off"] = Table([*headings, "intersection over union"], lines)
    return Section(f"masks-{own.output}", f"{own.output}: masks", [f"{len(own.actual):,} pictures."], tables)
