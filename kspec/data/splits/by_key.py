"""Splits by a key, each row by itself.

**By hash.** The key as text, in UTF-8, has a SHA-256; its first eight bytes, a big-endian integer, shifted right by 11
bits and divided by 2^53, are a number `u` from 0 up to 1. The row is for test if `u < test`, for validation if
`u < test + validation`, else for training. Neither the seed nor other rows matter.

**By lists.** A text file for each split has the keys of its rows, one on each line.

A key that is a number is written in its shortest form, so that 7, 7.0 and "007" are one key, whatever the type of the
column; true and false are in lower case; other texts are as they are, without blanks around them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_WHOLE = re.compile(r"([+-]?)0*(\d+)(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def key_text(text: str) -> str:
    """The key that a text stands for.

    >>> key_text("007"), key_text("7.0"), key_text("-0.50"), key_text(" True "), key_text("A7")
    ('7', '7', '-0.5', 'true', 'A7')
    """
    text = text.strip()
    whole = _WHOLE.fullmatch(text)
    if whole is not None:
        return whole[2] if whole[1] != "-" or whole[2] == "0" else f"-{whole[2]}"
    if _NUMBER.fullmatch(text) is not None:
        value = float(text)
        return str(int(value)) if value.is_integer() else repr(value)
    return text.lower() if text.lower() in ("true", "false") else text


def keys_of(column: Column) -> tuple[list[str], Array]:
    """The distinct keys of a column, and the number of each row's key among them, shape (rows,)."""
    import numpy

    texts, inverse = numpy.unique(numpy.asarray(column.texts()).astype(str), return_inverse=True)
    return [key_text(str(text)) for text in texts], inverse.ravel()


def fraction_of(key: str) -> float:
    """The number from 0 up to 1 that decides the split of a key.

    >>> round(fraction_of("7"), 6)
    0.472693
    """
    digest = hashlib.sha256(key.encode("utf-8")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def split_by_hash(column: Column, test: float, validation: float) -> Array:
    """Splits rows by the hash of their key.

    Args:
        column: The keys.
        test: The fraction of keys for test.
        validation: The fraction for validation.

    Returns:
        By row, 0 for training, 1 for validation, 2 for test; shape (rows,).
    """
    import numpy

    keys, inverse = keys_of(column)
    numbers = numpy.array([fraction_of(key) for key in keys])
    split: Array = numpy.where(numbers < test, 2, numpy.where(numbers < test + validation, 1, 0))[inverse]
    return split
