"""Short texts of tables that are larger than a part of memory: arrays of texts of one width, which lie in files.

Long texts are objects, in memory, as all texts of other tables are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import copied, empty, is_mapped, on_disk, pieces

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MAX_LETTERS = 64
"""Columns with longer texts stay in memory: each of their texts would take as much as the longest."""
NUMBER_LETTERS = 32
"""No number has more."""


def text_array(rows: int, chunks: Callable[[], Iterable[Any]]) -> Array:
    """A new array that can take these texts, shape (rows,).

    Args:
        rows: The number of texts.
        chunks: Returns them, as pyarrow arrays of texts, or of what Arrow writes as texts.
    """
    import numpy

    if not on_disk():
        return numpy.empty(rows, object)
    letters = 1
    for chunk in chunks():
        letters = max(letters, _letters(chunk))
        if letters > MAX_LETTERS:
            return numpy.empty(rows, object)
    return empty(rows, f"U{letters}")


def _letters(chunk: Any) -> int:
    """The letters of the longest text; too many if one has a letter that an array cannot hold."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
    texts = texts if pa.types.is_string(texts.type) else pc.cast(texts, pa.string())
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        return MAX_LETTERS + 1
    return pc.max(pc.utf8_length(texts)).as_py() or 0


def text_type(texts: Sequence[Array]) -> Any:
    """The type of an array that holds these texts: of one width if they all lie in files, else objects."""
    import numpy

    are_short = all(is_mapped(each) and each.dtype.kind == "U" for each in texts)
    return numpy.result_type(*texts) if are_short else numpy.dtype(object)


def number_texts(values: Array, text: Callable[[Any], str]) -> Array:
    """Numbers as texts, shape (n,), in a file if the numbers lie in one.

    Args:
        values: Shape (n,).
        text: Writes one.
    """
    import numpy

    if not is_mapped(values):
        return numpy.array([text(value) for value in values.tolist()], dtype=object)
    texts = empty(len(values), f"U{NUMBER_LETTERS}", values)
    for piece in pieces(len(values), NUMBER_LETTERS * 4):
        texts[piece] = [text(value) for value in values[piece].tolist()]
    return texts


def filled(texts: Array, rows: Array, text: str) -> Array:
    """A copy of texts, with another text in some rows.

    Args:
        texts: Shape (n,).
        rows: Which rows, as booleans, shape (n,).
        text: The text.
    """
    import numpy

    if texts.dtype.kind == "U" and len(text) > texts.dtype.itemsize // 4:
        copy = empty(len(texts), f"U{len(text)}", texts)
        for piece in pieces(len(texts), copy.itemsize):
            copy[piece] = texts[piece]
    else:
        copy = copied(texts)
    copy[rows] = text
    return numpy.asarray(copy)
