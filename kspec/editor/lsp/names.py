"""Where a spec gives names and where it cites them: nodes (inputs, `as` and outputs too), and variables.

Read off the text itself, so that it holds while other parts of the spec are faulty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from kspec.diagnostics import Path, Positions, Report, Source, Span
from kspec.syntax import parse
from kspec.syntax.entries import head_place
from kspec.syntax.names import node_names, written_name
from kspec.syntax.variables import variable_spans

Kind = Literal["node", "output", "variable"]

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
"""Settings whose keys may be outputs."""
_SIZES = ("vocabulary_of", "classes_of")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name in the text.

    Args:
        defines: Whether it is given here.
        written: Whether the name itself stands here; a node without a name is where its layer is.
    """

    kind: Kind
    name: str
    span: Span
    defines: bool
    written: bool = True


@lru_cache(maxsize=4)
def occurrences(source: Source) -> tuple[Occurrence, ...]:
    """All names of a text, in no order; empty where it is not YAML."""
    tree = parse(source, Report())
    if tree is None or not isinstance(tree.value, dict):
        return ()
    finder = _Finder(tree.value, tree.positions)
    return tuple(found for found in finder.all() if found.span.source is source)


def at(source: Source, line: int, column: int) -> Occurrence | None:
    """The name at a place."""
    for found in occurrences(source):
        span = found.span
        if (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column):
            return found
    return None


def alike(source: Source, one: Occurrence) -> list[Occurrence]:
    """Every place where the same name is given or cited, in the text's order."""
    found = [each for each in occurrences(source) if (each.kind, each.name) == (one.kind, one.name)]
    return sorted(found, key=lambda each: each.span[1:])


def names_of(value: Any, before: int | None = None) -> list[str]:
    """The names of nodes that can be cited: inputs, entries, and what `as` names.

    Args:
        value: A document's plain value.
        before: The entry that cites them: what stands above it is in view.
    """
    if not isinstance(value, dict):
        return []
    inputs = list(value["inputs"]) if isinstance(value.get("inputs"), dict) else []
    entries = value["layers"] if isinstance(value.get("layers"), list) else []
    named = node_names(entries, taken=inputs)
    found = dict.fromkeys(inputs)
    for entry, name in list(zip(entries, named, strict=True))[:before]:
        found[name] = None
        given = entry.get("as") if isinstance(entry, dict) else None
        found.update(dict.fromkeys(each for each in _texts(given) if each != "_"))
    return list(found)


def output_names(value: dict[str, Any]) -> list[str]:
    """What the outputs are called, as far as the text says."""
    said = value.get("outputs")
    if isinstance(said, dict):
        return list(said)
    if said is not None:
        return list(_texts(said))
    return names_of(value)[-1:]


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item


class _Finder:
    def __init__(self, value: dict[str, Any], positions: Positions) -> None:
        self.value = value
        self.positions = positions
        self.renamed = isinstance(value.get("outputs"), dict)
        self.outputs = set(output_names(value))

    def all(self) -> Iterator[Occurrence]:
        inputs = self.value.get("inputs")
        for name in inputs if isinstance(inputs, dict) else ():
            yield self._key(name, ("inputs", name), defines=True)
        layers = self.value.get("layers")
        if isinstance(layers, list):
            for index, (entry, name) in enumerate(zip(layers, node_names(layers, self._taken(layers)), strict=True)):
                yield from self._entry(entry, name, ("layers", index))
        yield from self._outputs()
        yield from self._settings()
        yield from self._variables(self.value, ())

    def _taken(self, layers: list[Any]) -> set[str]:
        inputs = self.value.get("inputs")
        named = {name for entry in layers if isinstance(entry, dict) for name in _texts(entry.get("as"))}
        return named | set(inputs if isinstance(inputs, dict) else ())

    def _entry(self, entry: Any, name: str, path: Path) -> Iterator[Occurrence]:
        if written_name(entry) is None:
            place = head_place(path, entry, self.positions)
            yield Occurrence("node", name, place, defines=True, written=False)
        if not isinstance(entry, dict):
            return
        if written_name(entry) is not None:
            yield self._value(name, (*path, "name"), defines=True)
        for index, given in enumerate(entry["as"] if isinstance(entry.get("as"), list) else ()):
            if isinstance(given, str) and given != "_":
                yield self._value(given, (*path, "as", index), defines=True)
        yield from self._cited(entry.get("from"), (*path, "from"))
        if isinstance(entry.get("reuse"), str):
            yield self._value(entry["reuse"], (*path, "reuse"))
        yield from self._sizes(entry, path)

    def _cited(self, value: Any, path: Path) -> Iterator[Occurrence]:
        """What cites nodes: a name, a list, or a mapping to these."""
        if isinstance(value, str):
            if "$" not in value:
                yield self._value(value, path)
        elif isinstance(value, (list, dict)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from self._cited(item, (*path, key))

    def _sizes(self, value: Any, path: Path) -> Iterator[Occurrence]:
        """`{vocabulary_of: node}` and `{classes_of: output}`, wherever they stand."""
        if isinstance(value, dict):
            for key, item in value.items():
                if key in _SIZES and isinstance(item, str):
                    output = key == "classes_of" and self.renamed
                    yield self._value(item, (*path, key), kind="output" if output else "node")
                else:
                    yield from self._sizes(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._sizes(item, (*path, index))

    def _outputs(self) -> Iterator[Occurrence]:
        said = self.value.get("outputs")
        for name in said if isinstance(said, dict) else ():
            yield self._key(name, ("outputs", name), kind="output", defines=True)
        yield from self._cited(said, ("outputs",))

    def _settings(self) -> Iterator[Occurrence]:
        """Keys that are inputs or outputs."""
        for path in (("data", "inputs"), *BY_OUTPUT):
            value = self._at(path)
            if not isinstance(value, dict):
                continue
            of_inputs = path == ("data", "inputs")
            for name in value:
                if of_inputs or name in self.outputs:
                    kind: Kind = "output" if self.renamed and not of_inputs else "node"
                    yield self._key(name, (*path, name), kind=kind)

    def _at(self, path: Path) -> Any:
        value: Any = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _variables(self, value: Any, path: Path) -> Iterator[Occurrence]:
        if isinstance(value, dict):
            for key, item in value.items():
                if path == ("vars",):
                    yield self._key(key, (*path, key), kind="variable", defines=True)
                yield from self._variables(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._variables(item, (*path, index))
        elif isinstance(value, str) and "$" in value and path in self.positions.values:
            for name, span in variable_spans(self.positions.values[path], value):
                yield Occurrence("variable", name, span, defines=False)

    def _value(self, name: str, path: Path, *, kind: Kind = "node", defines: bool = False) -> Occurrence:
        written = path in self.positions.values  # what an alias repeats stands elsewhere
        return Occurrence(kind, name, _bare(self.positions.value(path), name), defines, written)

    def _key(self, name: str, path: Path, *, kind: Kind = "node", defines: bool = False) -> Occurrence:
        return Occurrence(kind, name, _bare(self.positions.key(path), name), defines, path in self.positions.keys)


def _bare(span: Span, name: str) -> Span:
    """A word without the quotes around it."""
    if span.end_line == span.line and span.end_column - span.column == len(name) + 2:
        return span._replace(column=span.column + 1, end_column=span.end_column - 1)
    return span
