"""Times written as a column writes them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from kspec.data.time_formats import MONTHS, NUMBERS_ONLY, ORDERS, Match, match_time, moment_of, offset_of

SAMPLE = 400
"""How many texts of a column show how it writes times."""
_PADDED = ("day", "month", "first", "other", "hour")
"""The parts of a text that may start with a 0."""


def spell(moments: Sequence[datetime.datetime], texts: Sequence[str], known: Sequence[datetime.datetime]) -> list[str]:
    """Writes times in the format of a column; as ISO 8601 if it has none.

    Args:
        moments: The times to write.
        texts: Some texts of the column.
        known: The times that these stand for.

    >>> january = datetime.datetime(2024, 1, 31)
    >>> spell([january], ["Feb 1, 2023"], [datetime.datetime(2023, 2, 1)])
    ['Jan 31, 2024']
    """
    matches = [match_time(text.strip()) for text in texts]
    found = [match for match in matches if match is not None]
    if not found or len(found) < len(matches):
        return [moment.isoformat(" ") for moment in moments]
    order = next((o for o in ORDERS if all(moment_of(m, o) == k for m, k in zip(found, known, strict=True))), ORDERS[0])
    pattern = max(found, key=lambda match: len(match.parts.string))
    widths = _widths(found, [key for key, part in pattern.parts.groupdict().items() if part])
    return [_spelled(moment, pattern, order, widths) for moment in moments]


def _widths(matches: Sequence[Match], keys: Sequence[str]) -> dict[str, int]:
    """By part of a text, the fewest digits or letters that a column writes.

    A part that always has two digits may have one in other rows, if another part has and this one never starts with 0.

    Args:
        matches: The texts of the column.
        keys: The parts.
    """
    parts = {key: [match.parts[key] for match in matches if match.parts[key]] for key in keys}
    widths = {key: min(map(len, texts)) for key, texts in parts.items()}
    if any(widths.get(key) == 1 for key in _PADDED):
        never = [key for key in _PADDED if key in parts and not any(text.startswith("0") for text in parts[key])]
        widths |= dict.fromkeys(never, 1)
    return widths


def _spelled(moment: datetime.datetime, pattern: Match, order: tuple[str, str], widths: dict[str, int]) -> str:
    """A time in the format of another.

    Args:
        moment: The time, in UTC if the pattern has a zone.
        pattern: The other text.
        order: What the numbers of a date of numbers are.
        widths: By part of the text, its digits or letters in the shortest text.
    """
    parts = pattern.parts
    moment = moment + offset_of(parts["zone"])
    hour = (moment.hour + 11) % 12 + 1 if parts["half"] else moment.hour
    values = {"year": moment.year, "month": moment.month, "day": moment.day, "hour": hour, "minute": moment.minute}
    values |= {"second": moment.second, "quarter": (moment.month + 2) // 3}
    if "week" in parts.groupdict():
        values |= dict(zip(("year", "week", "weekday"), moment.isocalendar(), strict=True))
    if pattern.format == NUMBERS_ONLY:
        values |= {"first": values[order[0]], "other": values[order[1]]}
    text, end = "", 0
    for key in sorted(widths, key=parts.start):
        text += parts.string[end : parts.start(key)]
        end = parts.end(key)
        if key == "word":
            text += _month(moment.month, parts[key], widths[key])
        elif key == "half":
            half = "pm" if moment.hour >= 12 else "am"
            text += half.upper() if parts[key].isupper() else half
        elif key == "part":
            text += f"{moment.microsecond:06d}000"[: len(parts[key])]
        elif key in values:
            text += f"{values[key]:0{widths[key]}d}"[-widths[key] if key == "year" else None :]
        else:
            text += parts[key]
    return text + parts.string[end:]


def _month(number: int, pattern: str, width: int) -> str:
    """The name of a month, as long as others and in their letters.

    Args:
        number: The month, from 1.
        pattern: The name of another.
        width: The letters of the shortest name.
    """
    name = MONTHS[number - 1][: 3 if width == 3 and len(pattern) <= 4 else None]
    return name.upper() if pattern.isupper() else name if pattern.islower() else name.capitalize()
