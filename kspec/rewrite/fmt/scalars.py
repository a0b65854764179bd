"""Scalars with the quotes that they need."""

from __future__ import annotations

import re

from kspec.rewrite.fmt.tree import Node
from kspec.syntax.yaml_flow import is_plain, quote

_LIKE_VALUES = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
"""Words that YAML 1.1 reads as booleans: their quotes are kept."""
_ENDS_IN_FLOW = re.compile(r"[,\[\]{}?]|^:|:$")
"""What ends a plain scalar between brackets."""
_BREAK = re.compile("\r\n|[\r\n\x85]")
_BREAKS = re.compile("[\n\x85\u2028\u2029]")
"""Line breaks in the value of a text."""


def on_line(node: Node, *, in_flow: bool) -> str:
    """A key or scalar on one line; numbers, booleans and null as written.

    Args:
        in_flow: Whether it is between brackets.
    """
    return " ".join(part for part in (node.properties, _content(node, in_flow)) if part)


def _content(node: Node, in_flow: bool) -> str:
    source, text = node.text, node.value
    if node.kind == "alias":
        return source
    if node.is_block_text:
        return quote(text)
    if not node.style:
        if _BREAKS.search(text) or (in_flow and _ENDS_IN_FLOW.search(text)):
            return quote(text)
        return "null" if in_flow and not text and not node.properties else text
    if needs_no_quotes(text) and not node.properties:
        return text
    if _spans_lines(node):
        return quote(text)
    if node.properties:
        return source
    return f'"{text}"' if node.style == "'" and not re.search(r'["\\]', text) else source


def needs_no_quotes(text: str) -> bool:
    """Whether any YAML reader takes a text without quotes for the same text."""
    return text.lower() not in _LIKE_VALUES and is_plain(text.removeprefix("$"))


def in_lines(node: Node, column: int, indent: int, width: int) -> list[str]:
    """A scalar after a key or dash: on one line if it fits, else broken as written.

    Args:
        node: The scalar.
        column: The column where it begins.
        indent: The indentation of its further lines, in spaces.
        width: The longest line allowed, in characters.

    Returns:
        The lines; the first has no indentation.
    """
    if node.is_block_text:
        return _block_text(node, indent)
    line = on_line(node, in_flow=False)
    if not _spans_lines(node) or (column + len(line) <= width and "\n" not in node.value):
        return [line]
    lines = _BREAK.split(node.text)
    lines = [lines[0], *(" " * indent + line.lstrip(" \t") if line.strip() else "" for line in lines[1:])]
    return [f"{node.properties} {lines[0]}" if node.properties else lines[0], *lines[1:]]


def _block_text(node: Node, indent: int) -> list[str]:
    """A block text (`|` or `>`), with its lines moved to the indentation."""
    lines = _BREAK.split(node.text)
    match = re.match(r"[|>][-+0-9]*", lines[0])
    assert match is not None
    header = match[0]
    if node.value and not node.value.endswith("\n"):  # or else the file's last line, which has no end, gets one
        header = header.replace("+", "").replace("-", "") + "-"
    body = lines[1:]
    if digit := re.search(r"\d", header):
        was, now = node.column + int(digit[0]), indent - 2 + int(digit[0])
    else:
        first = next((line for line in body if line.strip(" ")), "")
        was, now = len(first) - len(first.lstrip(" ")), indent
    if body and not body[-1]:
        body.pop()
    while body and not node.keeps_blank_lines and not body[-1][was:] and not body[-1].strip():
        body.pop()
    moved = [" " * now + line[was:] if len(line) > was else "" for line in body]
    return [f"{node.properties} {header}".lstrip(), *moved]


def _spans_lines(node: Node) -> bool:
    return len(_BREAK.split(node.text)) > 1
