"""`--set name=value` and `--set name+=value`: what is written in a spec, replaced or added to from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from kspec.diagnostics import Path, Related, Report, Source, Span, codes, did_you_mean
from kspec.expand.override_address import place_of
from kspec.expand.variables import referenced_variables
from kspec.syntax.names import ENTRY_KEYS, entry_head, node_names, written_name
from kspec.syntax.parse import Tree, parse

_OVERRIDE = re.compile(r"\s*([^=+\s]+?)\s*(\+?=)(.*)", re.DOTALL)
_NAMED: dict[Path, str] = {("blocks",): "block", ("models",): "sub-model"}
"""Sections whose parts have names of the user's own."""
_ENTRY_LISTS = {"layers", "callbacks"}
_EXAMPLE = "write --set fit.epochs=5, or --set layers.hidden1.units=32"


def apply_overrides(tree: Tree, overrides: Iterable[str], report: Report) -> None:
    """Changes the tree as the overrides say, in their order; each changed value's place is on the command line."""
    written = _variables(tree)
    set_: dict[str, Span] = {}
    for text in overrides:
        source = Source("--set", text)
        match = _OVERRIDE.fullmatch(text)
        if match is None:
            report.error(
                codes.INVALID_OVERRIDE,
                "an override is a name, `=`, and a value",
                _span(source, 0, len(text)),
                help=_EXAMPLE,
            )
            continue
        value = parse(source, report, indent=match.start(3))
        if value is None or not isinstance(tree.value, dict):
            continue
        override = _Override(tree, source, match, report)
        override.apply(value, append=match[2] == "+=")
        section, *rest = override.segments
        if section[0] == "vars" and rest:
            set_.setdefault(*rest[0])
    new = [name for name in set_ if name not in written]
    known = referenced_variables(tree.value) if new else set()
    for name in new:
        if name not in known:
            report.error(
                codes.INVALID_OVERRIDE,
                f"no variable is called `{name}`, and nothing cites it",
                set_[name],
                label=did_you_mean(name, written),
                help=f"the variables: {', '.join(written)}" if written else "set it under `vars:`, and cite it as "
                f"`${name}`",
            )  # fmt: skip


def _variables(tree: Tree) -> list[str]:
    own = tree.value.get("vars") if isinstance(tree.value, dict) else None
    return list(own) if isinstance(own, dict) else []


def _span(source: Source, start: int, end: int) -> Span:
    return Span(source, 1, start + 1, 1, max(end, start + 1) + 1)


