"""The formats of times in texts.

- ISO 8601: `2024-01-31`, `2024-01-31T10:00`, `2024-01-31 10:00:00.5`, `2024-01`, also with `/` or `.` as the mark;
  `20240131`;
- `31.01.2024`, `31/01/2024`, `01/31/2024`, with `-` too;
- `31 Jan 2024`, `31-Jan-2024`, `Wed, 31 Jan 2024`, `Jan 31, 2024`, `Jan 2024`, `2024 Jan`, `Jan-24`;
- `2024-W05`, a week, which stands for its Monday, and `2024-W05-3`, a day of one;
- `2024M01`, a month, and `2024Q1`, a quarter, which stands for its first day;

each with a time of day, if any: `10:00`, `10:00:00.5`, `9:30 pm`; and a zone, if any: `Z`, `UTC`, `+02:00`. A year of
two digits is one from 1969 to 2068.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import NamedTuple

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_WORD = r"(?P<word>[A-Za-z]{3,9})\.?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_CLOCK = (
    r"(?:(?:[T ]+|,\s*)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)
_DATES = {
    "2024-01-31": r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
    "20240131": r"(?P<year>(?:1[6-9]|2[01])\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])",
    "2024-01": r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})",
    "31.01.2024": rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.{_YEAR}",
    "01/31/2024": rf"(?P<first>\d{{1,2}})(?P<mark>[-/])(?P<other>\d{{1,2}})(?P=mark){_YEAR}",
    "31 Jan 2024": rf"(?:[A-Za-z]{{3,9}},? )?(?P<day>\d{{1,2}})[- ]{_WORD}[- ]{_YEAR}",
    "Jan 31, 2024": rf"{_WORD}[- ](?P<day>\d{{1,2}}),?[- ](?P<year>\d{{4}})",
    "2024Q1": r"(?P<year>\d{4})[- ]?[Qq](?P<quarter>[1-4])",
    "2024-W05": r"(?P<year>\d{4})-?[Ww](?P<week>0[1-9]|[1-4]\d|5[0-3])(?:-?(?P<weekday>[1-7]))?",
    "2024M01": r"(?P<year>\d{4})[Mm](?P<month>\d{1,2})",
    "Jan 2024": rf"{_WORD}[- ](?P<year>\d{{4}})",
    "2024 Jan": rf"(?P<year>\d{{4}})[- ]?{_WORD}",
    "Jan-24": rf"{_WORD}-(?P<year>\d{{2}})",
}
_FORMATS = {name: re.compile(date + _CLOCK) for name, date in _DATES.items()}
NUMBERS_ONLY = "01/31/2024"
"""The format whose numbers can be read with the day or the month first."""
ORDERS = (("month", "day"), ("day", "month"))
CENTURY = 69
"""From this on, two digits are a year of the 20th century."""
_NAME = re.compile(
    r"(^|[_\W])(date|datetime|time|timestamp|year|month|day|week|quarter|period|yyyymm|yr)($|[_\W])", re.I
)


class Match(NamedTuple):
    """A text that is a time.

    Args:
        format: The name of its format.
        parts: What the regular expression found.
    """

    format: str
    parts: re.Match[str]

    @property
    def has_zone(self) -> bool:
        return self.parts["zone"] is not None


def match_time(text: str) -> Match | None:
    """The format of a text without blanks around it; None if it is no time."""
    for name, pattern in _FORMATS.items():
        found = pattern.fullmatch(text)
        if found is not None:
            word = found.groupdict().get("word")
            if word is None or _month(word):
                return Match(name, found)
    return None


def is_time(text: str) -> bool:
    """Whether a text is a time in some format, such as `2024-05-01`, `1.5.24`, `May 2024` or `2024Q2`."""
    return match_time(text.strip()) is not None


def are_times(texts: Sequence[str]) -> bool:
    """Whether nearly all texts are times."""
    return len(texts) > 0 and sum(map(is_time, texts)) >= 0.95 * len(texts)


def names_time(name: str) -> bool:
    """Whether a column's name is that of a time, such as `year` or `SaleDate`."""
    return _NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None


def moment_of(match: Match, order: tuple[str, str]) -> datetime.datetime | None:
    """The moment that a text stands for, in UTC if it has a zone; None if the calendar has no such date.

    Args:
        match: The format of the text.
        order: What the numbers of a date of numbers are, of `ORDERS`.
    """
    parts = match.parts.groupdict()
    parts |= {order[0]: parts["first"], order[1]: parts["other"]} if "first" in parts else {}
    if parts.get("word"):
        parts["month"] = str(_month(parts["word"]))
    if parts.get("quarter"):
        parts["month"] = str(3 * int(parts["quarter"]) - 2)
    hour, minute, second = (int(parts.get(key) or 0) for key in ("hour", "minute", "second"))
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (parts["half"].lower() == "pm")
    year, month, day = int(parts["year"]), int(parts.get("month") or 0), int(parts.get("day") or 1)
    if len(parts["year"]) == 2:
        year += 1900 if year >= CENTURY else 2000
    if parts.get("week"):
        return _day_of_week(year, int(parts["week"]), int(parts["weekday"] or 1), (hour, minute, second), parts["zone"])
    fraction = int((parts.get("part") or "0").ljust(9, "0")) // 1000
    try:
        return datetime.datetime(year, month, day, hour, minute, second, fraction) - offset_of(parts["zone"])
    except (ValueError, OverflowError):
        return None


def _day_of_week(
    year: int, week: int, weekday: int, clock: tuple[int, int, int], zone: str | None
) -> datetime.datetime | None:
    """The moment of a day of an ISO week; None if the year has no such week.

    Args:
        year: The year of the week.
        week: Its number, from 1.
        weekday: The day, 1 for Monday.
        clock: The hour, the minute and the second.
        zone: The zone of the clock.
    """
    try:
        day = datetime.date.fromisocalendar(year, week, weekday)
        return datetime.datetime.combine(day, datetime.time(*clock)) - offset_of(zone)
    except (ValueError, OverflowError):
        return None


def offset_of(zone: str | None) -> datetime.timedelta:
    """How far a zone is ahead of UTC."""
    if zone in (None, "Z", "UTC"):
        return datetime.timedelta()
    assert zone is not None
    digits = zone[1:].replace(":", "")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def _month(word: str) -> int:
    """The number of a month, from 1, by its name or the start of it; 0 for another word."""
    return next((number for number, name in enumerate(MONTHS, 1) if name.startswith(word.lower())), 0)
