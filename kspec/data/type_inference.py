"""Text columns → typed columns: the type of a column depends on all of its values, in all of its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MISSING_WORDS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"]
"""Texts that mean a missing value, unless they are quoted."""


class NumberFormat(NamedTuple):
    """How a text file writes values.

    Args:
        decimal: The decimal point.
        thousands: What stands between thousands; None for nothing.
        marks: What stands for a missing value, besides `MISSING_WORDS`.
        trimmed: Whether blanks around a value are none of it, since no value is quoted.
    """

    decimal: str = "."
    thousands: str | None = None
    marks: Sequence[str | int | float] = ()
    trimmed: bool = False


PLAIN = NumberFormat()
"""Values as Python writes them."""


def typed_column(name: str, texts: Any, before_text: Callable[[], None], numbers: NumberFormat = PLAIN) -> Column:
    """A column of integers, floats or booleans if all values are, else of texts.

    Args:
        name: The column's name.
        texts: A pyarrow chunked array of strings, null where a value is missing.
        before_text: Called before memory is taken for a column of texts.
        numbers: How the file writes values.
    """
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(texts)
    words = [""]
    if numbers.trimmed:
        texts, words = trimmed, MISSING_WORDS
    words = [*words, *(str(mark) for mark in numbers.marks)]
    is_missing = pc.is_in(trimmed, value_set=pa.array(words, trimmed.type))
    if pc.any(is_missing).as_py():
        trimmed = pc.if_else(is_missing, pa.scalar(None, trimmed.type), trimmed)
        texts = pc.if_else(is_missing, pa.scalar(None, trimmed.type), texts) if len(words) > 1 else texts
    missing = _numpy(trimmed.is_null())

    def original_texts() -> Array:
        filled: Array = _numpy(pc.fill_null(texts, "")).astype(object)
        return filled

    if missing.all():
        return Column(name, "float", numpy.full(len(missing), numpy.nan), missing, original_texts)
    found = _numbers(plain_numbers(trimmed, numbers))
    if found is not None:
        kind, values = found
        missing = missing | numpy.isnan(values) if kind == "float" else missing
        marked = numpy.isin(values, [mark for mark in map(_number, numbers.marks) if mark is not None])
        return Column(name, kind, values, missing | marked if marked.any() else missing, original_texts)
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


def plain_numbers(texts: Any, numbers: NumberFormat) -> Any:
    """Texts, with numbers as Python writes them; what is no number in the format is no number afterwards.

    Args:
        texts: A pyarrow array of trimmed strings.
        numbers: How the file writes numbers.
    """
    import pyarrow.compute as pc

    if numbers.thousands is not None:
        mark = re.escape(numbers.thousands)
        grouped = pc.match_substring_regex(texts, rf"^[+-]?\d{{1,3}}({mark}\d{{3}})+(\D|$)")
        texts = pc.if_else(grouped, pc.replace_substring(texts, numbers.thousands, ""), texts)
    if numbers.decimal == ",":
        texts = pc.if_else(pc.match_substring(texts, "."), "no number", pc.replace_substring(texts, ",", "."))
    return texts


def _numbers(texts: Any) -> tuple[Literal["integer", "float"], Array] | None:
    """The numbers that all texts are, 0 where one is missing; None if some is no number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds: tuple[tuple[Literal["integer", "float"], Any], ...] = (("integer", pa.int64()), ("float", pa.float64()))
    for kind, arrow_type in kinds:
        try:
            return kind, _numpy(pc.fill_null(pc.cast(texts, arrow_type), 0))
        except pa.ArrowInvalid:
            continue
    return None


def _number(mark: str | int | float) -> float | None:
    try:
        return float(mark)
    except ValueError:
        return None


def _numpy(array: Any) -> Array:
    values: Array = array.to_numpy()
    return values
