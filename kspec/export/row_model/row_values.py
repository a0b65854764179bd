"""The tensors of a row model, from examples of the network or from rows of values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.export.row_model.build import RowModel
from kspec.export.row_model.description import RowInput

Array = np.ndarray[Any, Any]


def tensors_of_examples(rows: RowModel, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The tensors that make certain inputs of the network; where an indicator says so, they have gaps.

    Args:
        rows: The row model.
        arrays: By input of the network, shape (n, …).
    """
    inputs, columns = rows.description.inputs, dict[tuple[str, str], Array]()
    indicators = [(own, at) for own in inputs.values() for at, flag in enumerate(own.indicators) if flag]
    divided = {_holder(rows, own, own.columns[at]) for own, at in indicators}
    for name, own in inputs.items():
        if rows.by_column or name in divided:
            parts = _columns(rows, own, arrays[name])
            columns |= {("" if rows.by_column else name, column): part for column, part in parts.items()}
    for own, at in indicators:
        place, gaps = (
            (_holder(rows, own, own.columns[at]), own.columns[at]),
            _parts(arrays[own.name], own)[..., at] != 0,
        )
        columns[place] = _with_gaps(rows, own.columns[at], columns.get(place), gaps)
    found = {}
    for name, each in rows.tensors.items():
        if rows.by_column or name not in inputs:
            found[each.name] = columns["", name]
        elif name in divided:
            whole = np.stack([columns[name, column] for column in inputs[name].values], axis=-1)
            shape = (-1 if length is None else length for length in each.shape)
            found[each.name] = _typed(whole.reshape(len(whole), *shape), each.dtype)
        else:
            found[each.name] = _typed(arrays[name], each.dtype)
    return found


def without_neighbors(rows: RowModel, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Examples in which the value that a gap took of another row is a known one, as no graph sees that row.

    Args:
        rows: The row model.
        arrays: By input of the network, shape (n, …).
    """
    known, found = rows.description.columns, dict(arrays)
    for name, own in rows.description.inputs.items():
        flags = [flag and known[column].by_neighbor for column, flag in zip(own.columns, own.indicators, strict=True)]
        if any(flags):
            parts = _parts(arrays[name], own)
            found[name] = np.where(flags, np.zeros((), parts.dtype), parts).reshape(arrays[name].shape)
    return found


def _holder(rows: RowModel, own: RowInput, column: str) -> str:
    """The input whose tensor has a column; empty if the column is a tensor of its own.

    Args:
        rows: The row model.
        own: An input with an indicator of the column's gaps.
        column: The column.
    """
    if rows.by_column:
        return ""
    if column in own.values:
        return own.name
    return next((name for name, each in rows.description.inputs.items() if column in each.values), "")


def _columns(rows: RowModel, own: RowInput, array: Array) -> dict[str, Array]:
    """The columns of an input, each of shape (n, …), of a window (n, steps)."""
    known = rows.description.columns
    if len(own.columns) == 1 and not own.has_indicators and known[own.columns[0]].shape:
        return {own.columns[0]: _typed(array, known[own.columns[0]].dtype)}
    found, parts, start = {}, _parts(array, own), 0
    for column, flag in zip(own.columns, own.indicators, strict=True):
        shape = known[column].shape
        size = 1 if flag else math.prod(length or 1 for length in shape)
        part = parts[..., start : start + size]
        start += size
        if not flag:
            found[column] = _typed(part.reshape(len(part), *shape) if shape else part[..., 0], known[column].dtype)
    return found


def _parts(array: Array, own: RowInput) -> Array:
    """The examples of an input with its columns along the last axis: (n, columns), or (n, steps, columns)."""
    return array.reshape(len(array), *((-1, len(own.columns)) if own.is_window else (-1,)))


def _with_gaps(rows: RowModel, name: str, values: Array | None, gaps: Array) -> Array:
    """A column with gaps.

    Args:
        rows: The row model.
        name: The column.
        values: Its values, shape (n, …); None if the network takes its gaps alone.
        gaps: Where they are, of that shape.
    """
    dtype = rows.description.columns[name].dtype
    nothing: Any = "" if dtype == "string" else np.nan
    if values is None:
        values = np.full(gaps.shape, "?" if dtype == "string" else 0.0, object)
    return _typed(np.where(gaps, nothing, values), dtype)


def _typed(values: Array, dtype: str) -> Array:
    return values.astype(object) if dtype == "string" else values.astype(dtype)


def tensors_of_columns(rows: RowModel, columns: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Array], Array]:
    """The tensors of rows of values, None for a gap.

    Args:
        rows: The row model; examples are no windows.
        columns: By column, a value for each row.

    Returns:
        The tensors, and which rows they can hold, shape (n,): integers have no gap.
    """
    count = len(next(iter(columns.values())))
    known, found = np.ones(count, bool), dict[str, Array]()
    for name, tensor in rows.tensors.items():
        if tensor.dtype == "string":
            parts = [_text_array(columns[column]) for column in tensor.columns]
        else:
            parts = [_number_array(columns[column]) for column in tensor.columns]
        whole = parts[0] if name in rows.description.columns and (rows.by_column or len(parts) == 1) else None
        if whole is None or (len(tensor.shape) >= 1 and whole.ndim == 1):
            whole = np.stack(parts, axis=-1) if len(parts) > 1 else parts[0]
            whole = whole.reshape(count, *(-1 if length is None else length for length in tensor.shape))
        if "int" in tensor.dtype or tensor.dtype == "bool":
            fits = _fits(whole, tensor.dtype)
            known &= fits.reshape(count, -1).all(axis=1)
            whole = np.where(fits, whole, 0)
        with np.errstate(over="ignore"):
            found[tensor.name] = _typed(whole, tensor.dtype)
    return found, known


def _text_array(values: Sequence[Any]) -> Array:
    return np.array(["" if value is None else str(value) for value in values], object)


def _number_array(values: Sequence[Any]) -> Array:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _fits(values: Array, dtype: str) -> Array:
    """Which numbers an integer dtype holds."""
    low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    fits: Array = (values >= low) & (values <= high) & (values == np.floor(values))
    return fits
