"""One line of a source as a terminal shows it, and the place of the underline."""

from __future__ import annotations

from typing import NamedTuple

TAB = 4
_AROUND = 4
"""How far around the beginning of a span its line is looked at, in widths of the terminal."""
_HIDDEN = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
"""Characters without width, or that change the writing direction: shown, because they are often the mistake."""


class Snippet(NamedTuple):
    """A line to show, with the underline's distance from its beginning and its length, in terminal cells."""

    text: str
    offset: int
    length: int


def snippet(line: str, column: int, end_column: int | None, width: int) -> Snippet:
    """The part of a line around a span that fits into a width.

    Args:
        line: The whole line.
        column: Where the span begins, counted from 1, in characters.
        end_column: The first column past it; None if it continues past the end of the line.
        width: The available width, in terminal cells.

    >>> snippet("  név: x", 8, 9, 80)
    Snippet(text='  név: x', offset=7, length=1)
    """
    line, column, end_column = _neighbourhood(line, column, end_column, width)
    cells = _cells(line)
    places = [0]
    for _, size in cells:
        places.append(places[-1] + size)
    start = min(max(column - 1, 0), len(cells))
    end = len(line.rstrip()) if end_column is None else end_column - 1
    end = min(max(end, start), len(cells))
    first, last = _window(places, start, end, width)
    left, right = "…" if first else "", "…" if last < len(cells) else ""
    text = left + "".join(shown for shown, _ in cells[first:last]) + right
    offset = len(left) + places[start] - places[first]
    length = max(places[min(end, last)] - places[start], 1)
    return Snippet(text.rstrip(), offset, length)


def _neighbourhood(line: str, column: int, end_column: int | None, width: int) -> tuple[str, int, int | None]:
    """A part of a long line that has all that may be shown, and the columns of the span in it.

    Args:
        line: The whole line.
        column: Where the span begins, counted from 1, in characters.
        end_column: The first column past it; None if it continues past the end of the line.
        width: The available width, in terminal cells.
    """
    first = max(column - 1 - _AROUND * width, 0)
    part = line[first : first + 2 * _AROUND * width]
    return part, column - first, end_column if end_column is None else end_column - first


def _window(places: list[int], start: int, end: int, width: int) -> tuple[int, int]:
    """The characters to show: the whole line if it fits, else those around the span."""
    count = len(places) - 1
    if places[-1] <= width:
        return 0, count
    room = width - 2
    first = 0
    if places[end] > room:
        lead = max(room - (places[end] - places[start]), room // 3)
        lead = min(lead, room // 2)
        while first < start and places[start] - places[first] > lead:
            first += 1
    last = first
    while last < count and places[last + 1] - places[first] <= room:
        last += 1
    return first, last


def _cells(line: str) -> list[tuple[str, int]]:
    """How each character is shown, and the number of cells it takes."""
    if line.isascii() and line.isprintable():
        return [(character, 1) for character in line]
    cells = []
    place = 0
    for character in line:
        shown = " " * (TAB - place % TAB) if character == "\t" else visible(character)
        size = len(shown) if character == "\t" else _width(shown)
        cells.append((shown, size))
        place += size
    return cells


def visible(text: str) -> str:
    """Text that is safe to print: control characters are replaced by their pictures.

    >>> visible("a\\x1b[31m")
    'a␛[31m'
    """
    if text.isprintable():
        return text
    return "".join(_picture(character) for character in text)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "\ufffd" if 0x80 <= code < 0xA0 or character in _HIDDEN or 0xD800 <= code < 0xE000 else character


def text_width(text: str) -> int:
    """The width of a text, in terminal cells."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if character.isascii():
        return 1
    import unicodedata

    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
