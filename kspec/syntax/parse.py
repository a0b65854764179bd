"""YAML text → plain values and their positions.

Built from libyaml's events, since `compose` crashes on deep nesting, resolves scalars as in YAML 1.1, and accepts
duplicate keys.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from kspec.diagnostics import Path, Positions, Related, Report, Rule, Source, Span, codes
from kspec.diagnostics.budget import CHARACTERS, VALUES, Budget, BudgetExceeded, limited
from kspec.syntax.events import yaml_events
from kspec.syntax.scalars import NumberTooLong, resolve
from kspec.syntax.yaml_errors import MAX_DEPTH, explain_yaml_error, report_too_deep
from kspec.syntax.yaml_typos import (
    find_tuple,
    find_typo,
    missing_space,
    report_missing_space_after_dash,
    split_unspaced,
)

_IN_UNSPACED = re.compile(r"[:{]|^-")
"""Characters of keys that may be pairs without a space, or open a brace."""
_TAGS = {"tag:yaml.org,2002:" + name for name in ("str", "int", "float", "bool", "null", "seq", "map")}


@dataclass(slots=True)
class Tree:
    """A document: plain values (dict, list, str, int, float, bool, None) and their positions."""

    value: Any
    positions: Positions


class _Stop(Exception):
    """Parsing cannot continue after an error, which is reported."""


def parse(source: Source, report: Report, *, indent: int = 0) -> Tree | None:
    """Parses the document of a source.

    Args:
        source: The text.
        report: Where problems are reported.
        indent: The column at which the document begins: for the value in `--set name=value`.

    Returns:
        The document; None if the text is not valid YAML.
    """
    text = " " * indent + source.text[indent:] if indent else source.text
    with limited() as budget:
        builder = _Builder(source, report, budget)
        try:
            value = builder.document(yaml_events(text))
        except yaml.YAMLError as error:
            explain_yaml_error(error, source, report)
            return None
        except BudgetExceeded as error:
            report.end(error)
            return None
        except _Stop:
            return None
        return Tree(value, builder.positions)


class _Builder:
    def __init__(self, source: Source, report: Report, budget: Budget) -> None:
        self.source = source
        self.report = report
        self.budget = budget
        self.positions = Positions(Span(source, 1, 1, 1, 1))
        self.anchors: dict[str, Any] = {}
        self.open_anchors: set[str] = set()
        self.line_ends: dict[int, int] = {}

    def document(self, events: Iterator[Any]) -> Any:
        value: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(
                        codes.MULTIPLE_DOCUMENTS,
                        "a spec must be one document, but a second one starts here",
                        self._span(event),
                        help="keep one spec per file, and remove the `---`",
                    )
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events, (), 0)
                self.positions.whole = self.positions.values[()]
        return value

    def _value(self, event: Any, events: Iterator[Any], path: Path, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        spent = self.budget.spent
        spent[VALUES] += 1
        if spent[VALUES] > VALUES.limit:
            raise BudgetExceeded(VALUES, self._span(event))
        if event.tag is not None:
            self._check_tag(event)
        if event.anchor:
            self.open_anchors.add(event.anchor)
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            spent[CHARACTERS] += len(event.value)
            self.positions.values[path] = self._span(event)
            value = self._scalar(event)
        else:
            if depth >= MAX_DEPTH:
                report_too_deep(self._span(event), self.report)
                raise _Stop
            start = self.positions.values[path] = self._start_line(event)
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            value, end = (self._mapping if is_mapping else self._sequence)(events, path, depth)
            if event.flow_style and end.line + 1 == start.line:
                self.positions.values[path] = Span(*start[:4], end.column + 1)
        if event.anchor:
            self.open_anchors.discard(event.anchor)
            self.anchors[event.anchor] = value
        return value

    def _sequence(self, events: Iterator[Any], path: Path, depth: int) -> tuple[list[Any], Any]:
        """The items, and the mark at their end."""
        items: list[Any] = []
        event: Any = None
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, events, (*path, len(items)), depth + 1))
        return items, event.end_mark

    def _mapping(self, events: Iterator[Any], path: Path, depth: int) -> tuple[dict[str, Any], Any]:
        """The items, and the mark at their end."""
        items: dict[str, Any] = {}
        event: Any = None
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            following = next(events)
            if _IN_UNSPACED.search(key) and (pair := self._unspaced_pair(event, following)) is not None:
                key, items[key] = pair
                self.positions.keys[*path, key] = self.positions.values[*path, key] = self._span(event)
                continue
            child = (*path, key)
            if key in items:
                if path[-1:] == ("layers",):  # the error to report is that they must be a list
                    self._value(following, events, (*path, f"{key} (again)"), depth + 1)
                    continue
                self.report.error(
                    codes.DUPLICATE_KEY,
                    f"duplicate key `{key}`",
                    self._span(event),
                    help="remove one of them: YAML parsers silently keep only the last",
                    related=(Related("first used here", self.positions.keys[child]),),
                )
                self._value(following, events, (*path, f"{key} (again)"), depth + 1)
                continue
            self.positions.keys[child] = self._span(event)
            if self._is_below(event, following) and (unspaced := split_unspaced(following.value, key)) is not None:
                self.positions.values[child] = self._span(following)
                items[key] = {unspaced[0]: resolve(unspaced[1])}
                self._missing_space(following)
                continue
            items[key] = self._value(following, events, child, depth + 1)
        return items, event.end_mark

    def _unspaced_pair(self, key: Any, value: Any) -> tuple[str, Any] | None:
        """The pair in a key such as `units:10`, which is reported; None for any other key.

        Parsing stops at a key that opens a brace (`Dense:{units`), since the rest cannot be understood.
        """
        if not _is_plain(key) or key.start_mark.line != key.end_mark.line:
            return None
        line = key.start_mark.line + 1
        if key.value[:1] == "-" and report_missing_space_after_dash(self.source, line, self.report):
            raise _Stop
        if "{" in key.value and (typo := find_typo(self.source.line(line), key.end_mark.column)) is not None:
            typo.report(self.source, line, self.report)
            raise _Stop
        pair = split_unspaced(key.value)
        if pair is None or not isinstance(value, yaml.ScalarEvent) or value.value or not _is_plain(value):
            return None
        self._missing_space(key)
        return pair[0], resolve(pair[1])

    def _missing_space(self, scalar: Any) -> None:
        start = scalar.start_mark
        missing_space(scalar.value, start.column).report(self.source, start.line + 1, self.report)

    @staticmethod
    def _is_below(key: Any, value: Any) -> bool:
        """Whether a value is one plain line below its key."""
        is_scalar = isinstance(value, yaml.ScalarEvent)
        if not is_scalar:
            return False
        line = value.start_mark.line
        return key.end_mark.line < line == value.end_mark.line and _is_plain(value)

    def _key(self, event: Any) -> str:
        """The text of a key: keys such as `1` or `true` stay text."""
        if not isinstance(event, yaml.ScalarEvent):
            is_alias = isinstance(event, yaml.AliasEvent)
            kind = "an alias" if is_alias else "a list or a mapping"
            brace = isinstance(event, yaml.MappingStartEvent) and event.flow_style
            quoted = f'"*{event.anchor}"' if is_alias else '"{...}"' if brace else ""
            self._stop(
                codes.INVALID_KEY,
                f"a key must be text, not {kind}",
                self._span(event),
                help=f"quote it: {quoted}" if quoted else "write the key as plain text",
            )
        value: str = event.value
        if event.tag is not None:
            self._check_tag(event)
        if value not in ("", "<<") or not _is_plain(event):
            return value
        if value == "<<":
            self._stop(
                codes.UNSUPPORTED_YAML_FEATURE,
                "merge keys (`<<`) are not part of YAML 1.2",
                self._span(event),
                help="repeat the values, or share them with `vars`",
            )
        self.report.error(codes.INVALID_KEY, "missing key before `:`", self._span(event), help="write `name: value`")
        return value

    def _scalar(self, event: Any) -> Any:
        if not _is_plain(event) and event.tag in (None, "!", "tag:yaml.org,2002:str"):
            return event.value
        if event.value[:1] == "(" and ")" not in event.value:
            line = event.start_mark.line + 1
            typo = find_tuple(self.source.line(line), event.start_mark.column)
            if typo is not None:
                typo.report(self.source, line, self.report)
                raise _Stop
        try:
            return resolve(event.value)
        except NumberTooLong:
            self.report.error(codes.SPEC_TOO_LARGE, "this number has too many digits", self._span(event))
            return 0

    def _alias(self, event: Any, path: Path) -> Any:
        span = self._span(event)
        self.positions.values[path] = span
        if event.anchor in self.open_anchors:
            self._stop(
                codes.INVALID_ALIAS,
                f"`*{event.anchor}` refers to the value that contains it",
                span,
                help="an alias can only repeat a value above it",
            )
        if event.anchor not in self.anchors:
            quoted = f'"*{event.anchor}"'
            self._stop(
                codes.INVALID_ALIAS,
                f"unknown alias `*{event.anchor}`: no value above has the anchor `&{event.anchor}`",
                span,
                help=f"if it is text or a pattern, quote it: {quoted}",
            )
        value = self.anchors[event.anchor]
        self.budget.spend_copy(value, span)
        return copy.deepcopy(value)

    def _check_tag(self, event: Any) -> None:
        if event.tag == "!" or event.tag in _TAGS:
            return
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.report.error(
            codes.UNSUPPORTED_YAML_FEATURE,
            f"unsupported YAML tag `{tag}`",
            self._span(event),
            help="a spec is plain data: remove the tag",
        )

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self.source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _start_line(self, event: Any) -> Span:
        """The first line of a list or mapping."""
        start = event.start_mark
        end = self.line_ends.get(start.line)
        if end is None:
            end = self.line_ends[start.line] = len(self.source.line(start.line + 1).rstrip())
        end = max(end, start.column + 1)
        return Span(self.source, start.line + 1, start.column + 1, start.line + 1, end + 1)

    def _stop(self, code: Rule, message: str, span: Span, **more: Any) -> None:
        self.report.error(code, message, span, **more)
        raise _Stop


def _is_plain(scalar: Any) -> bool:
    return bool(scalar.implicit[0])
