"""Prints a tree in the style of `kspec fmt`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kspec.diagnostics import Path
from kspec.rewrite.fmt.scalars import in_lines, on_line
from kspec.rewrite.fmt.style import HEADER, WIDTH, form, order
from kspec.rewrite.fmt.tree import Comment, Document, Element, Node

_NUMBER = re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?")
_WIDE = 4
"""At least this many spaces before a comment are deliberate."""


@dataclass(slots=True)
class Line:
    """A line of output.

    Args:
        beside: The comment after its text; its column is computed when all lines are known.
        section: The section of the document that it belongs to, from 0.
        follows: Whether the comment continues the one on the line above.
        is_kept: Whether it ends a block text that would include blank lines below it.
    """

    text: str
    beside: Comment | None = None
    section: int = 0
    follows: bool = False
    is_kept: bool = False


class Printer:
    """Prints one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lines: list[Line] = []
        self.section = 0

    def print(self) -> list[Line]:
        """The lines, with their comments beside."""
        root = self.document.root
        if self.document.directives:
            self.lines += [Line(line.rstrip()) for line in self.document.directives.splitlines()]
        first = root.children[0]
        header, first.above = first.above, []
        for comment in header:
            self._alone(comment, 0, may_be_blank=bool(self.lines))
        if header and first.blank:
            self._blank()
        airy = any(_has_blank_above(child) for child in root.children[1:])
        before, was_open = None, False
        for child in self._ordered(root, ()):
            begin = len(self.lines)
            key = child.key.value if child.key else ""
            self._above(child, 0, may_be_blank=before is not None)
            if child.blank and (before is not None or child.above):
                self._blank()
            lone = len(self.lines)
            self._element(child, "", 0, (key,))
            is_open = child.value.is_collection and len(self.lines) > lone + 1
            if before is not None and airy and (is_open or was_open):
                self._blank_at(begin)
            before, was_open = key, is_open
            self.section += 1
        for comment in root.below:
            self._alone(comment, 0)
        return self.lines

    def _children(
        self, node: Node, indent: int, path: Path, lead: str | None = None, beside: Sequence[Comment] = ()
    ) -> None:
        """The children of a list or mapping, each on its lines.

        Args:
            lead: What the first line begins with already: the dash of the item that they are.
            beside: Comments for the first line.
        """
        for number, child in enumerate(self._ordered(node, path)):
            shares = number == 0 and lead is not None
            begin = lead if shares and lead is not None else " " * indent
            self._above(child, len(begin) - len(begin.lstrip(" ")), may_be_blank=number > 0)
            if child.blank and (number or child.above):
                self._blank()
            step = child.key.value if child.key else number
            dash = "- " if child.key is None else ""
            self._element(child, begin + dash, indent, (*path, step), beside if number == 0 else ())
        for comment in node.below:
            self._alone(comment, indent)

    def _element(self, element: Element, begin: str, indent: int, path: Path, beside: Sequence[Comment] = ()) -> None:
        value = element.value
        head = begin + (on_line(element.key, in_flow=False) + ":" if element.key else "")
        marks = [*beside, *element.on_key, *element.beside]
        if not value.is_collection:
            gap = " " if element.key and (value.text or value.properties) else ""
            lines = in_lines(value, len(head + gap), indent + 2, WIDTH)
            first = len(self.lines)
            for line in ((head + gap + lines[0]).rstrip(), *lines[1:]):
                self._add(line)
            self._beside(self.lines[first if value.is_block_text else -1], marks)
            self.lines[-1].is_kept = value.ends_blank or (value.is_block_text and lines[0].endswith("+"))
            return
        if element.key or value.properties:
            head = f"{head} {value.properties}".rstrip() if element.key else begin + value.properties
            gap = " "
        else:
            gap = ""
        if not value.children:
            self._add(head + gap + "".join(_brackets(value)), [*marks, *value.below])
            return
        if self._is_on_line(element, len(head + gap), path):
            self._add(head + gap + self._flow(value, path), marks)
        elif value.flow and _are_numbers(value):
            self._numbers(value, head + gap, indent + 4, marks)
        elif gap:
            self._add(head, marks)
            self._children(value, indent + 2, path)
        else:
            self._children(value, indent + 2, path, lead=begin, beside=marks)

    def _numbers(self, value: Node, begin: str, indent: int, marks: Sequence[Comment]) -> None:
        """A list of numbers, as many to a line as fit; `begin` is what the first line begins with already."""
        line, first = begin + "[", len(self.lines)
        texts = [on_line(child.value, in_flow=True) for child in value.children]
        for number, text in enumerate(texts):
            text += "]" if number == len(texts) - 1 else ","
            if number and len(line) + 1 + len(text) > WIDTH:
                self._add(line)
                line = " " * indent + text
            else:
                line += " " * bool(number) + text
        self._add(line)
        self._beside(self.lines[first], marks)

    def _is_on_line(self, element: Element, column: int, path: Path) -> bool:
        value = element.value
        if _holds_lines(value):
            return False
        if value.flow and value.line == value.last_line and element.is_directive and element.key:
            return True  # opening it would move its parts away from the comment
        if any(comment.is_directive for comment in element.on_key):
            return False
        form_ = form(path, value)
        if form_ == "block" or (form_ == "as_is" and not value.flow):
            return False
        return column + len(self._flow(value, path)) <= WIDTH

    def _flow(self, node: Node, path: Path) -> str:
        """A list or mapping between brackets."""
        parts = []
        for number, child in enumerate(self._ordered(node, path)):
            value = child.value
            step = child.key.value if child.key else number
            text = self._flow(value, (*path, step)) if value.is_collection else on_line(value, in_flow=True)
            if value.is_collection and value.properties:
                text = f"{value.properties} {text}"
            parts.append(f"{on_line(child.key, in_flow=True)}: {text}" if child.key else text)
        opening, closing = ("", "") if node.bare else _brackets(node)
        return opening + ", ".join(parts) + closing

    def _ordered(self, node: Node, path: Path) -> list[Element]:
        """The children in the order of the style, if they can be moved."""
        children = node.children
        if node.kind == "list" or self.document.has_aliases:
            return children
        positions = order(path, [child.key.value for child in children if child.key])
        if positions is None or positions == list(range(len(children))):
            return children
        if isinstance(path[-1] if path else "", int) and (
            children[0].is_directive or children[positions[0]].is_directive
        ):
            return children  # the comment on the first line applies to the whole item
        airy = any(_has_blank_above(child) for child in children[1:])
        ordered = [children[position] for position in positions]
        node.children = ordered
        for number, (child, position) in enumerate(zip(ordered, positions, strict=True)):
            if position == 0 or number == 0 or positions[number - 1] != position - 1:
                _set_blank_above(child, airy and not path and not _are_header(ordered, number))
        return ordered

    def _add(self, text: str, beside: Sequence[Comment] = ()) -> None:
        self.lines.append(Line(text, section=self.section))
        self._beside(self.lines[-1], beside)

    def _beside(self, line: Line, comments: Sequence[Comment]) -> None:
        """Puts comments after the text of a line; several are joined."""
        if not comments:
            return
        first = comments[0]
        text = "  ".join(comment.text for comment in comments)
        joined = Comment(text, first.index, first.line, first.column, first.gap, False, False)
        if first.alone:
            joined.gap, joined.column = 0, 0
        line.beside = joined
        for comment in comments:
            self.lines += [Line("", more, self.section, follows=True) for more in comment.more]

    def _alone(self, comment: Comment, indent: int, *, may_be_blank: bool = True) -> None:
        if comment.blank and may_be_blank:
            self._blank()
        for text in (comment, *comment.more):
            self.lines.append(Line(" " * indent + text.text, section=self.section))

    def _above(self, element: Element, indent: int, *, may_be_blank: bool) -> None:
        for number, comment in enumerate(element.above):
            self._alone(comment, indent, may_be_blank=may_be_blank or number > 0)

    def _blank(self) -> None:
        self._blank_at(len(self.lines))

    def _blank_at(self, position: int) -> None:
        before = self.lines[position - 1] if position else None
        after = self.lines[position] if position < len(self.lines) else None
        is_blank = any(line is not None and not line.text and line.beside is None for line in (before, after))
        if before is not None and not is_blank and not before.is_kept:
            self.lines.insert(position, Line("", section=self.section))


