"""Where in a spec the cursor is: within the text as it is, or within an edit that is still incomplete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from kspec.diagnostics import Path, Report, Source
from kspec.syntax import parse
from kspec.syntax.extents import Extent, Place, layout

MARK = "kspec_cursor"
"""Inserted at the cursor, to find it again in the values."""

_WORD_BEFORE = re.compile(r"[\w.*?$-]*\Z")
_WORD_AFTER = re.compile(r"[\w.*?-]*")
_COMMENT = re.compile(r"(^|\s)#")
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of an edit.

    Args:
        path: The path of the value or key; for an item, with its index.
        part: Whether a key or a value is typed; an item of a list is a value.
        value: The document's plain values, with the mark at the cursor.
        text: The key or value, with the mark: more than the mark within quotes and expressions.
        start: The offset of the start of the word.
        cursor: The offset of the cursor.
        end: The offset of the end of the word.
        in_flow: Whether it is in flow style.
        on_key_line: Whether it is a value on the line of its key.
        has_value: Whether it is a key with a colon.
        needs_space: Whether the colon before it lacks a space.
        key_follows: Whether another key follows on the line, without a comma in between.
    """

    path: Path
    part: Literal["key", "value"]
    value: Any
    text: str
    start: int
    cursor: int
    end: int
    in_flow: bool
    on_key_line: bool
    has_value: bool
    needs_space: bool
    key_follows: bool


def cursor_at(text: str, offset: int) -> Cursor | None:
    """The edit at an offset; None in a comment, and if the text before it cannot be read."""
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    line_end = min((end for end in (text.find("\n", offset), text.find("\r", offset)) if end >= 0), default=len(text))
    if _COMMENT.search(text[line_start:offset]):
        return None
    word = _WORD_BEFORE.search(text, line_start, offset)
    start = word.start() if word else offset
    after = _WORD_AFTER.match(text, offset)
    end = after.end() if after else offset
    opened = _opened(text[:start])
    needs_space = re.search(r"[\w\"']:\Z", text[line_start:start]) is not None
    has_value = re.match(r"[ \t]*:", text[end:line_end]) is not None
    key_follows = bool(opened) and re.match(r"[ \t]*[\w\"']", text[end:line_end]) is not None
    for candidate in _candidates(text[:start] + " " * needs_space, text[end:], text[line_end:], opened):
        tree = parse(Source("", candidate), Report())
        result = None if tree is None else _find(tree.value, ())
        if tree is not None and result is not None:
            path, part, text_with_mark = result
            key = tree.positions.keys.get(path)
            value = tree.positions.values.get(path)
            beside = part == "value" and key is not None and value is not None and key.line == value.line
            return Cursor(
                path=path,
                part=part,
                value=tree.value,
                text=text_with_mark,
                start=start,
                cursor=offset,
                end=end,
                in_flow=bool(opened),
                on_key_line=beside,
                has_value=has_value,
                needs_space=needs_space,
                key_follows=key_follows,
            )
    return None


def _candidates(before: str, after: str, below: str, opened: str) -> Iterator[str]:
    """The text with the mark, complete or cut off after the mark, where the rest may be incomplete."""
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
    """The unclosed brackets of a text, outermost first."""
    brackets: list[str] = []
    for token in re.finditer(
        r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|(?:^|(?<=\s))#[^\n]*|\$\{[^}\n]*\}?|[{}\[\]]", text, re.M
    ):
        bracket = token[0]
        if bracket in _CLOSING:
            brackets.append(bracket)
        elif bracket in ("}", "]") and brackets:
            brackets.pop()
    return "".join(brackets)


def _find(value: Any, path: Path) -> tuple[Path, Literal["key", "value"], str] | None:
    if isinstance(value, str):
        return (path, "value", value) if MARK in value else None
    if isinstance(value, dict):
        for key, item in value.items():
            if MARK in key:
                return (*path, key), "key", key
            result = _find(item, (*path, key))
            if result is not None:
                return result
    elif isinstance(value, list):
        for index, item in enumerate(value):
            result = _find(item, (*path, index))
            if result is not None:
                return result
    return None


@dataclass(frozen=True, slots=True)
class Element:
    """The key or value at a place.

    Args:
        path: Its path.
        part: Whether it is the key or the value.
        extent: Its extent.
    """

    path: Path
    part: Literal["key", "value"]
    extent: Extent


def element_at(source: Source, place: Place) -> Element | None:
    """The innermost key or value at a place; None between them."""
    best: Element | None = None
    for path, extent in layout(source).items():
        if path and isinstance(path[-1], str) and extent.key <= place <= extent.key_end:
            return Element(path, "key", extent)
        is_word = extent.form in ("word", "other", "alias")
        if path and is_word and extent.start <= place <= extent.end and extent.start < extent.end:
            best = Element(path, "value", extent)
    return best
