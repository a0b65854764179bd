"""Lengths of time in words: `7 days`, `10 min`, `1 h`."""

import re

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
"""Unit → its seconds. Months and years differ in length, so they are no units."""
UNITS = {**{name: name for name in SECONDS}, "s": "second", "sec": "second", "min": "minute", "h": "hour", "d": "day"}
"""Name or symbol of a unit → its name."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+?)s?", re.IGNORECASE)


def microseconds_of(text: str) -> int | None:
    """The microseconds of a length of time; None if the text is none.

    >>> microseconds_of("2 minutes"), microseconds_of("1.5 min"), microseconds_of("30 s")
    (120000000, 90000000, 30000000)
    >>> microseconds_of("1 month") is None
    True
    """
    match = _DURATION.fullmatch(text.strip())
    unit = UNITS.get(match[2].lower()) if match is not None else None
    if match is None or unit is None:
        return None
    return round(float(match[1]) * SECONDS[unit] * 1_000_000)
