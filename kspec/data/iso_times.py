"""Times in ISO 8601, read piece by piece: the most frequent format, and the only one that NumPy reads by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import empty, pieces

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_LONGEST = "0000-00-00 00:00:00.000000"
_LENGTHS = (10, 16, 19, *range(21, len(_LONGEST) + 1))
"""A day; with hours and minutes; with seconds; with a fraction of one."""


def iso_times(texts: Array) -> Array | None:
    """The moments of texts such as `2024-01-31` or `2024-01-31T10:00:00.5`, without a zone.

    Args:
        texts: Texts, shape (rows,).

    Returns:
        `datetime64[us]`, shape (rows,); None if some text is written otherwise, or is no moment.
    """
    import numpy

    if not len(texts) or len(str(texts[0])) not in _LENGTHS:
        return None
    moments = empty(len(texts), "datetime64[us]", texts)
    for piece in pieces(len(texts), 4 * len(_LONGEST)):
        own = texts[piece].astype(str)
        if not _are_iso(own):
            return None
        try:
            moments[piece] = own.astype("datetime64[us]")
        except ValueError:
            return None
    return numpy.asarray(moments)


def _are_iso(texts: Array) -> bool:
    """Whether texts, shape (n,), have the digits and marks of one length in their places, and a year after 0."""
    import numpy

    letters = numpy.ascontiguousarray(texts).view(numpy.uint32).reshape(len(texts), -1)
    length = letters.shape[1]
    while length and not letters[:, length - 1].any():  # an array is as wide as the longest text of its table
        length -= 1
    if length not in _LENGTHS:
        return False
    for place, mark in enumerate(_LONGEST[:length]):
        column = letters[:, place]
        if mark == "0":
            fits = (column >= ord("0")) & (column <= ord("9"))
        elif mark == " ":
            fits = (column == ord(" ")) | (column == ord("T"))
        else:
            fits = column == ord(mark)
        if not fits.all():
            return False
    return bool((letters[:, :4] != ord("0")).any(axis=1).all())
