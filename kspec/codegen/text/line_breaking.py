"""Breaks long lines as Python's formatters do.

A logical line that is too long is split at its last bracket that starts early enough: the content goes to a line of its
own, or, if that is too long or the bracket is a list or dict, each item does.

Only a long list of numbers or words has several to a line, which formatters would undo: its statement ends in
`# fmt: skip`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WIDTH = 88
LONG_LIST = 20
"""The most numbers or words that get a line each."""

_PLAIN = r'(?:-?[0-9][0-9.e+-]*|"(?:[^"\\]|\\.)*")'
_ROW = re.compile(rf"\s+{_PLAIN}(?:, {_PLAIN})+,")


def wrap(line: str) -> list[str]:
    """Breaks a logical line.

    >>> wrap("f(1)")
    ['f(1)']
    """
    lines = _broken(line)
    if any(_ROW.fullmatch(row) for row in lines):
        lines[-1] += "  # fmt: skip"
    return lines


def _broken(line: str) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    if len(line) <= WIDTH:
        return [line]
    assigned = re.match(r"\s*(?:[^=(]+ = |return )(?=[^(])", line)
    if assigned and _reads_better_in_parentheses(line[assigned.end() :]):
        return [f"{assigned[0]}(", *_operands(line[assigned.end() :], indent + "    "), f"{indent})"]
    pairs = [pair for pair in _pairs(line) if line[pair[0]] != '"' and pair[1] > pair[0] + 1]
    for start, end in reversed(pairs):
        if start + 1 <= WIDTH:
            head, body, tail = line[: start + 1], line[start + 1 : end], line[end:]
            display = _is_display(line, start)
            is_value = line[start] == "(" if display else line[start] == "["  # a comma would make it a tuple
            inside = _body(body, indent + "    ", display, comma=not is_value or body.endswith(","))
            return [head, *inside, *_broken(indent + tail)]
    return [line]


_OPERATORS = (" or ", " and ", " == ", " >= ", " + ", " - ", " * ", " / ", " @ ")
"""From the lowest to the highest precedence."""


def _reads_better_in_parentheses(value: str) -> bool:
    """Whether a value has operators or chained method calls outside all brackets."""
    outside = set(_outside(value))
    chained = sum(value[place - 1 : place] in (")", "]") for place in outside if value[place] == ".")
    return chained > 1 or any(value.startswith(_OPERATORS, place) for place in outside)


def _operands(value: str, indent: str) -> list[str]:
    """A value in parentheses: on one line, or broken before its operators of lowest precedence."""
    if len(indent + value) <= WIDTH:
        return [indent + value]
    outside = list(_outside(value))
    for operator in _OPERATORS:
        places = [place + 1 for place in outside if value.startswith(operator, place)]
        if places:
            ends = [*places[1:], len(value)]
            parts = [value[: places[0]], *(value[start:end] for start, end in zip(places, ends, strict=True))]
            return [line for part in parts for line in _broken(indent + part.strip())]
    return _broken(indent + value)


def _body(body: str, indent: str, display: bool, *, comma: bool) -> list[str]:
    """The content of a bracket: on one line, or one item per line; a long list has several.

    Args:
        body: The content.
        indent: What its lines begin with.
        display: Whether the bracket creates a list, dict or tuple.
        comma: Whether a comma can follow its only item.
    """
    items = [body] if _clauses(body) else list(_split(body, ","))
    if display and len(items) > LONG_LIST and all(re.fullmatch(_PLAIN, item) for item in items):
        return _rows(items, indent)
    several = len(items) > 1
    if len(indent + body) <= WIDTH and not (display and several):
        return [indent + body]
    if several or not (parts := _clauses(items[0])):
        end = "," if several or (comma and not body.startswith("*")) else ""
        return [line for item in items for line in _broken(f"{indent}{item}{end}")]
    return [line for part in parts for line in _broken(indent + part)]


def _rows(items: list[str], indent: str) -> list[str]:
    """Items as many to a line as fit."""
    rows = [indent + items[0] + ","]
    for item in items[1:]:
        if len(rows[-1]) + len(item) + 2 <= WIDTH:
            rows[-1] += f" {item},"
        else:
            rows.append(f"{indent}{item},")
    return rows


def _clauses(item: str) -> list[str]:
    """The clauses of a comprehension, which get a line each; none for any other item."""
    places = [place for place in _outside(item) if re.match(r" (for|if) ", item[place:])]
    if not places or not item[places[0] :].startswith(" for "):
        return []
    ends = [*places[1:], len(item)]
    return [item[: places[0]], *(item[start:end].strip() for start, end in zip(places, ends, strict=True))]


def _split(text: str, mark: str) -> Iterator[str]:
    """The items of a text, separated by a mark outside all brackets."""
    start = 0
    for place in _outside(text):
        if text[place] == mark:
            yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()


def _outside(text: str) -> Iterator[int]:
    """The positions outside all brackets and strings."""
    inside = 0
    for pair in _pairs(text):
        yield from range(inside, pair[0])
        inside = pair[1] + 1
    yield from range(inside, len(text))


def _pairs(text: str) -> list[tuple[int, int]]:
    """The positions of the outermost brackets, and of the quotes of strings outside them."""
    pairs: list[tuple[int, int]] = []
    depth, start, place = 0, 0, 0
    while place < len(text):
        character = text[place]
        if character == '"':
            end = place + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            if depth == 0:
                pairs.append((place, end))
            place = end
        elif character in "([{":
            start = place if depth == 0 else start
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                pairs.append((start, place))
        place += 1
    return pairs


def _is_display(line: str, start: int) -> bool:
    """Whether a bracket creates a list, dict or tuple, rather than being a call or an index."""
    before = line[:start].rstrip()
    if not before or re.search(r"\b(in|return|yield|if|else|and|or|not)$", before):
        return True
    return before[-1] not in '")]}' and not re.search(r"\w$", before)
