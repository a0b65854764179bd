"""Texts that diagnostics point into, and places in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")

Path = tuple[str | int, ...]
"""The path to a value in a spec: keys and list positions from the top, `("layers", 2, "Dense", "units")`."""


@dataclass(frozen=True, eq=False)
class Source:
    """A text that diagnostics can point into: a spec file, or a word of the command line.

    Args:
        name: What the user calls it: the path as given, or `--set`.
        text: The whole text, decoded.
    """

    name: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines, without their endings, as YAML counts them."""
        return tuple(_LINE_BREAK.split(self.text))

    @property
    def is_command_line(self) -> bool:
        """Whether it is a word of the command line, which no edit can change."""
        return self.name.startswith("--")

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line ending; empty past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


class Span(NamedTuple):
    """A place in a source. Lines and columns count from 1, in characters; the end column is the first one past it."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def text(self) -> str:
        """The text of the span in a spec; empty on the command line, and for several lines."""
        if self.line != self.end_line or self.source.is_command_line:
            return ""
        return self.source.line(self.line)[self.column - 1 : self.end_column - 1]


class UsedSpan(Span):
    """A place in a block, seen from one of its uses.

    Args:
        uses: The uses, outermost first; a diagnostic at the place lists them.
    """

    uses: tuple[Related, ...]

    @classmethod
    def of(cls, span: Span, uses: tuple[Related, ...]) -> UsedSpan:
        used = cls(*span)
        used.uses = uses
        return used


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the text that fixes a problem: the replacement of a span."""

    span: Span
    replacement: str


@dataclass(slots=True)
class Positions:
    """The place of each key and value of a spec, by its path.

    A path without a place of its own (a value that came out of a variable) has the place of its nearest parent.

    Args:
        whole: The whole document.
        keys: The places of keys.
        values: The places of values.
        variables: The variables that a value was computed from.
    """

    whole: Span
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    variables: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def value(self, path: Path) -> Span:
        """The place of the value at `path`."""
        while path:
            span = self.values.get(path)
            if span is not None:
                return span
            path = path[:-1]
        return self.whole

    def key(self, path: Path) -> Span:
        """The place of the key that the path ends in; of the value, where that is an item of a list."""
        span = self.keys.get(path)
        return span if span is not None else self.value(path)

    def below_each(self, section: str) -> dict[Path, Positions]:
        """The places of everything below each key of a section, by the rest of their paths."""
        parts: dict[Path, Positions] = {}
        for kind in ("keys", "values", "variables"):
            for path, place in getattr(self, kind).items():
                if len(path) > 2 and path[0] == section:
                    if (part := parts.get(path[:2])) is None:
                        part = parts[path[:2]] = Positions(self.key(path[:2]))
                    getattr(part, kind)[path[2:]] = place
        return parts

    def related(self, path: Path) -> tuple[Related, ...]:
        """The places where the variables are set that the value at `path` was computed from."""
        names = self.variables.get(path, ())
        return tuple(
            Related(f"`{name}` is set here", self.values["vars", name])
            for name in names
            if ("vars", name) in self.values
        )
