"""Collects plain entries and name bindings, each with its position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kspec.diagnostics import Path, Positions, Report, Rule, Span, codes
from kspec.diagnostics.budget import CHARACTERS, COPIES, LAYERS, BudgetExceeded, current, spend
from kspec.expand.block_arguments import argument_spans, default_spans, with_full_names
from kspec.expand.frame import Frame, Item, as_mapping, strings, with_uses
from kspec.expand.instructions import Bind, Call, Expansion, relative_paths
from kspec.expand.variables import compute
from kspec.syntax.parse import Tree


class CopyInput(NamedTuple):
    """The input of a copy.

    Args:
        implied: A name among its references that the spec does not write.
        source: The path in the entry where the input is referenced.
        before: The copy that it follows in a chain.
    """

    implied: str = ""
    source: Path = ("from",)
    before: str = ""


OWN_INPUT = CopyInput()
"""The input that the entry itself references."""


class Emitter:
    """Collects the expansion of one network.

    Args:
        tree: The document.
        positions: The document's, to which those of the plain entries are added.
        network_path: The network's place in the document.
        report: Where problems are reported.
    """

    def __init__(self, tree: Tree, positions: Positions, network_path: Path, report: Report) -> None:
        self.tree = tree
        self.report = report
        self.layers_path: Path = (*network_path, "layers")
        self.source_positions = tree.positions
        self.blocks: Mapping[str, Any] = as_mapping(tree.value.get("blocks"))
        self.variables: Mapping[str, Any] = as_mapping(tree.value.get("vars"))
        self.relative_paths = relative_paths(self.source_positions)
        self.default_spans = default_spans(self.source_positions)
        self.groups: dict[str, tuple[str, ...]] = {}
        self.result = Expansion(positions)

    def compute(self, value: Any, frame: Frame, *path: str) -> Any:
        """The value at a path of the frame's entry, with its expressions computed.

        Args:
            value: The value, which is not changed: other uses of a block compute it again.
            frame: The context of the entry.
            path: The value's path in the entry.

        Returns:
            The plain value, a copy.
        """
        value = with_full_names(value, frame.variables, frame.scopes)
        if frame.computed:
            return value
        return compute(value, (*frame.path, *path), frame.variables, self.tree, self.report, frame.prefix)

    def span(self, frame: Frame, *path: str | int, key: bool = False) -> Span:
        """The place of a value of the frame's entry, or of its key.

        Args:
            frame: The context of the entry.
            path: The value's path in the entry.
            key: Whether to return the place of the key.

        Returns:
            The place in the text.
        """
        return (self.source_positions.key if key else self.source_positions.value)((*frame.path, *path))

    def _reference_span(self, frame: Frame, path: Path) -> Span:
        """The place where an entry references a node: a value, or a key of `each`."""
        return self.span(frame, *path, key=len(path) == 2 and path[0] == "each" and isinstance(path[1], str))

    def error(self, code: Rule, message: str, frame: Frame, *path: str | int, key: bool = False, **more: Any) -> None:
        """Reports an error at a value of the frame's entry, or at its key.

        Args:
            code: The code, from `kspec.diagnostics.codes`.
            message: One plain sentence, without a full stop.
            frame: The context of the entry.
            path: The value's path in the entry.
            key: Whether to report it at the key.
            more: Further arguments of `Report.error`.
        """
        self.report.error(code, message, with_uses(self.span(frame, *path, key=key), frame.uses), **more)

    def reject(self, item: Item, message: str, key: str, *, help: str, code: Rule = codes.INVALID_EXPANSION) -> None:
        """Reports an entry that cannot be expanded, at one of its keys.

        Args:
            item: The entry.
            message: One plain sentence, without a full stop.
            key: The key whose value is underlined.
            help: What to write instead.
            code: The code, from `kspec.diagnostics.codes`.
        """
        self.error(code, message, item.frame, key, help=help)
        self.fail(item)

    def fail(self, item: Item) -> None:
        """Binds the names of an entry that cannot be expanded, so that references to them are not reported too."""
        for number, output in enumerate(strings(item.entry.get("as"))):
            if output != "_":
                self.bind(output, (), item.frame, faulty=True, next="same", definition=("as", number))
        self.bind(item.name, (), item.frame, named=item.named, faulty=True)

    def bind(
        self,
        name: str,
        references: tuple[str, ...],
        frame: Frame,
        reference: Path = (),
        *,
        span: Span | None = None,
        definition: Path = ("name",),
        **more: Any,
    ) -> None:
        """Binds a name to nodes.

        Args:
            name: The name, without the frame's prefix.
            references: The nodes, by their names within the frame.
            frame: The context of the entry that binds it.
            reference: The path in the entry where they are referenced.
            span: The place where they are referenced, if it is outside the entry.
            definition: The path in the entry where the name is, if it is written.
            more: Further fields of `Bind`.
        """
        is_written = (*frame.path, *definition) in self.source_positions.values
        place = with_uses(self.span(frame, *(definition if is_written else ())), frame.uses)
        span = with_uses(span or self._reference_span(frame, reference), frame.uses)
        self.result.steps.append(Bind(frame.prefix + name, references, frame.prefix, span, place, **more))

    def spend_copy(self, value: Any, frame: Frame, copies: int = 1) -> None:
        """Counts a copy of a value, and with it a copy of an entry.

        Args:
            value: The value.
            frame: The context of the entry.
            copies: How many entries it makes.

        Raises:
            BudgetExceeded: If the spec grows beyond a bound.
        """
        if (budget := current()) is None:
            return
        try:
            budget.spend(COPIES, copies)
            budget.spend_copy(value)
            budget.spend(CHARACTERS, len(frame.prefix))
        except BudgetExceeded as error:
            error.span = with_uses(self.span(frame), frame.uses)
            raise

    def call(self, item: Item, input: CopyInput = OWN_INPUT) -> None:
        """Adds a plain entry."""
        index, frame = self._next_index(item), item.frame
        self.spend_copy(item.entry, frame, 0)
        self.result.entries.append(self.compute(item.entry, frame))
        self._add_positions(index, item.entry, frame, input.source)
        implied = frozenset({frame.prefix + input.implied} if input.implied else ())
        before = input.before and frame.prefix + input.before
        name = frame.prefix + item.name
        call = Call(index, name, item.named, frame.prefix, frame.path, implied, frame.trainable, before)
        self.result.steps.append(call)

    def add(
        self, entry: dict[str, Any], places: Mapping[Path, Span], item: Item, name: str, *, named: bool, formula: str
    ) -> None:
        """Adds a plain entry that stands for a part of another.

        Args:
            entry: The plain entry, computed.
            places: The places of its keys and values, by paths relative to it.
            item: The entry that it is a part of.
            name: The name of its node, within the frame.
            named: Whether the spec gives that name.
            formula: The part of an `expr` that it computes, as in `Node.formula`.
        """
        index, frame = self._next_index(item), item.frame
        self.result.entries.append(entry)
        for path, span in places.items():
            self.result.positions.keys[(*self.layers_path, index, *path)] = span
            self.result.positions.values[(*self.layers_path, index, *path)] = span
        call = Call(
            index, frame.prefix + name, named, frame.prefix, frame.path, trainable=frame.trainable, formula=formula
        )
        self.result.steps.append(call)

    def _next_index(self, item: Item) -> int:
        """The index of the next plain entry."""
        spend(LAYERS, 1, with_uses(self.span(item.frame), item.frame.uses))
        return len(self.result.entries)

    def _add_positions(self, index: int, entry: Any, frame: Frame, source: Path) -> None:
        """Gives a plain entry the positions of its source; a block argument those of where its value is written."""
        old, new = self.source_positions, self.result.positions
        block = frame.blocks[-1] if frame.blocks else ""
        arguments = argument_spans(frame.origins, entry, old.values, frame.path, block)
        new_path: Path = (*self.layers_path, index)
        for path in self.relative_paths.get(frame.path, ()):
            source_path, target = (*frame.path, *path), (*new_path, *path)
            if source_path in old.keys:
                new.keys[target] = with_uses(old.keys[source_path], frame.uses)
            if source_path in old.values:
                new.values[target] = arguments.get(path) or with_uses(old.values[source_path], frame.uses)
            if source_path in old.variables:
                new.variables[target] = tuple(name for name in old.variables[source_path] if name not in frame.origins)
        if source != ("from",):
            new.values[(*new_path, "from")] = with_uses(self._reference_span(frame, source), frame.uses)
