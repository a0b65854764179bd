"""The examples that two runs have both predicted."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts

Array = np.ndarray[Any, Any]


class NotPaired(ValueError):
    """Two runs have predicted no examples that can be compared; the message says why."""


def require_same_data(one: RunFacts, other: RunFacts) -> None:
    """Checks that two runs have read the same data, and predicted the same split of it.

    Raises:
        NotPaired: If they have not.
    """
    known = [sorted(facts.record.get("data", {}).get("fingerprints", {}).values()) for facts in (one, other)]
    if not known[0] or not known[1]:
        raise NotPaired("nothing identifies the data of both")
    if known[0] != known[1]:
        raise NotPaired("their data differ")
    splits = [None if facts.spec is None else facts.spec.document.predict.split for facts in (one, other)]
    if splits[0] != splits[1]:
        raise NotPaired(f"one has predicted {splits[0]}, the other {splits[1]}")


def common_examples(one: Predictions, other: Predictions) -> tuple[Predictions, Predictions]:
    """The predictions of two runs for the examples that both predicted, in one order.

    Args:
        one: The predictions of an output by the first run.
        other: Those of the second.

    Raises:
        NotPaired: If there are no such examples.
    """
    if (one.kind, one.names) != (other.kind, other.names):
        raise NotPaired("they predict different things")
    if (one.files is None) != (other.files is None) or one.grid != other.grid:
        raise NotPaired("their examples have different forms")
    if not (np.array_equal(one.rows, other.rows) and _same_files(one, other)):
        if one.grid:
            raise NotPaired("they have predicted other examples")
        first, second = _keys(one), _keys(other)
        if any(len(np.unique(each)) != len(each) for each in (first, second)):
            raise NotPaired("an example has several predictions")
        _, own, others = np.intersect1d(first, second, assume_unique=True, return_indices=True)
        if not len(own):
            raise NotPaired("no example is predicted by both")
        one, other = one.chosen(own), other.chosen(others)
    if not len(one):
        raise NotPaired("no example is predicted by both")
    if not np.array_equal(one.actual, other.actual):
        raise NotPaired("the actual values of their examples differ")
    return one, other


def _same_files(one: Predictions, other: Predictions) -> bool:
    return one.files is None or other.files is None or bool(np.array_equal(one.files, other.files))


def _keys(own: Predictions) -> Array:
    return own.rows if own.files is None else own.files.astype(str)
