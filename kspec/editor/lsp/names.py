"""Where a spec gives names and where it cites them: nodes (inputs, `as` and outputs too), and variables.

Read off the text itself, so that it holds while other parts of the spec are faulty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from kspec.diagnostics import Path, Positions, Report, Source, Span
from kspec.graph.paths import is_glob
from kspec.syntax import parse
from kspec.syntax.entries import head_place
from kspec.syntax.names import node_names, written_name
from kspec.syntax.templates import INPUT
from kspec.syntax.variables import variable_spans

Kind = Literal["node", "output", "variable", "block", "parameter"]

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
        block: The block whose own name it is; empty outside of blocks.
    """

    kind: Kind
    name: str
    span: Span
    defines: bool
    written: bool = True
    block: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What two places have in common that are about the same name."""
        return self.kind, self.name, self.block


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
    found = [each for each in occurrences(source) if each.key == one.key]
    return sorted(found, key=lambda each: each.span[1:])


def names_of(value: Any, path: Path = ("layers",), *, layers: bool = False) -> list[str]:
    """The names of nodes that can be cited: inputs, entries, and what `as` names.

    Args:
        value: A document's plain value.
        path: Of a list of entries, for all of its names; or of one of them, for what stands above it.
        layers: Only those whose layer can be called again.
    """
    entries, before = entries_at(value, path)
    inputs = _inputs_at(value, path)
    named = node_names(entries, taken=inputs)
    found = dict.fromkeys(() if layers else inputs)
    for entry, name in list(zip(entries, named, strict=True))[:before]:
        if layers and isinstance(entry, dict) and ("op" in entry or "block" in entry):
            continue
        found[name] = None
        given = entry.get("as") if isinstance(entry, dict) and not layers else None
        found.update(dict.fromkeys(each for each in _texts(given) if each != "_"))
    return list(found)


def entries_at(value: Any, path: Path) -> tuple[list[Any], int | None]:
    """The list of entries that a path leads to or into, and the number of the entry; empty where it is none."""
    if path[:1] == ("layers",):
        holder, rest = value, path[1:]
    elif len(path) > 2 and path[0] == "blocks" and path[2] == "layers":
        blocks = value.get("blocks") if isinstance(value, dict) else None
        holder, rest = blocks.get(path[1]) if isinstance(blocks, dict) else None, path[3:]
    else:
        return [], None
    entries = holder.get("layers") if isinstance(holder, dict) else None
    number = rest[0] if rest and isinstance(rest[0], int) else None
    return entries if isinstance(entries, list) else [], number


def block_at(path: Path) -> str:
    """The block that a path leads into; empty outside of blocks."""
    return str(path[1]) if len(path) > 2 and path[0] == "blocks" and path[2] == "layers" else ""


def params_of(value: Any, block: str) -> list[str]:
    """The parameters of a block."""
    blocks = value.get("blocks") if isinstance(value, dict) else None
    written = blocks.get(block) if isinstance(blocks, dict) else None
    params = written.get("params") if isinstance(written, dict) else None
    return [str(next(iter(item))) if isinstance(item, dict) and item else str(item) for item in params or ()]


def _inputs_at(value: Any, path: Path) -> list[str]:
    holder = value if isinstance(value, dict) else {}
    block = block_at(path)
    if block:
        found = holder["blocks"].get(block)
        return _texts_of(found.get("inputs")) or [INPUT] if isinstance(found, dict) else []
    return list(holder["inputs"]) if isinstance(holder.get("inputs"), dict) else []


def output_names(value: dict[str, Any]) -> list[str]:
    """What the outputs are called, as far as the text says."""
    said = value.get("outputs")
    if isinstance(said, dict):
        return list(said)
    if said is not None:
        return list(_texts(said))
    return names_of(value)[-1:]


def _texts_of(value: Any) -> list[str]:
    return list(_texts(value))


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
        self.block = ""

    def all(self) -> Iterator[Occurrence]:
        inputs = self.value.get("inputs")
        for name in inputs if isinstance(inputs, dict) else ():
            yield self._key(name, ("inputs", name), defines=True)
        yield from self._list(("layers",))
        yield from self._outputs()
        yield from self._settings()
        blocks = self.value.get("blocks")
        for name, block in blocks.items() if isinstance(blocks, dict) else ():
            yield self._key(name, ("blocks", name), kind="block", defines=True)
            if isinstance(block, dict):
                self.block = name
                yield from self._block(block, ("blocks", name))
                self.block = ""
        yield from self._variables({key: value for key, value in self.value.items() if key != "blocks"}, ())

    def _list(self, path: Path) -> Iterator[Occurrence]:
        entries, _ = entries_at(self.value, path)
        named = {name for entry in entries if isinstance(entry, dict) for name in _texts(entry.get("as"))}
        names = node_names(entries, taken=named | set(_inputs_at(self.value, path)))
        for index, (entry, name) in enumerate(zip(entries, names, strict=True)):
            yield from self._entry(entry, name, (*path, index))

    def _block(self, block: dict[str, Any], path: Path) -> Iterator[Occurrence]:
        """What is a block's own: parameters, inputs, nodes."""
        params = block.get("params")
        for index, item in enumerate(params if isinstance(params, list) else ()):
            place = (*path, "params", index)
            if isinstance(item, str):
                yield self._value(item, place, kind="parameter", defines=True)
            elif isinstance(item, dict) and item:
                name = next(iter(item))
                yield self._key(name, (*place, name), kind="parameter", defines=True)
        for index, name in enumerate(block["inputs"] if isinstance(block.get("inputs"), list) else ()):
            if isinstance(name, str):
                yield self._value(name, (*path, "inputs", index), defines=True)
        yield from self._list((*path, "layers"))
        yield from self._cited(block.get("outputs"), (*path, "outputs"))
        yield from self._variables(block, path)

    def _entry(self, entry: Any, name: str, path: Path) -> Iterator[Occurrence]:
        if written_name(entry) is None:
            place = head_place(path, entry, self.positions)
            yield Occurrence("node", name, place, defines=True, written=False, block=self.block)
        if not isinstance(entry, dict):
            return
        if written_name(entry) is not None:
            yield self._value(name, (*path, "name"), defines=True)
        for index, given in enumerate(entry["as"] if isinstance(entry.get("as"), list) else ()):
            if isinstance(given, str) and given != "_":
                yield self._value(given, (*path, "as", index), defines=True)
        for word in ("from", "each"):
            yield from self._cited(entry.get(word), (*path, word))
        if isinstance(entry.get("reuse"), str):
            yield self._value(entry["reuse"], (*path, "reuse"))
        if isinstance(entry.get("block"), str):
            used = entry["block"]
            yield replace(self._value(used, (*path, "block"), kind="block"), block="")
            for key in entry["with"] if isinstance(entry.get("with"), dict) else ():
                yield replace(self._key(key, (*path, "with", key), kind="parameter"), block=used)
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

        yield from self._staged()
        yield from self._monitored()

    def _staged(self) -> Iterator[Occurrence]:
        """Layers that stages freeze or train, by their names, or those of the uses that they stand in."""
        stages = self._at(("fit", "stages"))
        for index, stage in enumerate(stages if isinstance(stages, list) else ()):
            told = stage.get("trainable") if isinstance(stage, dict) else None
            for pattern in told if isinstance(told, dict) else ():
                name = str(pattern).partition("/")[0]
                if not is_glob(name):
                    cited = self._key(str(pattern), ("fit", "stages", index, "trainable", pattern))
                    span = cited.span._replace(end_column=cited.span.column + len(name))
                    yield replace(cited, name=name, span=span)

    def _monitored(self) -> Iterator[Occurrence]:
        """Quantities with an output's name in them: `val_grade_loss`."""
        callbacks = self._at(("fit", "callbacks"))
        for index, callback in enumerate(callbacks if isinstance(callbacks, list) else ()):
            for head, arguments in callback.items() if isinstance(callback, dict) else ():
                monitor = arguments.get("monitor") if isinstance(arguments, dict) else None
                path = ("fit", "callbacks", index, head, "monitor")
                if isinstance(monitor, str) and path in self.positions.values and len(self.outputs) > 1:
                    rest = monitor.removeprefix("val_")
                    for name in self.outputs:
                        if rest.startswith(f"{name}_"):
                            span = _bare(self.positions.values[path], monitor)
                            column = span.column + len(monitor) - len(rest)
                            place = span._replace(column=column, end_column=column + len(name))
                            yield Occurrence("output" if self.renamed else "node", name, place, defines=False)

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
            params = params_of(self.value, self.block) if self.block else []
            for name, span in variable_spans(self.positions.values[path], value):
                own = name in params
                kind: Kind = "parameter" if own else "variable"
                yield Occurrence(kind, name, span, defines=False, block=self.block if own else "")

    def _value(self, name: str, path: Path, *, kind: Kind = "node", defines: bool = False) -> Occurrence:
        written = path in self.positions.values  # what an alias repeats stands elsewhere
        block = "" if kind in ("block", "output") else self.block
        return Occurrence(kind, name, _bare(self.positions.value(path), name), defines, written, block)

    def _key(self, name: str, path: Path, *, kind: Kind = "node", defines: bool = False) -> Occurrence:
        written = path in self.positions.keys
        block = "" if kind in ("block", "output") else self.block
        return Occurrence(kind, name, _bare(self.positions.key(path), name), defines, written, block)


def _bare(span: Span, name: str) -> Span:
    """A word without the quotes around it."""
    if span.end_line == span.line and span.end_column - span.column == len(name) + 2:
        return span._replace(column=span.column + 1, end_column=span.end_column - 1)
    return span
