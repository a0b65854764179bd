"""Numbers of bytes in words: `4 GB`, `512 MB`."""

import re

UNITS = {"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
"""Unit in small letters → its bytes."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)


def read_bytes(text: str) -> float | None:
    """The bytes that a text means; None if it means none.

    >>> read_bytes("4 GB"), read_bytes("1.5 MiB"), read_bytes("much")
    (4000000000.0, 1572864.0, None)
    """
    match = _SIZE.fullmatch(text.strip())
    unit = UNITS.get(match[2].lower()) if match is not None else None
    return None if match is None or unit is None else float(match[1]) * unit


def bytes_text(size: float) -> str:
    """A number of bytes, as in `12.3 GB`.

    >>> bytes_text(2_300_000), bytes_text(12)
    ('2.3 MB', '12 bytes')
    """
    if size >= 1e15:
        return "millions of GB"
    unit, name = next(((u, n) for u, n in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")) if size >= u), (1, "bytes"))
    return f"{size / unit:,.1f}".removesuffix(".0") + f" {name}"
