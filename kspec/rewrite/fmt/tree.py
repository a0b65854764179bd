"""The tree of a spec's text: every scalar as written, every comment with the element that it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from kspec.diagnostics import Source
from kspec.syntax.events import yaml_events

_PROPERTIES = re.compile(r"(?:[&!]\S*\s*)*")
_DIRECTIVE = re.compile(r"#[ \t]*kspec:")


@dataclass(slots=True)
class Comment:
    """A comment, with the lines that continue it in its column.

    Args:
        index: Where it begins, in characters from the start of the text.
        line: Counted from 0, as its column is.
        gap: The number of spaces before it.
        alone: Whether it is alone on its line.
        blank: Whether a blank line is above it.
    """

    text: str
    index: int
    line: int
    column: int
    gap: int
    alone: bool
    blank: bool
    more: list[Comment] = field(default_factory=list)

    @property
    def is_directive(self) -> bool:
        """Whether it is addressed to kspec (`# kspec: ignore`), and so must stay on its line."""
        return bool(_DIRECTIVE.search(self.text))


@dataclass(slots=True)
class Node:
    """A value or a key as written.

    Args:
        start: Where it begins, its anchor and tag included; in characters, as `end`.
        line: Where it begins; `last_line` is where its content ends; both counted from 0.
        column: Where its keys or dashes stand, for a mapping or list by indentation.
        text: A scalar as written, without anchor and tag; an alias with its `*`.
        value: What a scalar means, as text.
        style: How a scalar is quoted: `'`, `"`, `|`, `>`, or nothing.
        properties: Its anchor and tag.
        flow: Whether it stands between brackets.
        bare: Whether it is a pair of a list in brackets that has none of its own: `[filters, stride: 1]`.
        below: Comments after its last child.
    """

    kind: Literal["scalar", "alias", "mapping", "list"]
    start: int
    end: int
    line: int
    last_line: int
    column: int
    text: str = ""
    value: str = ""
    style: str = ""
    properties: str = ""
    flow: bool = False
    bare: bool = False
    children: list[Element] = field(default_factory=list)
    below: list[Comment] = field(default_factory=list)

    @property
    def is_collection(self) -> bool:
        return self.kind in ("mapping", "list")

    @property
    def is_block_text(self) -> bool:
        return self.style in ("|", ">")

    @property
    def keeps_blank_lines(self) -> bool:
        """Whether empty lines below a text are part of it."""
        return self.is_block_text and "+" in self.text[:3]

    @property
    def ends_blank(self) -> bool:
        """Whether the last line of a text is nothing but spaces, which one cannot tell from an empty one."""
        return self.is_block_text and not self.value.rstrip("\n").rpartition("\n")[2].strip()

    def walk(self) -> Iterator[Element]:
        """Every element below it, at any depth."""
        for child in self.children:
            yield child
            yield from child.value.walk()


@dataclass(slots=True)
class Element:
    """A pair of a mapping, or an item of a list.

    Args:
        blank: Whether a blank line is above it.
        above: Comments on lines of their own above it.
        on_key: Comments beside a key or bracket whose value goes on below.
        beside: Comments after its value, on the same line.
    """

    key: Node | None
    value: Node
    blank: bool
    above: list[Comment] = field(default_factory=list)
    on_key: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)

    @property
    def start(self) -> int:
        return (self.key or self.value).start

    @property
    def is_directive(self) -> bool:
        """Whether a comment on its lines is addressed to kspec."""
        return any(comment.is_directive for comment in (*self.on_key, *self.beside))


@dataclass(slots=True)
class Document:
    """The tree of a text.

    Args:
        directives: The YAML directives, up to the `---`.
        body: The offset after the directives.
        has_aliases: Whether there are YAML aliases.
        texts: The lines, from 0, of block texts that include the blank lines below them.
    """

    root: Node
    directives: str
    body: int
    has_aliases: bool
    texts: set[int]


def read(source: Source) -> Document:
    """Reads the tree of a text that `parse` accepts, without its comments."""
    return _Reader(source).document()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.events: Any = yaml_events(source.text)
        self.has_aliases = False
        self.texts: set[int] = set()
        self.starts: dict[int, int] = {}  # by line, from 0, where its text begins, after dashes

    def document(self) -> Document:
        body, root = 0, None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
                body = event.end_mark.index  # type: ignore[union-attr]
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, 0)
        assert root is not None
        return Document(root, self.source.text[:body].strip(), body, self.has_aliases, self.texts)

    def _node(self, event: Any, indent: int) -> Node:
        """A value that stands in a mapping or list whose keys or dashes are at the indentation."""
        start, end = event.start_mark, event.end_mark
        node = Node("scalar", start.index, end.index, start.line, end.line, start.column)
        if isinstance(event, yaml.AliasEvent):
            self.has_aliases = True
            node.kind, node.text = "alias", f"*{event.anchor}"
            return node
        node.properties = _properties(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(node, event, indent)
            return node
        node.flow = bool(event.flow_style)
        if isinstance(event, yaml.MappingStartEvent):
            node.kind = "mapping"
            node.bare = node.flow and not node.properties and self.source.text[start.index] != "{"
            self._pairs(node)
        else:
            node.kind = "list"
            if not node.flow:  # with an anchor, it starts before its first dash
                node.column = end.column if self.source.text[end.index : end.index + 1] == "-" else start.column
            self._items(node)
        return node

    def _scalar(self, node: Node, event: Any, indent: int) -> None:
        text = self.source.text[node.start : node.end]
        node.text = text[_PROPERTIES.match(text).end() :] if node.properties else text  # type: ignore[union-attr]
        node.value = event.value
        node.style = event.style if event.style in ("'", '"', "|", ">") else ""
        if node.is_block_text:
            node.column = indent
            node.end = node.start + len(text.rstrip())
            if node.keeps_blank_lines or node.ends_blank:
                self.texts.update(range(node.line, event.end_mark.line))
            node.last_line = node.line + len(Source("", text.rstrip()).lines) - 1

    def _pairs(self, node: Node) -> None:
        event: Any = None
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._node(event, 0)
            if not node.children and not node.flow:
                node.column = key.column
            value = self._node(next(self.events), node.column)
            node.children.append(Element(key, value, self._is_below_blank(key)))
        self._ended(node, event)

    def _items(self, node: Node) -> None:
        event: Any = None
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            value = self._node(event, node.column)
            node.children.append(Element(None, value, self._is_below_blank(value)))
        self._ended(node, event)

    def _ended(self, node: Node, event: Any) -> None:
        if not node.flow and node.children:
            last = node.children[-1].value
            node.end, node.last_line = last.end, last.last_line
        else:
            node.end, node.last_line = event.end_mark.index, event.end_mark.line

    def _is_below_blank(self, node: Node) -> bool:
        """Whether what begins a line has an empty line above it."""
        above = node.line - 1
        if above < 0 or above in self.texts or self.source.lines[above].strip():
            return False
        if node.line not in self.starts:
            line = self.source.lines[node.line]
            self.starts[node.line] = len(line) - len(line.lstrip(" -\t"))
        return node.column <= self.starts[node.line]


def _properties(event: Any) -> str:
    tag = (event.tag or "").replace("tag:yaml.org,2002:", "!!")
    return " ".join(word for word in (f"&{event.anchor}" if event.anchor else "", tag) if word)
