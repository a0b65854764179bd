"""`--set name=value` and `--set name+=value`: replaces a value of the spec, or appends to a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from kspec.diagnostics import Path, Report, Source, Span, codes, did_you_mean
from kspec.expand.override_address import address_of, entered_head, item_names
from kspec.expand.variables import referenced_variables
from kspec.syntax.entries import warn_automatic_name
from kspec.syntax.names import ENTRY_KEYS, entry_head, written_name
from kspec.syntax.parse import Tree, parse

_OVERRIDE = re.compile(r'\s*((?:"[^"]*"|[^=+\s"])+?)\s*(\+?=)(.*)', re.DOTALL)
_SEGMENT = re.compile(r'"[^"]*"|[^."]*')
_ADDRESSES = ("sweep", "search")
"""The section whose keys are addresses themselves."""
_NAMED: dict[Path, str] = {("blocks",): "block", ("models",): "sub-model"}
"""Sections whose keys are names that the user chose."""


def apply_overrides(tree: Tree, overrides: Iterable[str], report: Report) -> None:
    """Applies overrides in their order; the positions of changed values are on the command line.

    Args:
        tree: The document, which is changed.
        overrides: Texts such as `fit.epochs=5`.
        report: Where problems are reported.
    """
    known = _variables(tree)
    new: dict[str, Span] = {}
    for text in overrides:
        source = Source("--set", text)
        match = _OVERRIDE.fullmatch(text)
        if match is None:
            report.error(
                codes.INVALID_OVERRIDE,
                "an override has the form `name=value`",
                _span(source, 0, len(text)),
                help="for example --set fit.epochs=5, or --set layers.hidden1.units=32",
            )
            continue
        if not match[3].strip():
            report.error(
                codes.INVALID_OVERRIDE,
                f"`{match[1]}` has no value after `{match[2]}`",
                _span(source, 0, len(text)),
                help=f"write the value, or `{match[1]}=null` to leave the setting to its default",
            )
            continue
        value = parse(source, report, indent=match.start(3))
        if value is None or not isinstance(tree.value, dict):
            continue
        override = _Override(tree, source, match, report)
        override.apply(value, append=match[2] == "+=")
        section, *rest = override.segments
        if section[0] == "vars" and rest and rest[0][0] not in known:
            new.setdefault(*rest[0])
    used = referenced_variables(tree.value) if new else set()
    for name in [name for name in new if name not in used]:
        report.error(
            codes.INVALID_OVERRIDE,
            f"unknown variable `{name}`",
            new[name],
            label=did_you_mean(name, known),
            help=f"available variables: {', '.join(known)}"
            if known
            else f"define it under `vars:`, and use it as `${name}`",
        )


def path_of(tree: Tree, address: str) -> Path | None:
    """The path of what an address names; None if it names nothing.

    Args:
        tree: A document; sections that it lacks are added to it.
        address: An address, as before `=`.
    """
    source = Source("--set", f"{address}=null")
    match = _OVERRIDE.fullmatch(source.text)
    if match is None or match[1] != address or match[2] != "=":
        return None
    target = _Override(tree, source, match, Report())._find()
    return None if target is None else target[2]


def _variables(tree: Tree) -> list[str]:
    variables = tree.value.get("vars") if isinstance(tree.value, dict) else None
    return list(variables) if isinstance(variables, dict) else []


def _span(source: Source, start: int, end: int) -> Span:
    return Span(source, 1, start + 1, 1, max(end, start + 1) + 1)


def _segments(tree: Tree, source: Source, match: re.Match[str]) -> list[tuple[str, Span]]:
    """The parts of an address, each with its place; in quotes, a part may have dots: `data.columns."a.b"`.

    Args:
        tree: The document.
        source: The override.
        match: Its parts.
    """
    found: list[tuple[str, Span]] = []
    start, end = match.span(1)
    while start <= end:
        part = _SEGMENT.match(source.text, start, end)
        assert part is not None
        found.append((part[0].strip('"'), _span(source, *part.span())))
        start = part.end() + 1
    if tuple(segment for segment, _ in found[:2]) == _ADDRESSES and len(found) > 3:
        found[2:] = _joined_address(tree, found[2:])
    return found


def _joined_address(tree: Tree, parts: list[tuple[str, Span]]) -> list[tuple[str, Span]]:
    """The parts below `sweep.search`: an address that is searched, and what follows; all of it for a new address.

    Args:
        tree: The document.
        parts: What the dots separate.
    """
    sweep = tree.value.get("sweep") if isinstance(tree.value, dict) else None
    search = sweep.get("search") if isinstance(sweep, dict) else None
    names = [".".join(name for name, _ in parts[:length]) for length in range(len(parts), 0, -1)]
    known = next((name for name in names if isinstance(search, dict) and name in search), names[0])
    length = len(parts) - names.index(known)
    return [(known, parts[0][1]._replace(end_column=parts[length - 1][1].end_column)), *parts[length:]]


class _Override:
    """One override; its segments are the parts of the name, each with its place on the command line."""

    def __init__(self, tree: Tree, source: Source, match: re.Match[str], report: Report) -> None:
        self.tree = tree
        self.source = source
        self.report = report
        self.segments = _segments(tree, source, match)

    def apply(self, value: Tree, *, append: bool) -> None:
        target = self._find()
        if target is None:
            return
        holder, key, path = target
        if append:
            self._append(holder, key, path, value)
        elif value.value is None and path[:-1] == _ADDRESSES:  # it is searched no more
            holder.pop(key, None)
        else:
            holder[key] = value.value
            self._move_positions(value, path)
            if isinstance(key, str):
                self.tree.positions.keys[path] = self.segments[-1][1]

    def _find(self) -> tuple[Any, str | int, Path] | None:
        """The dict or list that holds the addressed value, its key there, and its path; None after a reported error."""
        holder: Any = self.tree.value
        path: Path = ()
        for number, (segment, span) in enumerate(self.segments):
            if not segment and len(self.segments) > 1:
                self._error("empty name between two dots", span, help="remove one of the dots")
                return None
            is_last = number == len(self.segments) - 1
            if isinstance(holder, list):
                index = self._find_item(holder, path, number)
                if index is None:
                    return None
                if is_last:
                    return holder, index, (*path, index)
                path = (*path, index)
                if not isinstance(holder[index], dict):
                    holder[index] = {str(holder[index]): {}}
                holder = holder[index]
                continue
            if not isinstance(holder, dict):
                name = self._joined(0, number)
                self._error(f"`{name}` is a plain value and has no `{segment}`", span,
                            help=f"replace the value: --set {name}='{{...}}'")  # fmt: skip
                return None
            if path and isinstance(path[-1], int) and "block" in holder and segment not in ("block", *ENTRY_KEYS):
                self._reject_key_of_use(number, holder["block"])
                return None
            holder, path = self._enter_head(holder, path, segment)
            if is_last:
                return holder, segment, (*path, segment)
            if path in _NAMED and segment not in holder:
                noun, names = _NAMED[path], ", ".join(holder)
                help = f"available {noun}s: {names}" if names else f"define it under `{path[0]}:`"
                self._error(f"unknown {noun} `{segment}`", span, label=did_you_mean(segment, holder), help=help)
                return None
            if holder.get(segment) is None:
                holder[segment] = {}
                self.tree.positions.keys[*path, segment] = span
                self.tree.positions.values[*path, segment] = span
            holder, path = holder[segment], (*path, segment)
        return None

    def _reject_key_of_use(self, number: int, block: Any) -> None:
        segment, span = self.segments[number]
        use, rest = self._joined(0, number), self._joined(number)
        node = address_of(f"use/{segment}", [{"block": block, "name": "use"}], self.tree.value)
        if node:
            help = f"it is a node of the block: --set {self._address(node, number)}=..."
        else:
            help = f"the parameters of the block are under `with`: --set {use}.with.{rest}=..."
        self._error(f"`{use}` uses the block `{block}` and has no `{segment}`", span, help=help)

    def _joined(self, start: int, stop: int | None = None) -> str:
        return ".".join(segment for segment, _ in self.segments[start:stop])

    def _address(self, node: str, number: int) -> str:
        """The address of a node, with the segments after one of its own."""
        return ".".join([node, self._joined(number + 1)]).rstrip(".")

    def _enter_head(self, holder: dict[str, Any], path: Path, segment: str) -> tuple[dict[str, Any], Path]:
        """Enters the arguments of the class that a mapping consists of: `layers.hidden1.units`."""
        head = entered_head(holder, path, segment)
        if not head:
            return holder, path
        if holder.get(head) is None:
            holder[head] = {}
        arguments = holder[head]
        return (arguments, (*path, head)) if isinstance(arguments, dict) else (holder, path)

    def _find_item(self, items: list[Any], path: Path, number: int) -> int | None:
        """The index of the list item that a segment names."""
        segment, span = self.segments[number]
        is_network, names = path[-1:] == ("layers",), item_names(items, path)
        if segment in names:
            index = names.index(segment)
            if is_network and written_name(items[index]) is None:
                node = self.tree.positions.key((*path, index, entry_head(items[index])))
                warn_automatic_name(segment, node, span, self.report)
            return index
        name = ".".join(map(str, path))
        node_address = address_of(segment, items, self.tree.value, name) if is_network else ""
        if node_address:
            self._error(f"`{segment}` is created by expansion and is not in `{name}`", span,
                        help=f"override its definition: --set {self._address(node_address, number)}=...")  # fmt: skip
        elif names:
            self._error(f"unknown name `{segment}` in `{name}`", span, label=did_you_mean(segment, names),
                        help=f"available names: {', '.join(names)}")  # fmt: skip
        else:
            self._error(f"the items of the list `{name}` cannot be overridden one by one", span,
                        help=f"replace the list with --set {name}='[...]', or append to it with --set {name}+=..."
                        )  # fmt: skip
        return None

    def _append(self, holder: Any, key: str | int, path: Path, value: Tree) -> None:
        items = holder.get(key) if isinstance(holder, dict) else holder[key]
        if items is None:
            holder[key] = items = []
            if path not in self.tree.positions.values:
                self.tree.positions.values[path] = self.tree.positions.keys[path] = self.segments[-1][1]
        if not isinstance(items, list):
            name = self._joined(0)
            self._error(f"cannot append to `{name}`, which is not a list", self.segments[-1][1],
                        help=f"replace it: --set {name}=...")  # fmt: skip
            return
        added = value.value if isinstance(value.value, list) else [value.value]
        start = len(items)
        items.extend(added)
        if isinstance(value.value, list):
            for offset in range(len(added)):
                self._move_positions(value, (*path, start + offset), (offset,))
        else:
            self._move_positions(value, (*path, start))

    def _move_positions(self, value: Tree, path: Path, below: Path = ()) -> None:
        """Replaces the positions at a path by those of a value, or of a part of it."""
        positions = self.tree.positions
        depth = len(path)
        for places in (positions.values, positions.keys):
            for stale in [p for p in places if len(p) > depth and p[:depth] == path]:
                del places[stale]
        cut = len(below)
        for places, moved in ((positions.values, value.positions.values), (positions.keys, value.positions.keys)):
            for p, span in moved.items():
                if p[:cut] == below:
                    places[(*path, *p[cut:])] = span._replace(source=self.source)

    def _error(self, message: str, span: Span, **more: Any) -> None:
        self.report.error(codes.INVALID_OVERRIDE, message, span, **more)
