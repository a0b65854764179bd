"""Text columns → typed columns: the type of a column depends on all of its values, in all of its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kspec.data.arrow_values import arrow_texts, nulls_of, values_of
from kspec.data.storage.mapped_arrays import empty, zeros
from kspec.data.storage.mapped_texts import text_array
from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

NumberKind = Literal["integer", "float"]
MISSING_WORDS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"]
"""Texts that mean a missing value, unless they are quoted."""
SAMPLE = 1000
"""How many texts tell whether most differ."""
PIECE, FIRST = 1 << 14, 1 << 7
"""How many texts become numbers at once, and of the first ones: Arrow takes long to tell that texts are none."""


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
    values = _Texts(texts, numbers)

    def original_texts() -> Array:
        return values.originals()

    found = values.numbers()
    if found is not None:
        return number_column(name, *found, original_texts)
    found_truths = values.truths()
    if found_truths is not None:
        return Column(name, "boolean", *found_truths, original_texts)
    before_text()
    return Column(name, "text", original_texts(), values.missing())


def number_column(
    name: str, kind: NumberKind, values: Array, missing: Array, original_texts: Callable[[], Array]
) -> Column:
    """A column of numbers; of floats, if all are missing.

    Args:
        name: Its name.
        kind: What its numbers are.
        values: The numbers, shape (n,).
        missing: Which are missing, shape (n,).
        original_texts: As in `Column`.
    """
    import numpy

    if missing.all():
        kind, values = "float", numpy.full(len(missing), numpy.nan)
    return Column(name, kind, values, missing, original_texts)


def column_texts(texts: Any, numbers: NumberFormat = PLAIN) -> Array:
    """The texts of a column as the file has them, shape (n,); empty where a value is missing.

    Args:
        texts: As for `typed_column`.
        numbers: As for `typed_column`.
    """
    return _Texts(texts, numbers).originals()


def number_marks(numbers: NumberFormat) -> list[float]:
    """The numbers that stand for a missing value."""
    return [mark for mark in map(_number, numbers.marks) if mark is not None]


class _Texts:
    """The texts of a column, looked at chunk by chunk.

    Args:
        texts: A pyarrow chunked array of strings, null where a value is missing.
        numbers: How the file writes values.
    """

    def __init__(self, texts: Any, numbers: NumberFormat) -> None:
        self._rows, self._format = len(texts), numbers
        self._chunks = [texts.combine_chunks()] if len(texts) <= PIECE and texts.num_chunks > 1 else texts.chunks
        self._words = _missing_words(numbers.trimmed, tuple(map(str, numbers.marks)))
        self._marks = number_marks(numbers)

    def numbers(self) -> tuple[NumberKind, Array, Array] | None:
        """The kind of number that all texts are, the numbers and which are missing, shape (n,); None if some is none.

        Missing numbers are 0 or NaN.
        """
        import pyarrow as pa

        kinds: tuple[tuple[NumberKind, Any], ...] = (("integer", pa.int64()), ("float", pa.float64()))
        for kind, arrow_type in kinds:
            values, missing = empty(self._rows, "int64" if kind == "integer" else "float64"), zeros(self._rows, bool)
            try:
                for place, chunk in self._places():
                    values[place], are_missing = self._numbers(chunk, arrow_type)
                    if are_missing is not None:  # to write zeros would take their memory
                        missing[place] = are_missing
            except pa.ArrowInvalid:
                continue
            return kind, values, missing
        return None

    def _numbers(self, chunk: Any, arrow_type: Any) -> tuple[Array, Array | None]:
        """The numbers of a chunk, and which are missing, None for none; raises ArrowInvalid if some text is none."""
        import numpy
        import pyarrow as pa
        import pyarrow.compute as pc

        trimmed, failure = _trimmed(chunk), None
        if not self._format.marks:  # mostly, no word means a missing value; to look for one takes longer than the rest
            numbers = None
            try:
                numbers = pc.cast(plain_numbers(trimmed, self._format), arrow_type)
            except pa.ArrowInvalid as error:
                failure = error
            if numbers is not None and not (pa.types.is_floating(arrow_type) and _any(pc.is_nan(numbers))):
                return values_of(numbers, 0), nulls_of(numbers) if numbers.null_count else None
        known = self._without_words(trimmed, trimmed)
        if known is trimmed and failure is not None:
            raise failure
        numbers = pc.cast(plain_numbers(known, self._format), arrow_type)
        values, missing = values_of(numbers, 0), nulls_of(known)
        if pa.types.is_floating(arrow_type):
            missing = missing | numpy.isnan(values)
        marked = numpy.isin(values, self._marks)
        return values, missing | marked if marked.any() else missing

    def truths(self) -> tuple[Array, Array] | None:
        """The booleans that all texts are, and which are missing, shape (n,); None if some is none."""
        import pyarrow.compute as pc

        values, missing = empty(self._rows, bool), zeros(self._rows, bool)
        words = arrow_texts(["true", "false"])
        for place, chunk in self._places():
            trimmed = _trimmed(chunk)
            lowered = pc.utf8_lower(self._without_words(trimmed, trimmed))
            are_truths = pc.is_in(lowered.drop_null(), value_set=words)
            if not pc.all(are_truths, min_count=0).as_py():
                return None
            values[place] = values_of(pc.equal(lowered, "true"), False)
            missing[place] = nulls_of(lowered)
        return values, missing

    def originals(self) -> Array:
        """The texts as the file has them, shape (n,); empty where a value is missing."""
        found = text_array(self._rows, lambda: (self._known(chunk) for _, chunk in self._places()))
        for place, chunk in self._places():
            found[place] = _objects(self._known(chunk))
        return found

    def missing(self) -> Array:
        """Which texts are missing, shape (n,)."""
        missing = zeros(self._rows, bool)
        for place, chunk in self._places():
            missing[place] = nulls_of(self._known(chunk))
        return missing

    def _known(self, chunk: Any) -> Any:
        """The texts of a chunk as the file has them, null where one is missing."""

        trimmed = _trimmed(chunk)
        texts = trimmed if self._format.trimmed else chunk
        return self._without_words(trimmed, texts) if len(self._words) > 1 else texts

    def _without_words(self, trimmed: Any, texts: Any) -> Any:
        """The texts, null where the trimmed ones are words for a missing value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        is_missing = pc.is_in(trimmed, value_set=self._words)
        return pc.if_else(is_missing, pa.nulls(len(texts), texts.type), texts) if _any(is_missing) else texts

    def _places(self) -> Iterator[tuple[slice, Any]]:
        """The texts in pieces, each with its rows."""
        start = 0
        for chunk in self._chunks:
            first = 0
            while first < len(chunk):
                piece = chunk.slice(first, PIECE if start else FIRST)
                yield slice(start, start + len(piece)), piece
                start, first = start + len(piece), first + len(piece)


