"""The texts of examples, read again from the data of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kspec.compiler.compile import compile_spec
from kspec.report.run_facts import RunFacts

MOST_ROWS = 200_000
"""Larger data are not read again for a few texts."""
LONGEST = 300
"""Characters of the longest text that is shown."""


def texts_of(facts: RunFacts, rows: Sequence[int]) -> list[str] | None:
    """The texts of examples; None if no input is a text, or the data are not there as they were.

    Args:
        facts: What is known of the run.
        rows: The rows of the examples in the data.
    """
    spec, profile = facts.spec, facts.profile
    if spec is None or profile is None or profile.rows > MOST_ROWS or not len(rows):
        return None
    names = [name for name, each in spec.document.inputs.items() if each.dtype == "string"]
    if not names:
        return None
    dataset = compile_spec(spec).read_data()
    known = facts.record.get("data", {}).get("fingerprints", {})
    if dataset is None or set(known.values()) != set(dataset.fingerprint.values()):
        return None
    split = dataset.splits.get(str(spec.document.predict.split or facts.run.metrics.get("split", "")))
    if split is None:
        return None
    places = {int(row): at for at, row in enumerate(split.rows)}
    found = []
    for row in rows:
        at = places.get(int(row))
        texts = [] if at is None else [" ".join(map(str, np.ravel(split.inputs[name][at]))) for name in names]
        text = " · ".join(texts)
        found.append(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
    return found
