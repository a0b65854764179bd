"""The tensors of a row model, from examples of the network or from rows of values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.export.row_model.build import RowModel, RowTensor
from kspec.export.row_model.description import RowInput

Array = np.ndarray[Any, Any]


def tensors_of_examples(rows: RowModel, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The tensors that make certain inputs of the network; where an indicator says so, they have gaps.

    Args:
        rows: The row model.
        arrays: By input of the network, shape (n, …).
    """
    inputs = rows.description.inputs
    columns: dict[str, Array] = {}
    for name, own in inputs.items():
        if own.has_indicators or rows.by_column:
            columns |= _columns(rows, own, arrays[name])
    for name, own in inputs.items():
        for at in (place for place, flag in enumerate(own.indicators) if flag):
            _set_gaps(rows, columns, own.columns[at], _flat(arrays[name], own)[:, at] != 0)
    return {
        each.name: columns[name] if name in columns else _of_input(rows, name, each, columns, arrays)
        for name, each in rows.tensors.items()
    }


def _of_input(
    rows: RowModel, name: str, tensor: RowTensor, columns: Mapping[str, Array], arrays: Mapping[str, Array]
) -> Array:
    own = rows.description.inputs[name]
    if not own.has_indicators:
        return arrays[name] if tensor.dtype == "string" else arrays[name].astype(tensor.dtype)
    return np.stack([columns[column] for column in own.values], axis=-1).astype(tensor.dtype)


def _columns(rows: RowModel, own: RowInput, array: Array) -> dict[str, Array]:
    """The columns of an input."""
    known = rows.description.columns
    if len(own.columns) == 1 and not own.has_indicators and known[own.columns[0]].shape:
        return {own.columns[0]: _typed(array, known[own.columns[0]].dtype)}
    found, flat, start = {}, _flat(array, own), 0
    for column, flag in zip(own.columns, own.indicators, strict=True):
        shape = known[column].shape
        size = 1 if flag else math.prod(length or 1 for length in shape)
        part = flat[:, start : start + size]
        start += size
        if not flag:
            found[column] = _typed(part.reshape(len(part), *shape) if shape else part[:, 0], known[column].dtype)
    return found


def _flat(array: Array, own: RowInput) -> Array:
    return array.reshape(len(array), -1) if not own.is_window else array.reshape(-1, len(own.columns))


def _set_gaps(rows: RowModel, columns: dict[str, Array], name: str, gaps: Array) -> None:
    """Makes gaps in a column, which need not be known so far.

    Args:
        rows: The row model.
        columns: The columns; gets them.
        name: The column.
        gaps: Which rows have one, shape (n,).
    """
    dtype = rows.description.columns[name].dtype
    nothing: Any = "" if dtype == "string" else np.nan
    own = columns.get(name, np.full(len(gaps), "?" if dtype == "string" else 0.0, object))
    columns[name] = _typed(np.where(gaps, nothing, own), dtype)


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
