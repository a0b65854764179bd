"""Plain entries and names, given out one after the other, each with its place in what is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kspec.diagnostics import Path, Positions, Report, Rule, Span
from kspec.expand.block_arguments import shown_at
from kspec.expand.frame import Frame, mapping, texts, with_uses
from kspec.expand.instructions import Bind, Expansion, places_by_entry
from kspec.expand.variables import compute
from kspec.syntax.parse import Tree


class Taken(NamedTuple):
    """What a copy takes.

    Args:
        implied: A name among its citations that nobody wrote.
        source: Where it is written.
        before: The copy that it follows in a chain.
    """

    implied: str = ""
    source: Path = ("from",)
    before: str = ""


class Emitter:
    """Gives out what a network's entries come to.

    Args:
        positions: The document's, to which those of the plain entries come.
        home: The network's place in the document.
    """

    def __init__(self, tree: Tree, positions: Positions, network_path: Path, report: Report) -> None:
        self.tree = tree
        self.report = report
        self.network_path: Path = (*network_path, "layers")
        self.written = tree.positions
        self.blocks: Mapping[str, Any] = mapping(tree.value.get("blocks"))
        self.variables: Mapping[str, Any] = mapping(tree.value.get("vars"))
        self.places = places_by_entry(self.written)
        self.groups: dict[str, tuple[str, ...]] = {}
        self.result = Expansion(positions)

    def _fail(self, entry: dict[str, Any], name: str, named: bool, frame: Frame) -> None:
        """Its names stand for something that cannot be told, so that nothing more is said of what cites them."""
        for number, other in enumerate(texts(entry.get("as"))):
            if other != "_":
                self._bind(other, (), frame, faulty=True, next="same", given=("as", number))
        self._bind(name, (), frame, named=named, faulty=True)

    def _bind(
        self,
        name: str,
        cited: tuple[str, ...],
        frame: Frame,
        at: Path = (),
        *,
        span: Span | None = None,
        given: Path = ("name",),
        **more: Any,
    ) -> None:
        """Gives a name to what is cited.

        Args:
            at: Where in the entry it is cited.
            span: The same for what is cited elsewhere.
            given: Where in the entry the name is written, if it is.
        """
        written = (*frame.path, *given) in self.written.values
        place = with_uses(self._span(frame, *(given if written else ())), frame.uses)
        where = with_uses(span or self._span(frame, *at), frame.uses)
        self.result.steps.append(Bind(frame.prefix + name, cited, frame.prefix, where, place, **more))

    def _computed(self, value: Any, frame: Frame, *rest: str) -> Any:
        path = (*frame.path, *rest)
        return value if frame.computed else compute(value, path, frame.variables, self.tree, self.report)

    def _place(self, index: int, entry: Any, frame: Frame, source: Path) -> None:
        """Gives the plain entry the places of the one it is written as; what a block is handed stands where that is."""
        positions, path = self.result.positions, (*self.network_path, index)
        block = frame.blocks[-1] if frame.blocks else ""
        handed = shown_at(frame.origins, entry, self.written.values, frame.path, block)
        for rest in self.places.get(frame.path, ()):
            old, new = (*frame.path, *rest), (*path, *rest)
            if old in self.written.keys:
                positions.keys[new] = with_uses(self.written.keys[old], frame.uses)
            if old in self.written.values:
                positions.values[new] = handed.get(rest) or with_uses(self.written.values[old], frame.uses)
            if old in self.written.variables:
                positions.variables[new] = tuple(n for n in self.written.variables[old] if n not in frame.origins)
        if source != ("from",):
            positions.values[(*path, "from")] = with_uses(self._span(frame, *source), frame.uses)

    def _span(self, frame: Frame, *rest: str | int, key: bool = False) -> Span:
        return (self.written.key if key else self.written.value)((*frame.path, *rest))

    def _error(self, code: Rule, message: str, frame: Frame, *rest: str | int, key: bool = False, **more: Any) -> None:
        self.report.error(code, message, with_uses(self._span(frame, *rest, key=key), frame.uses), **more)
