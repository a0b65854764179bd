"""An output that predicts a class for each position of a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.mask_pictures import SIDE, difference_picture, mask_picture, photo_picture, swatch
from kspec.report.numbers.classes import confusion
from kspec.report.numbers.masks import intersection_over_union, mean_by_example
from kspec.report.pictures import array_image, image_of
from kspec.report.predictions import Masks
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.shown_inputs import shown_inputs

Array = np.ndarray[Any, Any]
MOST_EXAMPLES = 2_000
"""Of more examples, the first are compared one by one."""
MOST_CLASSES = 60
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
    rows = [
        [name, swatch(at, f"the colour of {name}"), number(float(value))]
        for at, (name, value) in enumerate(zip(own.names[:MOST_CLASSES], by_class, strict=False))
    ]
    rows.append(["mean of the classes", "", number(float(np.nanmean(by_class)))])
    tables = {"": Table(("class", "colour", "intersection over union"), rows)}
    order = np.argsort(np.where(np.isnan(means), np.inf, means), kind="stable")[:SHOWN]
    photos = _photos(facts, own, order)
    lines = [[*_line(own, int(at), photo), number(float(means[at]))] for at, photo in zip(order, photos, strict=True)]
    has_photos = any(photo is not None for photo in photos)
    if not has_photos:
        lines = [[line[0], *line[2:]] for line in lines]
    note = f"Over the picture, {own.names[0]} is the picture as it is; what is wrong is red." if has_photos else ""
    headings = ["row", *["picture"] * has_photos, "actual", "predicted", "difference", "intersection over union"]
    tables["Furthest off"] = Table(headings, lines, note)
    return Section(f"masks-{own.output}", f"{own.output}: masks", [f"{len(own.actual):,} pictures."], tables)


def _photos(facts: RunFacts, own: Masks, order: Array) -> list[Any]:
    """The pictures that the masks divide, None where they are not known.

    Args:
        facts: What is known of the run.
        own: The masks.
        order: The indices of the examples.
    """
    if own.files is not None:
        return [image_of(facts, str(own.files[at]), 2 * SIDE) for at in order]
    arrays = shown_inputs(facts, own.rows[order].tolist()).arrays or [None] * len(order)
    return [None if each is None else array_image(each).convert("RGB") for each in arrays]


def _line(own: Masks, at: int, photo: Any) -> list[Any]:
    """An example with its picture, both masks and their difference.

    Args:
        own: The masks.
        at: Its index.
        photo: The picture; None if it is not known.
    """
    row, actual, predicted = int(own.rows[at]), own.actual[at], own.predicted[at]
    file = "" if own.files is None else str(own.files[at])
    return [
        row, file if photo is None else photo_picture(photo, actual.shape, file or f"row {row}"),
        mask_picture(actual, photo, f"actual mask of row {row}"),
        mask_picture(predicted, photo, f"predicted mask of row {row}"),
        difference_picture(actual, predicted, photo, f"where the masks of row {row} differ"),
    ]  # fmt: skip
