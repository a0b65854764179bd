"""Lengths of time in words: `7 days`, `1 hour`."""

import re

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
"""Unit → its seconds. Months and years differ in length, so they are no units."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+?)s?", re.IGNORECASE)


def microseconds_of(text: str) -> int | None:
    """The microseconds of a length of time; None if the text is none.

    >>> microseconds_of("2 minutes")
    120000000
    >>> microseconds_of("1 month") is None
    True
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or match[2].lower() not in SECONDS:
        return None
    return round(float(match[1]) * SECONDS[match[2].lower()] * 1_000_000)
