"""Rows of other data that are left out, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class LeftOut(NamedTuple):
    """Rows that are left out for one reason.

    Args:
        rows: Their indices, or their numbers in the file, shape (n,).
        reason: Why, in a few words.
        column: The column at fault; empty if it is not a single one.
        code: What the reason would be as an error.
    """

    rows: Array
    reason: str
    column: str
    code: str
