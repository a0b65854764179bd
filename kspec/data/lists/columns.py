"""Columns of lists: from Arrow, and from the texts of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

REASON = "its lists differ in length"


def arrow_lists(name: str, values: Any, missing: Array) -> Column | str:
    """Converts a pyarrow column of lists; the reason if that is impossible.

    Args:
        name: The column.
        values: What has its type, length and chunks: lists of numbers or texts, or of lists of equal length of these.
        missing: Receives which rows have no list, shape (n,).

    Returns:
        A column of arrays if no list is missing and all have one length, else one of lists.
    """
    import pyarrow as pa

    item = values.type.value_type
    is_nested = _is_list(item)
    while _is_list(item):
        item = item.value_type
    types = pa.types
    if types.is_null(item):
        return "its lists are empty"
    is_text = types.is_string(item) or types.is_large_string(item) or types.is_string_view(item)
    if not (is_text or types.is_integer(item) or types.is_floating(item) or types.is_boolean(item)):
        return f"its lists contain {item}, neither numbers nor texts"
    stacked = None if is_text else _arrays(values)
    if stacked is not None:
        return Column(name, "array", stacked, missing)
    dtype: Any = object if is_text else item.to_pandas_dtype()
    arrays: list[Array] = []
    try:
        for chunk in values.chunks:
            if chunk.null_count:
                missing[len(arrays) : len(arrays) + len(chunk)] = chunk.is_null().to_numpy(zero_copy_only=False)
            arrays += [_array(row, dtype, is_nested=is_nested) for row in chunk.to_pylist()]
    except (ValueError, TypeError) as error:
        return str(error) if isinstance(error, ValueError) else "its lists hold lists of lists of unequal length"
    return column_of_lists(name, arrays, missing)


def _arrays(values: Any) -> Array | None:
    """Lists of numbers of one length as an array, shape (n, length, …); None if they are others."""
    import numpy

    from kspec.data.storage.mapped_arrays import empty

    found: Array | None = None
    start = 0
    for chunk in values.chunks:
        if chunk.null_count:
            return None
        try:
            stacked = numpy.array(chunk.to_pylist())
        except ValueError:
            return None
        if stacked.dtype.kind not in "fiub" or stacked.size == 0:
            return None
        if found is None:
            found = empty((len(values), *stacked.shape[1:]), stacked.dtype)
        if stacked.shape[1:] != found.shape[1:]:
            return None
        found = found.astype(numpy.result_type(found, stacked), copy=False)
        found[start : start + len(chunk)] = stacked
        start += len(chunk)
    return found


def _is_list(kind: Any) -> bool:
    import pyarrow.types as types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _array(row: Any, dtype: Any, *, is_nested: bool) -> Array:
    """One list as an array, shape (m,), or (m, k) of lists.

    Raises:
        ValueError: If it has a gap, or inner lists of unequal length.
    """
    import numpy

    items = row or []
    if is_nested:
        if any(inner is None or len(inner) != len(items[0]) for inner in items):
            raise ValueError("the lists in its lists differ in length")
        flat = [item for inner in items for item in inner]
    else:
        flat = items
    if None in flat:
        raise ValueError("its lists have missing items")
    array = numpy.empty(len(flat), dtype)
    array[:] = flat
    return array.reshape(len(items), -1) if is_nested and items else array


def column_of_lists(name: str, rows: list[Array], missing: Array, texts: Any = None) -> Column:
    """A column of lists, or of arrays if all have one length and none is missing.

    Args:
        name: The column.
        rows: Its lists, shape (m,) or (m, k) each.
        missing: Which rows have no list, shape (n,).
        texts: Returns the texts of the file, of lists that a cell holds; None without them.
    """
    import numpy

    shapes = {row.shape for row in rows}
    if len(shapes) == 1 and not missing.any() and next(iter(shapes))[0]:
        return Column(name, "array", numpy.stack(rows), missing, texts)
    values = numpy.empty(len(rows), object)
    for number, row in enumerate(rows):
        values[number] = row
    return Column(name, "list", values, missing, texts)


def split_texts(column: Column, sep: str) -> Column:
    """The column with a list in place of each text: of numbers if every item is one, else of texts.

    Args:
        column: A column of texts, or of numbers, which are lists of one item.
        sep: What separates the items: " " is any white space, "" separates each character.
    """
    texts = column.texts()
    rows = [[] if gap else items_of(str(text), sep) for text, gap in zip(texts.tolist(), column.missing, strict=True)]
    numbers = _numbers(rows)
    arrays = numbers if numbers is not None else [_array(row, object, is_nested=False) for row in rows]
    result = column_of_lists(column.name, arrays, column.missing)
    if numbers is not None:
        result.original_texts = lambda: (
            column_of_lists(column.name, [_array(row, object, is_nested=False) for row in rows], column.missing).values
        )
    return result


def items_of(text: str, sep: str) -> list[str]:
    """The items of a text.

    >>> items_of(" a  b", " "), items_of("1; 2", ";"), items_of("48", "")
    (['a', 'b'], ['1', '2'], ['4', '8'])
    """
    if not sep:
        return list(text)
    if not sep.strip():
        return text.split(None if sep == " " else sep)
    return [item.strip() for item in text.split(sep)] if text.strip() else []


def _numbers(rows: list[list[str]]) -> list[Array] | None:
    """The items as integers, or else as floats; None if some are no numbers."""
    import numpy

    for kind in (numpy.int64, numpy.float64):
        try:
            return [numpy.array(row, dtype=object).astype(kind) for row in rows]
        except (ValueError, OverflowError):
            continue
    return None


def lists_of(column: Column, *, as_text: bool = False) -> list[Array]:
    """The list of each row, shape (m,) or (m, k).

    Args:
        column: A column of lists or arrays.
        as_text: Whether items are wanted as texts, spelled as in the file.
    """
    import numpy

    values = column.values
    if as_text and column.original_texts is not None:
        values = column.original_texts()
    rows = list(values)
    if as_text:
        return [row if row.dtype == object else row.astype(str).astype(object) for row in rows]
    return [numpy.asarray(row) for row in rows]
