"""Where in a spec the cursor is: in the text as it stands, and in one that is just being typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from kspec.diagnostics import Path, Report, Source
from kspec.syntax import parse
from kspec.syntax.extents import Extent, Place, layout

MARK = "kspec_cursor"
"""What is put where the cursor is, to find it again in the values."""

_WORD_BEFORE = re.compile(r"[\w.*?$-]*\Z")
_WORD_AFTER = re.compile(r"[\w.*?-]*")
_COMMENT = re.compile(r"(^|\s)#")
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that something is typed at.

    Args:
        path: The value's path, or that of the key; of an item, with its number.
        part: Whether a key or a value (an item of a list too) is typed.
        value: The document's plain values, with the mark in its place.
        written: The text that is typed, with the mark: more than the mark within quotes and expressions.
        start: The offset where the word begins.
        cursor: The offset of the cursor.
        end: The offset where the word ends.
        in_flow: Whether it stands between brackets.
        on_key_line: Whether it is a value on the line of its key.
        has_value: Whether it is a key that has its colon already.
        glued: Whether the colon before it wants a space after it.
        goes_on: Whether another key follows on the line, without a comma between.
    """

    path: Path
    part: Literal["key", "value"]
    value: Any
    written: str
    start: int
    cursor: int
    end: int
    in_flow: bool
    on_key_line: bool
    has_value: bool
    glued: bool
    goes_on: bool


def typed_at(text: str, offset: int) -> Spot | None:
    """What is typed at an offset; None in a comment, and where no sense can be made of the text before it."""
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    line_end = min((end for end in (text.find("\n", offset), text.find("\r", offset)) if end >= 0), default=len(text))
    if _COMMENT.search(text[line_start:offset]):
        return None
    word = _WORD_BEFORE.search(text, line_start, offset)
    start = word.start() if word else offset
    after = _WORD_AFTER.match(text, offset)
    end = after.end() if after else offset
    opened = _opened(text[:start])
    glued = re.search(r"[\w\"']:\Z", text[line_start:start]) is not None
    has_value = re.match(r"[ \t]*:", text[end:line_end]) is not None
    goes_on = bool(opened) and re.match(r"[ \t]*[\w\"']", text[end:line_end]) is not None
    for candidate in _candidates(text[:start] + " " * glued, text[end:], text[line_end:], opened):
        tree = parse(Source("", candidate), Report())
        found = None if tree is None else _find(tree.value, ())
        if tree is not None and found is not None:
            path, part, written = found
            key = tree.positions.keys.get(path)
            value = tree.positions.values.get(path)
            beside = part == "value" and key is not None and value is not None and key.line == value.line
            return Spot(
                path, part, tree.value, written, start, offset, end, bool(opened), beside, has_value, glued, goes_on
            )  # fmt: skip
    return None


def _candidates(before: str, after: str, below: str, opened: str) -> Iterator[str]:
    """The text with the mark in it: whole, or broken off after it where the rest makes no sense yet."""
    closing = "".join(_CLOSING[bracket] for bracket in reversed(opened))
    yield before + MARK + after
    yield f"{before}{MARK}: {after}"
    if opened:
        yield f"{before}{MARK}: , {after.lstrip()}"
    yield before + MARK + closing + below
    yield f"{before}{MARK}: {closing}{below}"
    for quote in ("", '"', "'"):
        yield before + MARK + quote + closing
    yield f"{before}{MARK}: {closing}"


def _opened(text: str) -> str:
    """The brackets that a text opens and does not close, outermost first."""
    found: list[str] = []
    for token in re.finditer(
        r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|(?:^|(?<=\s))#[^\n]*|\$\{[^}\n]*\}?|[{}\[\]]", text, re.M
    ):
        bracket = token[0]
        if bracket in _CLOSING:
            found.append(bracket)
        elif bracket in ("}", "]") and found:
            found.pop()
    return "".join(found)


def _find(value: Any, path: Path) -> tuple[Path, Literal["key", "value"], str] | None:
    if isinstance(value, str):
        return (path, "value", value) if MARK in value else None
    if isinstance(value, dict):
        for key, item in value.items():
            if MARK in key:
                return (*path, key), "key", key
            found = _find(item, (*path, key))
            if found is not None:
                return found
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found = _find(item, (*path, index))
            if found is not None:
                return found
    return None


@dataclass(frozen=True, slots=True)
class Pointed:
    """What stands at a place.

    Args:
        part: Whether it is the key or the value.
    """

    path: Path
    part: Literal["key", "value"]
    extent: Extent


def pointed_at(source: Source, place: Place) -> Pointed | None:
    """The innermost key or word at a place; None between them."""
    best: Pointed | None = None
    for path, extent in layout(source).items():
        if path and isinstance(path[-1], str) and extent.key <= place <= extent.key_end:
            return Pointed(path, "key", extent)
        is_word = extent.form in ("word", "other", "alias")
        if path and is_word and extent.start <= place <= extent.end and extent.start < extent.end:
            best = Pointed(path, "value", extent)
    return best