def aligned(lines: Sequence[Line]) -> list[str]:
    """The lines as text. Comments that shared a column still do: two spaces after the longest line, or in their own
    column if that is farther out.
    """
    texts = []
    for group in _groups(lines):
        marks = [line.beside for line in group if line.beside is not None]
        longest = max(len(line.text) for line in group)
        has_own_column = min(mark.gap for mark in marks) >= _WIDE and marks[0].column - longest >= _WIDE
        column = marks[0].column if has_own_column else longest + 2
        texts.append([f"{line.text:<{column}}{line.beside.text}" for line in group if line.beside is not None])
    beside = iter(text for group in texts for text in group)
    return [line.text if line.beside is None else next(beside) for line in lines]


def _groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups of lines in one section whose comments shared a column."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.beside is None:
            continue
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and last.beside is not None
            and (line.follows or (last.section == line.section and last.beside.column == line.beside.column))
        ):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _holds_lines(value: Node) -> bool:
    """Whether a value contains a comment, or a text written with `|` or `>`, which need lines of their own."""
    return bool(value.below) or any(
        child.above or child.on_key or child.beside or child.value.below or child.value.is_block_text
        for child in value.walk()
    )


def _are_numbers(value: Node) -> bool:
    """Whether a value is a list of plain numbers, without comments."""
    return (
        value.kind == "list"
        and not _holds_lines(value)
        and all(
            not child.value.is_collection and _NUMBER.fullmatch(on_line(child.value, in_flow=True))
            for child in value.children
        )
    )


def _has_blank_above(element: Element) -> bool:
    return element.above[0].blank if element.above else element.blank


def _set_blank_above(element: Element, blank: bool) -> None:
    if element.above:
        element.above[0].blank = blank
    else:
        element.blank = blank


def _are_header(children: Sequence[Element], number: int) -> bool:
    """Whether a section and the one above it belong to the header of a spec."""
    return all(child.key is not None and child.key.value in HEADER for child in children[number - 1 : number + 1])


def _brackets(node: Node) -> tuple[str, str]:
    return ("[", "]") if node.kind == "list" else ("{", "}")
