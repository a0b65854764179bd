"""Lengths of time in words: `7 days`, `10 min`, `1 h`."""

import re
from typing import Any

from kspec.language.base import fail
from kspec.syntax.yaml_flow import kind_of

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
"""Unit → its seconds. Months and years differ in length, so they are no units."""
UNITS = {**{name: name for name in SECONDS}, "s": "second", "sec": "second", "min": "minute", "h": "hour", "d": "day"}
"""Name or symbol of a unit → its name."""
TIME_HELP = "write a number with its unit, such as `30 s`, `10 min` or `1.5 h`"
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


def check_duration(value: Any, what: str) -> Any:
    """Rejects what is no length of time above zero; None, where there is none, is kept.

    Args:
        value: The value in a spec.
        what: What it is, in messages: `a time limit`.
    """
    if value is None:
        return value
    if not isinstance(value, str):
        is_positive = isinstance(value, (int, float)) and value > 0
        help = f"write a unit such as `{value:g} min`" if is_positive else TIME_HELP
        fail(f"{what} must be a length of time, not {kind_of(value)}", help=help)
    if microseconds_of(value) == 0:
        fail(f"{what} must be above zero, not `{value}`", help=TIME_HELP)
    if not microseconds_of(value):
        fail(f"`{value}` is not a length of time", help=TIME_HELP)
    return value
