"""Text columns → typed columns: the type of a column depends on all of its values, in all of its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MISSING_WORDS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"]
"""Texts that mean a missing value, unless they are quoted."""


def typed_column(name: str, texts: Any, before_text: Callable[[], None]) -> Column:
    """A column of integers, floats or booleans if all values are, else of texts.

    Args:
        name: The column's name.
        texts: A pyarrow chunked array of strings, null where a value is missing.
        before_text: Called before memory is taken for a column of texts.
    """
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(texts)
    if pc.any(pc.equal(trimmed, "")).as_py():
        trimmed = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)
    missing = _numpy(trimmed.is_null())

    def original_texts() -> Array:
        filled: Array = _numpy(pc.fill_null(texts, "")).astype(object)
        return filled

    if missing.all():
        return Column(name, "float", numpy.full(len(missing), numpy.nan), missing, original_texts)
    for kind, arrow_type in (("integer", pa.int64()), ("float", pa.float64())):
        try:
            numbers = _numpy(pc.fill_null(pc.cast(trimmed, arrow_type), 0))
        except pa.ArrowInvalid:
            continue
        if kind == "float":
            nan = numpy.isnan(numbers)
            missing = missing | nan
        return Column(name, "integer" if kind == "integer" else "float", numbers, missing, original_texts)
    lowered = pc.utf8_lower(trimmed)
    if pc.all(pc.is_in(lowered.drop_null(), value_set=pa.array(["true", "false"], lowered.type))).as_py():
        return Column(
            name,
            "boolean",
            _numpy(pc.fill_null(pc.equal(lowered, "true"), False)).astype(bool),
            missing,
            original_texts,
        )
    before_text()
    return Column(name, "text", original_texts(), _numpy(texts.is_null()))


def _numpy(array: Any) -> Array:
    values: Array = array.to_numpy()
    return values