@lru_cache(64)
def _missing_words(trimmed: bool, marks: tuple[str, ...]) -> Any:
    """The texts that stand for a missing value, as a pyarrow array; see `NumberFormat`."""
    return arrow_texts([*(MISSING_WORDS if trimmed else [""]), *marks])


def _trimmed(texts: Any) -> Any:
    """Texts without blanks around them.

    Args:
        texts: A pyarrow array of strings.
    """
    import numpy
    import pyarrow.compute as pc

    if not len(texts):
        return texts
    _, starts, letters = texts.buffers()
    start, stop = numpy.frombuffer(starts, numpy.int32)[[texts.offset, texts.offset + len(texts)]].tolist()
    if start == stop or numpy.frombuffer(letters, numpy.int8)[start:stop].min() > ord(" "):
        return texts  # no byte is a blank, or a part of a letter beyond ASCII
    return pc.utf8_trim_whitespace(texts)


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


def _number(mark: str | int | float) -> float | None:
    try:
        return float(mark)
    except ValueError:
        return None


def _any(truths: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(truths).as_py())


def _objects(array: Any) -> Array:
    """Texts as objects, empty for nulls; equal texts are one object, unless most differ."""
    import pyarrow.compute as pc

    filled = pc.fill_null(array, "")
    sample = filled.slice(0, SAMPLE)
    if 2 * len(sample.unique()) > len(sample):
        texts: Array = filled.to_numpy(zero_copy_only=False)
        return texts
    coded = filled.dictionary_encode()
    repeated: Array = coded.dictionary.to_numpy(zero_copy_only=False)[coded.indices.to_numpy()]
    return repeated
