"""Where a spec defines names and where it references them: nodes (with inputs, `as` and outputs), blocks, variables.

Read from the text itself, so that it works while other parts of the spec are invalid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from kspec.diagnostics import Path, Positions, Report, Source, Span
from kspec.expand.variables import variable_spans
from kspec.ir.layer_patterns import is_glob
from kspec.ir.sizes import name_within
from kspec.lsp.scope import entries_at, inputs_at, output_names, params_of, texts, used_network, value_at
from kspec.syntax import parse
from kspec.syntax.entries import head_place
from kspec.syntax.expressions import sizes_in_text
from kspec.syntax.formula import place_within, variables_of
from kspec.syntax.formula import references as formula_nodes
from kspec.syntax.names import node_names, written_name
from kspec.syntax.sizes import SIZE_WORDS

Kind = Literal["node", "output", "variable", "block", "model", "parameter"]
SHARED: tuple[Kind, Kind] = ("block", "model")
"""Kinds of names that are global to the spec."""

BY_OUTPUT: tuple[Path, ...] = (
    ("task",),
    ("data", "targets"),
    ("data", "weights"),
    ("compile", "loss"),
    ("compile", "loss_weights"),
    ("compile", "metrics"),
    ("compile", "weighted_metrics"),
    ("fit", "class_weight"),
    ("predict", "threshold"),
)
"""Settings whose keys can be outputs."""
OF_COLUMNS = {
    *(("split", key) for key in ("stratify", "by", "group", "time", "hash", "key")),
    *(("window", "time"), ("window", "by"), ("predict", "keep"), ("evaluate", "slices")),
}
"""The settings of `data:`, and of steps, that name a column."""
BY_COLUMN = (("data", "missing"), ("data", "csv", "missing"), ("data", "read"), ("data", "resize"))
"""The mappings whose keys are columns."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name in the text.

    Args:
        kind: Kind of the name.
        name: The name.
        span: Its place; for a node with an automatic name, the place of its head.
        is_definition: Whether the name is defined here.
        explicit: Whether the name itself appears here.
        network_path: The block or sub-model it belongs to: `("blocks", name)`; empty for the spec itself.
    """

    kind: Kind
    name: str
    span: Span
    is_definition: bool
    explicit: bool = True
    network_path: Path = ()

    @property
    def key(self) -> tuple[str, str, Path]:
        """Equal for two occurrences of the same name."""
        return self.kind, self.name, self.network_path


@lru_cache(maxsize=4)
def occurrences(source: Source) -> tuple[Occurrence, ...]:
    """All names of a text, in no order; empty if it is not YAML."""
    tree = parse(source, Report())
    if tree is None or not isinstance(tree.value, dict):
        return ()
    finder = _Finder(tree.value, tree.positions)
    return tuple(matches for matches in finder.all() if matches.span.source is source)


def at(source: Source, line: int, column: int) -> Occurrence | None:
    """The name at a place.

    Args:
        source: The text.
        line: The line, counted from 1.
        column: The column, counted from 1.

    Returns:
        The name; None if there is none. The column after its last character counts as part of it.
    """
    for matches in occurrences(source):
        span = matches.span
        if (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column):
            return matches
    return None


def same_name(source: Source, one: Occurrence) -> list[Occurrence]:
    """The definition of a name and all references to it, in the order of the text."""
    matches = [each for each in occurrences(source) if each.key == one.key]
    return sorted(matches, key=lambda each: each.span[1:])


class _Finder:
    def __init__(self, value: dict[str, Any], positions: Positions) -> None:
        self.value = value
        self.positions = positions
        self.renamed = isinstance(value.get("outputs"), dict)
        self.outputs = set(output_names(value))
        self.network_path: Path = ()

    def all(self) -> Iterator[Occurrence]:
        yield from self._network(self.value, ())
        yield from self._settings()
        for word, kind, inner in (("blocks", SHARED[0], self._block), ("models", SHARED[1], self._network)):
            section = self.value.get(word)
            for name, holder in section.items() if isinstance(section, dict) else ():
                yield self._key(name, (word, name), kind=kind, is_definition=True)
                if isinstance(holder, dict):
                    self.network_path = word, name
                    yield from inner(holder, self.network_path)
                    self.network_path = ()
        yield from self._variables({key: value for key, value in self.value.items() if key != "blocks"}, ())

    def _network(self, network: dict[str, Any], network_path: Path) -> Iterator[Occurrence]:
        """The names of the spec's own network, or of a sub-model: inputs, nodes, outputs."""
        inputs = network.get("inputs")
        for name in inputs if isinstance(inputs, dict) else ():
            yield self._key(name, (*network_path, "inputs", name), is_definition=True)
        yield from self._list((*network_path, "layers"))
        outputs = network.get("outputs")
        for name in outputs if isinstance(outputs, dict) else ():
            yield self._key(name, (*network_path, "outputs", name), kind="output", is_definition=True)
        yield from self._references(outputs, (*network_path, "outputs"))

    def _list(self, path: Path) -> Iterator[Occurrence]:
        entries, _ = entries_at(self.value, path)
        as_names = {name for entry in entries if isinstance(entry, dict) for name in texts(entry.get("as"))}
        names = node_names(entries, taken=as_names | set(inputs_at(self.value, self.network_path)))
        for index, (entry, name) in enumerate(zip(entries, names, strict=True)):
            yield from self._entry(entry, name, (*path, index))

    def _block(self, block: dict[str, Any], path: Path) -> Iterator[Occurrence]:
        """The names of a block: parameters, inputs, nodes."""
        params = block.get("params")
        for index, item in enumerate(params if isinstance(params, list) else ()):
            place = (*path, "params", index)
            if isinstance(item, str):
                yield self._value(item, place, kind="parameter", is_definition=True)
            elif isinstance(item, dict) and item:
                name = next(iter(item))
                yield self._key(name, (*place, name), kind="parameter", is_definition=True)
        for index, name in enumerate(block["inputs"] if isinstance(block.get("inputs"), list) else ()):
            if isinstance(name, str):
                yield self._value(name, (*path, "inputs", index), is_definition=True)
        yield from self._list((*path, "layers"))
        yield from self._references(block.get("outputs"), (*path, "outputs"))
        yield from self._variables(block, path)

    def _entry(self, entry: Any, name: str, path: Path) -> Iterator[Occurrence]:
        if written_name(entry) is None:
            place = head_place(path, entry, self.positions)
            yield Occurrence("node", name, place, is_definition=True, explicit=False, network_path=self.network_path)
        if not isinstance(entry, dict):
            return
        if written_name(entry) is not None:
            yield self._value(name, (*path, "name"), is_definition=True)
        for index, output in enumerate(entry["as"] if isinstance(entry.get("as"), list) else ()):
            if isinstance(output, str) and output != "_":
                yield self._value(output, (*path, "as", index), is_definition=True)
        for word in ("from", "each"):
            if word == "each" and isinstance(entry.get(word), dict):
                for node in entry[word]:
                    yield self._key(node, (*path, word, node))
            else:
                yield from self._references(entry.get(word), (*path, word))
        weights = entry.get("weights")
        if isinstance(weights, dict):
            yield from self._references(weights.get("vocabulary"), (*path, "weights", "vocabulary"))
        if isinstance(entry.get("reuse"), str):
            yield self._value(entry["reuse"], (*path, "reuse"))
        if isinstance(entry.get("expr"), str) and (*path, "expr") in self.positions.values:
            text, span = entry["expr"], self.positions.values[*path, "expr"]
            for node in formula_nodes(text):
                place = place_within(span, text, node.start, node.end)
                yield Occurrence("node", node.name, place, is_definition=False, network_path=self.network_path)
        used = used_network(entry)
        for kind in SHARED:
            if isinstance(entry.get(kind), str):
                yield self._value(entry[kind], (*path, kind), kind=kind)
        if used:
            kinds: dict[str, Kind] = {"with": "parameter", "from": "node"}
            for word, kind in kinds.items():
                for key in entry[word] if isinstance(entry.get(word), dict) else ():
                    yield replace(self._key(key, (*path, word, key), kind=kind), network_path=used)
        for head, arguments in entry.items():
            yield from self._within(arguments, (*path, head))

    def _references(self, value: Any, path: Path) -> Iterator[Occurrence]:
        """References to nodes: a name, a list, or a mapping to these."""
        if isinstance(value, str):
            if "$" not in value:
                yield self._value(value, path)
        elif isinstance(value, (list, dict)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from self._references(item, (*path, key))

    def _within(self, value: Any, path: Path) -> Iterator[Occurrence]:
        """`{units_of: node}`, `${units_of(node)}`, `{classes_of: output}`, `{model: name}`, anywhere in arguments."""
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            place = (*path, key)
            if key in SIZE_WORDS and isinstance(item, str) and "$" not in item:
                yield self._sized(self._value(item, place), str(key))
            elif isinstance(item, str) and "$" in item and place in self.positions.values:
                for size in sizes_in_text(item):
                    span = name_within(self.positions.values[place], size.word, size.name)
                    found = Occurrence("node", size.name, span, is_definition=False, network_path=self.network_path)
                    yield self._sized(found, size.word)
            elif key == "model" and isinstance(item, str) and len(value) == 1:
                yield self._value(item, place, kind="model")
            else:
                yield from self._within(item, place)

    def _sized(self, occurrence: Occurrence, word: str) -> Occurrence:
        """A reference in a size: that of `classes_of` is one of the spec's outputs, even within a sub-model."""
        if word != "classes_of":
            return occurrence
        return replace(occurrence, kind="output" if self.renamed else "node", network_path=())

    def _settings(self) -> Iterator[Occurrence]:
        """Keys that are inputs or outputs."""
        for path in (("data", "inputs"), *BY_OUTPUT):
            value = value_at(self.value, path)
            if not isinstance(value, dict):
                continue
            of_inputs = path == ("data", "inputs")
            for name in value:
                if of_inputs or name in self.outputs:
                    kind: Kind = "output" if self.renamed and not of_inputs else "node"
                    yield self._key(name, (*path, name), kind=kind)

        yield from self._predicted()
        yield from self._staged()
        yield from self._monitored()

    def _predicted(self) -> Iterator[Occurrence]:
        """Nodes that `predict` writes, or the sub-models and block uses that contain them."""
        path: Path = ("predict", "nodes")
        nodes, models = value_at(self.value, path), self.value.get("models")
        for index, name in enumerate(nodes if isinstance(nodes, list) else [nodes]):
            if isinstance(name, str) and "$" not in name:
                first = name.partition("/")[0]
                kind: Kind = "model" if isinstance(models, dict) and first in models else "node"
                reference = self._value(name, (*path, index) if isinstance(nodes, list) else path, kind=kind)
                span = reference.span._replace(end_column=reference.span.column + len(first))
                yield replace(reference, name=first, span=span)

    def _staged(self) -> Iterator[Occurrence]:
        """Layers that stages freeze or train, by their names or those of the block uses that contain them."""
        stages = value_at(self.value, ("fit", "stages"))
        for index, stage in enumerate(stages if isinstance(stages, list) else ()):
            trainable = stage.get("trainable") if isinstance(stage, dict) else None
            for pattern in trainable if isinstance(trainable, dict) else ():
                name = str(pattern).partition("/")[0]
                if not is_glob(name):
                    reference = self._key(str(pattern), ("fit", "stages", index, "trainable", pattern))
                    span = reference.span._replace(end_column=reference.span.column + len(name))
                    yield replace(reference, name=name, span=span)

    def _monitored(self) -> Iterator[Occurrence]:
        """Quantities with an output's name in them: `val_grade_loss`."""
        paths: list[Path] = [("fit", "monitor")]
        callbacks = value_at(self.value, ("fit", "callbacks"))
        for index, callback in enumerate(callbacks if isinstance(callbacks, list) else ()):
            for head in callback if isinstance(callback, dict) else ():
                paths.append(("fit", "callbacks", index, head, "monitor"))
        for path in paths:
            if path not in self.positions.values or len(self.outputs) < 2:
                continue
            monitor = value_at(self.value, path)
            if not isinstance(monitor, str):
                continue
            rest = monitor.removeprefix("val_")
            for name in self.outputs:
                if rest.startswith(f"{name}_"):
                    span = _bare(self.positions.values[path], monitor)
                    column = span.column + len(monitor) - len(rest)
                    place = span._replace(column=column, end_column=column + len(name))
                    yield Occurrence("output" if self.renamed else "node", name, place, is_definition=False)

    def _variables(self, value: Any, path: Path) -> Iterator[Occurrence]:
        if isinstance(value, dict):
            for key, item in value.items():
                if path == ("vars",):
                    yield self._key(key, (*path, key), kind="variable", is_definition=True)
                yield from self._variables(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._variables(item, (*path, index))
        elif isinstance(value, str) and "$" in value and path in self.positions.values:
            params = params_of(self.value, str(self.network_path[1])) if self.network_path[:1] == ("blocks",) else []
            whole = self.positions.values[path]
            written = variables_of(value) if path[-1] == "expr" else [value]
            for name, span in dict.fromkeys(each for text in written for each in variable_spans(whole, text)):
                own = name in params
                kind: Kind = "parameter" if own else "variable"
                yield Occurrence(kind, name, span, is_definition=False, network_path=self.network_path if own else ())

    def _value(self, name: str, path: Path, *, kind: Kind = "node", is_definition: bool = False) -> Occurrence:
        explicit = path in self.positions.values  # an alias repeats a value from elsewhere
        network_path = () if kind in SHARED else self.network_path
        return Occurrence(kind, name, _bare(self.positions.value(path), name), is_definition, explicit, network_path)

    def _key(self, name: str, path: Path, *, kind: Kind = "node", is_definition: bool = False) -> Occurrence:
        explicit = path in self.positions.keys
        network_path = () if kind in SHARED else self.network_path
        return Occurrence(kind, name, _bare(self.positions.key(path), name), is_definition, explicit, network_path)


def _bare(span: Span, name: str) -> Span:
    """A word without the quotes around it."""
    if span.end_line == span.line and span.end_column - span.column == len(name) + 2:
        return span._replace(column=span.column + 1, end_column=span.end_column - 1)
    return span