class _Override:
    def __init__(self, tree: Tree, source: Source, match: re.Match[str], report: Report) -> None:
        self.tree = tree
        self.source = source
        self.report = report
        self.segments: list[tuple[str, Span]] = []
        start = match.start(1)
        for segment in match[1].split("."):
            self.segments.append((segment, _span(source, start, start + len(segment))))
            start += len(segment) + 1

    def apply(self, value: Tree, *, append: bool) -> None:
        place = self._walk()
        if place is None:
            return
        holder, key, path = place
        if append:
            self._append(holder, key, path, value)
        else:
            holder[key] = value.value
            self._move_positions(value, path)
            if isinstance(key, str):
                self.tree.positions.keys[path] = self.segments[-1][1]

    def _walk(self) -> tuple[Any, str | int, Path] | None:
        """The dict or list that holds the addressed value, its key there, and its path."""
        holder: Any = self.tree.value
        path: Path = ()
        for number, (segment, span) in enumerate(self.segments):
            last = number == len(self.segments) - 1
            if isinstance(holder, list):
                index = self._item(holder, path, number)
                if index is None:
                    return None
                if last:
                    return holder, index, (*path, index)
                path = (*path, index)
                if not isinstance(holder[index], dict):
                    holder[index] = {str(holder[index]): {}}
                holder = holder[index]
                continue
            if not isinstance(holder, dict):
                said = ".".join(str(s) for s, _ in self.segments[:number])
                self.report.error(
                    codes.INVALID_OVERRIDE,
                    f"`{said}` is a plain value; nothing in it is called `{segment}`",
                    span,
                    help=f"replace it whole: --set {said}='{{...}}'",
                )
                return None
            if path and isinstance(path[-1], int) and "block" in holder and segment not in ("block", *ENTRY_KEYS):
                self._is_beside_block(number, holder["block"])
                return None
            holder, path = self._into_head(holder, path, segment)
            if last:
                return holder, segment, (*path, segment)
            if path in _NAMED and segment not in holder:
                self._unknown(holder, path, segment, span)
                return None
            if holder.get(segment) is None:
                holder[segment] = {}
                self.tree.positions.keys[*path, segment] = span
                self.tree.positions.values[*path, segment] = span
            holder, path = holder[segment], (*path, segment)
        return None

    def _unknown(self, holder: dict[str, Any], path: Path, segment: str, span: Span) -> None:
        known = ", ".join(holder)
        self.report.error(
            codes.INVALID_OVERRIDE,
            f"no {_NAMED[path]} is called `{segment}`",
            span,
            label=did_you_mean(segment, holder),
            help=f"the {_NAMED[path]}s: {known}" if known else f"define it under `{path[0]}:`",
        )

    def _is_beside_block(self, number: int, block: Any) -> None:
        segment, span = self.segments[number]
        use, rest = self._joined(0, number), self._joined(number)
        inside = place_of(f"use/{segment}", [{"block": block, "name": "use"}], self.tree.value)
        if inside:
            address = ".".join([inside, self._joined(number + 1)]).rstrip(".")
            help = f"it is a node of the block: --set {address}=..."
        else:
            help = f"parameters of the block stand under `with`: --set {use}.with.{rest}=..."
        self.report.error(
            codes.INVALID_OVERRIDE,
            f"`{use}` is a use of the block `{block}`; nothing beside that is called `{segment}`",
            span,
            help=help,
        )

    def _joined(self, start: int, stop: int | None = None) -> str:
        return ".".join(segment for segment, _ in self.segments[start:stop])

    def _into_head(self, holder: dict[str, Any], path: Path, segment: str) -> tuple[dict[str, Any], Path]:
        """Steps into the arguments of the one class that an object names: `layers.hidden1.units`."""
        in_entry = len(path) >= 2 and isinstance(path[-1], int)
        head = entry_head(holder) if in_entry else next(iter(holder), "") if len(holder) == 1 else ""
        if not head or segment == head or (in_entry and segment in ENTRY_KEYS) or not head[:1].isupper():
            return holder, path
        if holder.get(head) is None:
            holder[head] = {}
        arguments = holder[head]
        return (arguments, (*path, head)) if isinstance(arguments, dict) else (holder, path)

    def _item(self, items: list[Any], path: Path, number: int) -> int | None:
        """Which entry of a list a segment names: a node by its name, a callback by its class, a stage by its name.

        A stage without a name goes by its number, from 1, as progress counts them.
        """
        segment, span = self.segments[number]
        if path and path[-1] == "layers":
            names = node_names(items)
        elif path == ("fit", "stages"):
            names = [written_name(item) or str(number) for number, item in enumerate(items, start=1)]
        elif path and path[-1] in _ENTRY_LISTS:
            names = [entry_head(item) for item in items]
        else:
            names = []
        if segment in names:
            index = names.index(segment)
            if path and path[-1] == "layers" and written_name(items[index]) is None:
                self._warn_of_count(segment, span, self.tree.positions.key((*path, index, entry_head(items[index]))))
            return index
        said = ".".join(str(p) for p in path)
        written = place_of(segment, items, self.tree.value, said) if path and path[-1] == "layers" else ""
        if written:
            address = ".".join([written, self._joined(number + 1)]).rstrip(".")
            self.report.error(
                codes.INVALID_OVERRIDE,
                f"nothing that is written in `{said}` is called `{segment}`",
                span,
                help=f"an override changes what is written: --set {address}=...",
            )
        elif names:
            self.report.error(
                codes.INVALID_OVERRIDE,
                f"nothing in `{said}` is called `{segment}`",
                span,
                label=did_you_mean(segment, names),
                help=f"it has: {', '.join(names)}",
            )
        else:
            self.report.error(
                codes.INVALID_OVERRIDE,
                f"`{said}` is a list, and is replaced whole",
                span,
                help=f"write --set {said}='[...]', or --set {said}+=... to append",
            )
        return None

    def _warn_of_count(self, name: str, span: Span, place: Span) -> None:
        from kspec.syntax.entries import naming_edits

        self.report.warning(
            codes.AUTOMATIC_NAME_REFERENCE,
            f"`{name}` is a counted name: it shifts when a layer is inserted above",
            span,
            help=f"give the node on line {place.line} a name of its own, and cite that",
            related=(Related("this node", place),),
            edits=naming_edits(place, name),
        )

    def _append(self, holder: Any, key: str | int, path: Path, value: Tree) -> None:
        present = holder.get(key) if isinstance(holder, dict) else holder[key]
        if present is None:
            holder[key] = present = []
            if path not in self.tree.positions.values:
                self.tree.positions.values[path] = self.tree.positions.keys[path] = self.segments[-1][1]
        if not isinstance(present, list):
            said = ".".join(s for s, _ in self.segments)
            self.report.error(
                codes.INVALID_OVERRIDE,
                f"`{said}` is not a list, so nothing can be appended",
                self.segments[-1][1],
                help=f"replace it: --set {said}=...",
            )
            return
        added = value.value if isinstance(value.value, list) else [value.value]
        start = len(present)
        present.extend(added)
        if isinstance(value.value, list):
            for offset in range(len(added)):
                self._move_positions(value, (*path, start + offset), (offset,))
        else:
            self._move_positions(value, (*path, start))

    def _move_positions(self, value: Tree, path: Path, below: Path = ()) -> None:
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
