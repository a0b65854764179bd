"""Padding: lists of unequal length as arrays of one length, and which of their positions are real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kspec.language.sequences import ListColumn, ListInput, ListTarget

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PADDING = -1
"""The class of a position that is padding, which losses and metrics ignore; of numbers, it is NaN."""


@dataclass(slots=True)
class ListPlan:
    """How the lists of a column become examples of one length.

    Args:
        length: The length; None until the training split decides it.
        pad: What shorter lists are padded with; None for 0, or empty text.
        sep: What separates the items of a text; None for a column that has lists.
        padding: The end at which shorter lists are padded: `post` or `pre`.
        truncating: The end at which longer lists are cut.
        through: The layer that encodes the texts of a target: the name of a node, or a class and its arguments.
        shift: How many items a target is ahead.
        shorten: How many items at the end an input lacks, as its target is so many ahead.
        gap: How many items at the end of a target are unknown, of data to predict.
        whole: Whether no list is cut, as the loss takes lists of any length.
        is_text: Whether the target has texts, which its layer splits, rather than lists.
    """

    length: int | None = None
    pad: Any = None
    sep: str | None = None
    padding: str = "post"
    truncating: str = "post"
    through: Any = None
    shift: int = 0
    shorten: int = 0
    gap: int = 0
    whole: bool = False
    is_text: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ListPlan:
        return cls(**value)


def list_plan(setting: ListColumn) -> ListPlan:
    """The plan that a setting states, without what it leaves to others."""
    plan = ListPlan(
        setting.length, None, setting.sep, padding=setting.padding or "post", truncating=setting.truncating or "post"
    )
    if isinstance(setting, ListInput):
        plan.pad = setting.pad
    if isinstance(setting, ListTarget):
        plan.through, plan.shift = setting.through, setting.shift
    return plan


def targets_ahead(targets: Any) -> set[str]:
    """The outputs whose targets are some items ahead, so that their columns are inputs, too.

    Args:
        targets: The setting.
    """
    settings = targets if isinstance(targets, dict) else {}
    return {name for name, setting in settings.items() if isinstance(setting, ListTarget) and setting.shift}


def padded(rows: Sequence[Array], plan: ListPlan, pad: Any) -> tuple[Array, Array]:
    """Lists as one array.

    Args:
        rows: The lists, shape (m,) or (m, k) each.
        plan: The length, and the ends at which lists are padded and cut.
        pad: What shorter lists are padded with.

    Returns:
        The array, shape (n, length) or (n, length, k); and which positions are real, booleans of shape (n, length).

    Raises:
        ValueError: If the lists of a step differ in length.
    """
    import numpy

    assert plan.length is not None
    length = max([plan.length, *map(len, rows)]) if plan.whole else plan.length
    widths = {row.shape[1:] for row in rows if len(row)} or {()}
    if len(widths) > 1:
        raise ValueError("the lists in its lists differ in length")
    dtypes = [row.dtype for row in rows if len(row)]
    dtype = numpy.result_type(*set(dtypes)) if dtypes and object not in dtypes else numpy.dtype(object)
    dtype = dtype if dtypes else numpy.asarray(pad).dtype
    if dtype.kind in "iub" and isinstance(pad, float) and not pad.is_integer():
        dtype = numpy.dtype("float64")
    dtype = numpy.dtype("int64") if dtype.kind == "b" and not isinstance(pad, bool) else dtype
    values = numpy.full((len(rows), length, *next(iter(widths))), pad, dtype)
    real = numpy.zeros((len(rows), length), bool)
    for number, row in enumerate(rows):
        kept = row[:length] if plan.truncating == "post" else row[max(0, len(row) - length) :]
        if not len(kept):
            continue
        at = slice(0, len(kept)) if plan.padding == "post" else slice(length - len(kept), length)
        values[number, at], real[number, at] = kept, True
    return values, real


def mark_padding(target: Array, real: Array, *, by_zero: bool = False) -> Array:
    """An encoded target in which padding is marked, so that losses and metrics know it.

    Args:
        target: Shape (n, length, …); integers are classes.
        real: Which positions are real, shape (n, length).
        by_zero: Whether the loss itself takes 0 for padding, as CTC does.

    Returns:
        The target with `PADDING` or NaN in place of padding, or with 0.
    """
    import numpy

    if real.all() or target.shape[:2] != real.shape:
        return target
    mark = 0 if by_zero else PADDING if target.dtype.kind == "i" else numpy.nan
    marked = target.copy()
    marked[~real] = mark
    return marked


def real_only(target: Array, weights: Array | None = None) -> tuple[Array, Array | None]:
    """An encoded target without its padding, and the weights of what is left.

    Args:
        target: As `mark_padding` returns it, shape (n, …).
        weights: Its weights, shape (n, …, 1); None for equal ones.

    Returns:
        Both as they are if nothing is padding; else of shape (m,) or (m, k), and (m,).
    """
    import numpy

    if target.dtype.kind == "f" and target.ndim > 1:
        padding = numpy.isnan(target[..., 0])
    else:
        padding = target == PADDING if target.dtype.kind == "i" else numpy.zeros(len(target), bool)
    if not padding.any():
        return target, weights
    return target[~padding], None if weights is None else weights.reshape(padding.shape)[~padding]
