"""The texts and pictures of examples, read again from the data of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kspec.compiler.compile import compile_spec
from kspec.data import DataSplit
from kspec.report.pictures import Picture, array_picture
from kspec.report.run_facts import RunFacts

Array = np.ndarray[Any, Any]
MOST_ROWS = 200_000
"""Larger data are not read again for a few examples."""
LONGEST = 300
"""Characters of the longest text that is shown."""
SIDES = range(4, 2049)
"""Sizes of a picture."""


class ShownInputs(NamedTuple):
    """What a reader recognises examples by.

    Args:
        texts: Their texts; None if no input is a text.
        arrays: Their pictures, shape (n, h, w) or (n, h, w, c); None if no input holds pictures as arrays.
    """

    texts: list[str] | None = None
    arrays: list[Array | None] | None = None

    def pictures(self) -> list[Picture | str] | None:
        """Small pictures; None without any."""
        if self.arrays is None:
            return None
        return ["" if each is None else array_picture(each, "input of this example") for each in self.arrays]


def shown_inputs(facts: RunFacts, rows: Sequence[int]) -> ShownInputs:
    """The texts and pictures of examples; nothing if the data are not there as they were.

    Args:
        facts: What is known of the run.
        rows: The rows of the examples in the data.
    """
    spec, profile = facts.spec, facts.profile
    if spec is None or profile is None or profile.rows > MOST_ROWS or not len(rows):
        return ShownInputs()
    inputs = spec.document.inputs
    texts = [name for name, each in inputs.items() if each.dtype == "string"]
    pictures = [name for name, each in inputs.items() if each.dtype != "string" and _is_picture(each.shape)]
    if not texts and not pictures:
        return ShownInputs()
    dataset = compile_spec(spec).read_data()
    known = facts.record.get("data", {}).get("fingerprints", {})
    if dataset is None or set(known.values()) != set(dataset.fingerprint.values()):
        return ShownInputs()
    split = dataset.splits.get(str(spec.document.predict.split or facts.run.metrics.get("split", "")))
    if split is None:
        return ShownInputs()
    places = {int(row): at for at, row in enumerate(split.rows)}
    found = [places.get(int(row)) for row in rows]
    arrays = pictures and isinstance(split.inputs[pictures[0]], np.ndarray)
    return ShownInputs(
        [_text(split, texts, at) for at in found] if texts else None,
        [None if at is None else np.asarray(split.inputs[pictures[0]][at]) for at in found] if arrays else None,
    )


def _is_picture(shape: Sequence[int | None]) -> bool:
    """Whether an input of this shape may hold pictures."""
    return len(shape) in (2, 3) and all(size in SIDES for size in shape[:2]) and shape[2:] in ((), (1,), (3,), (4,))


def _text(split: DataSplit, names: Sequence[str], at: int | None) -> str:
    """The text of an example; empty if it is not known.

    Args:
        split: The examples.
        names: The inputs of texts.
        at: The place of the example.
    """
    if at is None:
        return ""
    text = " · ".join(" ".join(map(str, np.ravel(split.inputs[name][at]))) for name in names)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
