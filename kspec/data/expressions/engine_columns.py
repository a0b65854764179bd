"""Columns as the engine of SQL expressions takes and gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_DATE = r"^\s*\d{4}-\d{2}-\d{2}\s*$"
_TIME = r"^\s*\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s*$"
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
    "UHUGEINT",
)
_NUMBERS = ("FLOAT", "DOUBLE", "DECIMAL")
_TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIME")
UNSUPPORTED = ("TUPLE", "STRUCT", "MAP", "UNION", "INTERVAL", "BLOB", "BIT", '"NULL"', "NULL", "VARIANT", "GEOMETRY")
"""Types that no column can have."""
_WORDS = {
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "float"), "a number"),
    **dict.fromkeys((*_WHOLE, "INTEGER_LITERAL", "integer"), "an integer"),
    **dict.fromkeys(("VARCHAR", "STRING_LITERAL", "text"), "text"),
    **dict.fromkeys(("BOOLEAN", "boolean"), "a boolean"),
    **dict.fromkeys(("NULL", '"NULL"'), "no value at all"),
    "DATE": "a date", "TIMESTAMP": "a time", "TIMESTAMP WITH TIME ZONE": "a time", "TIME": "a time of day",
    "INTERVAL": "a span of time", "STRUCT": "several values", "TUPLE": "several values", "BLOB": "bytes",
    "MAP": "a map",
}  # fmt: skip


def words(types: str) -> str:
    """Types of the engine, in words.

    >>> words("VARCHAR, INTEGER_LITERAL")
    'text, an integer'
    """
    if types.endswith("]"):
        return "a list"
    found = [part.strip() for part in types.split(",")]
    return ", ".join(_WORDS.get(part.partition("(")[0], part.lower()) for part in found)


def is_time(kind: str) -> bool:
    """Whether a type of the engine is a date or a time."""
    return kind in _TIMES


def engine_type(array: Any) -> str:
    """The engine's type of a column that `arrow_column` made."""
    import pyarrow.types as types

    kinds = (
        (types.is_boolean, "BOOLEAN"),
        (types.is_integer, "BIGINT"),
        (types.is_floating, "DOUBLE"),
        (types.is_date, "DATE"),
        (types.is_timestamp, "TIMESTAMP"),
    )
    return next((name for matches, name in kinds if matches(array.type)), "VARCHAR")


def arrow_column(column: Column, *, as_text: bool = False, find_times: bool = True) -> Any:
    """A column as a pyarrow array.

    Args:
        column: The column.
        as_text: Whether it was text in training, as numbers such as 007 can be.
        find_times: Whether a text column whose every value is an ISO date or time becomes one.
    """
    import pyarrow as pa

    if column.kind in ("text", "image") or as_text:
        array = pa.array(column.texts(), pa.string(), mask=column.missing)
        return _times(array) if find_times and not as_text else array
    types = {"integer": pa.int64(), "float": pa.float64(), "boolean": pa.bool_()}
    return pa.array(column.values, types[column.kind], mask=column.missing)


def _times(texts: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if texts.null_count == len(texts):
        return texts
    for pattern, kind in ((_DATE, pa.date32()), (_TIME, pa.timestamp("us"))):
        if pc.all(pc.match_substring_regex(texts, pattern)).as_py():
            try:
                return pc.cast(pc.utf8_trim_whitespace(texts), kind)
            except pa.ArrowInvalid:  # a day that no month has
                return texts
    return texts


def column_of(name: str, kind: str, values: Any) -> Column:
    """A column from what the engine gives.

    Args:
        name: Its name.
        kind: The engine's type.
        values: A pyarrow chunked array.
    """
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc

    missing: Array = values.is_null().to_numpy().astype(bool)
    base = kind.partition("(")[0]
    if base in _WHOLE:
        try:
            whole = pc.fill_null(pc.cast(values, pa.int64()), 0).to_numpy()
            return Column(name, "integer", whole, missing)
        except pa.ArrowInvalid:  # more than 64 bits
            base = "DOUBLE"
    if base in _NUMBERS:
        numbers = pc.fill_null(pc.cast(values, pa.float64(), safe=False), 0.0).to_numpy()
        return Column(name, "float", numbers, missing | numpy.isnan(numbers))
    if base == "BOOLEAN":
        return Column(name, "boolean", pc.fill_null(values, False).to_numpy().astype(bool), missing)
    texts = pc.fill_null(pc.cast(values, pa.string()), "").to_numpy().astype(object)
    return Column(name, "text", texts, missing)


def longest(values: Any) -> int:
    """The characters of the longest text in a pyarrow array; 1 for numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = (pa.types.is_string, pa.types.is_large_string)
    return (pc.max(pc.binary_length(values)).as_py() or 1) if any(kind(values.type) for kind in kinds) else 1
