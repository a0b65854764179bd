"""Columns of lists as columns of arrays of one length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.lists.columns import lists_of
from kspec.data.lists.padding import ListPlan, padded
from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def padded_column(column: Column, plan: ListPlan, *, as_text: bool = False) -> tuple[Column, Array]:
    """A column of lists as one of arrays, and which of their positions are real.

    Args:
        column: The column.
        plan: How its lists are padded and cut.
        as_text: Whether items are wanted as texts.

    Returns:
        The column, shape (n, length, …); and booleans, shape (n, length).
    """
    rows = lists_of(column, as_text=as_text)
    if plan.shorten:
        rows = [row[: max(0, len(row) - plan.shorten)] for row in rows]
    is_text = as_text or values_are_text(rows)
    pad = ("" if is_text else 0) if plan.pad is None else str(plan.pad) if is_text else plan.pad
    values, real = padded(rows, plan, pad)
    return Column(column.name, "array", values, column.missing), real


def padded_target(column: Column, plan: ListPlan) -> tuple[Column, Array]:
    """The same for a target: its padding has a value that is real elsewhere, so that it is no class of its own."""
    import numpy

    rows = [row[plan.shift :] for row in lists_of(column, as_text=plan.through is not None)]
    known = next((row[0] for row in rows if len(row)), "" if plan.through is not None else 0)
    if plan.gap:
        flags = [numpy.arange(len(row) + plan.gap) < len(row) for row in rows]
        rows = [numpy.concatenate([row, numpy.repeat(numpy.asarray([known], row.dtype), plan.gap)]) for row in rows]
    values, real = padded(rows, plan, "" if values_are_text(rows) else 0)
    if plan.gap:
        real &= padded(flags, plan, False)[0]
    if not real.all():
        values[~real] = known
    return Column(column.name, "array", values, column.missing), real


def values_are_text(rows: list[Array]) -> bool:
    """Whether the items of lists are texts."""
    return any(row.dtype == object for row in rows)
