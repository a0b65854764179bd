"""The differences between two specs: nodes with their arguments and sizes, and settings.

Compares the resolved specs: overrides, expressions, blocks and defaults are resolved first, so that two ways to write
the same thing do not differ.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kspec.analysis.program import Analysis
from kspec.analysis.shapes.submodels import uncounted_weights
from kspec.analysis.shapes.types import InferredCall, Types
from kspec.diff.alignment import align
from kspec.ir import Graph, Node, Tensor
from kspec.ir.constant_files import ConstantFile
from kspec.language import Spec
from kspec.summary.resolved_spec import resolved_values
from kspec.syntax.yaml_flow import shape_text, to_yaml

Kind = Literal["added", "removed", "changed"]
SIGNS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~"}
_GRAPH = ("kspec", "name", "description", "task", "vars", "blocks", "models", "layers", "extensions")
"""Sections that are compared as nodes, or do not affect training."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two specs.

    Args:
        section: `layers`, or another section of a spec.
        kind: Whether something was added, removed or changed.
        name: The node, prefixed with its sub-model (`encoder/hidden`), or the setting within its section; the items of
            a list go by name or class (`stages.tune.epochs`, `callbacks.EarlyStopping.patience`).
        changes: The details, each a few words.
    """

    section: str
    kind: Kind
    name: str
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{SIGNS[self.kind]} {self.name}" + (f": {'; '.join(self.changes)}" if self.changes else "")


@dataclass(slots=True)
class Comparison:
    """The comparison of two specs.

    Args:
        differences: In the language's order.
        parameters: The numbers of parameters of both; None if unknown without the data.
    """

    differences: list[Difference] = field(default_factory=list)
    parameters: tuple[int | None, int | None] = (0, 0)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"parameters": list(self.parameters), "differences": [asdict(each) for each in self.differences]}


def compare(one: tuple[Spec, Analysis], other: tuple[Spec, Analysis], *, of_run: bool = False) -> Comparison:
    """Compare two specs without errors, nodes first, then settings in the language's order.

    Args:
        one: The first spec and its analysis.
        other: The second.
        of_run: Whether one of them is the resolved spec of a run, whose engine may be the choice of `auto`.
    """
    (_, a), (_, b) = one, other
    networks = _Network(a.graph, a.types, one[0].folder), _Network(b.graph, b.types, other[0].folder)
    settings = [_resolved(*each) for each in (one, other)]
    if of_run and any(values["fit"]["engine"] == "auto" for values in settings):
        for values in settings:
            del values["fit"]["engine"]
    differences = [
        *_models(one, other, settings),
        *_nodes(*networks),
        *_outputs(*networks),
        *_settings(a, b, settings),
    ]
    return Comparison(differences, (_parameters(a), _parameters(b)))


class _Network(NamedTuple):
    """The network of a spec, or one of its sub-models.

    Args:
        graph: Its graph.
        types: The types of its nodes.
        folder: The folder of the spec.
        name: The sub-model's name; empty for the spec's own network.
        trainable: The `trainable` of its entry.
    """

    graph: Graph
    types: Types
    folder: Path
    name: str = ""
    trainable: bool | None = None

    @property
    def section(self) -> str:
        return "models" if self.name else "layers"

    def path(self, node: str) -> str:
        """A node's path in the spec."""
        return f"{self.name}/{node}" if self.name else node


def _models(
    one: tuple[Spec, Analysis], other: tuple[Spec, Analysis], settings: list[dict[str, Any]]
) -> Iterator[Difference]:
    """Sub-models, their entries and their nodes."""
    before, after = _networks(*one), _networks(*other)
    entries: list[dict[str, Any]] = [values.get("models") or {} for values in settings]
    removed, added = [name for name in before if name not in after], [name for name in after if name not in before]
    for name in dict.fromkeys([*before, *after]):
        if name in removed:
            same = (new for new in added if not any(_model(before[name], after[new], entries)))
            if renamed := next(same, None):
                added.remove(renamed)
                yield Difference("models", "changed", f"{name} → {renamed}", ("renamed",))
            else:
                yield Difference("models", "removed", name, (_describe_model(before[name], one[1]),))
        elif name in before:
            yield from _model(before[name], after[name], entries)
        elif name in added:
            yield Difference("models", "added", name, (_describe_model(after[name], other[1]),))


def _model(a: _Network, b: _Network, entries: list[dict[str, Any]]) -> Iterator[Difference]:
    """The differences of a sub-model: its entry and its nodes."""
    old, new = (
        {word: values.get(model.name, {}).get(word) for word in ("file", "application", "weights")}
        for model, values in zip((a, b), entries, strict=True)
    )
    changes = [*_values(old, new), *_trainable(a.trainable, b.trainable)]
    if changes:
        yield Difference("models", "changed", a.name, tuple(changes))
    yield from _nodes(a, b)
    yield from _outputs(a, b)


def _networks(spec: Spec, analysis: Analysis) -> dict[str, _Network]:
    """The sub-models that the spec calls."""
    graphs, types, folder = analysis.graph.models, analysis.types.models, spec.folder
    return {
        name: _Network(graphs[name], types[name], folder, name, spec.trainable(("models", name)))
        for name in analysis.graph.called_models()
    }


def _describe_model(model: _Network, analysis: Analysis) -> str:
    weights = uncounted_weights(model.name, analysis.graph, analysis.types.models, set())
    nodes = len(model.graph.calls)
    count = "" if weights is None else f", {sum(weight.size for weight in weights):,} parameters"
    return f"{nodes} node{'' if nodes == 1 else 's'}{count}"


def _nodes(a: _Network, b: _Network) -> Iterator[Difference]:
    before, after = list(a.graph.nodes.values()), list(b.graph.nodes.values())
    pairs = list(_matched(before, after))
    same = {old.name: new.name for old, new in pairs if old and new}
    for old, new in pairs:
        if old and new:
            changes = tuple(_changes(old, new, a, b, same))
            if changes:
                name = old.name if old.name == new.name or not old.named else f"{old.name} → {new.name}"
                yield Difference(a.section, "changed", a.path(name), changes)
        elif new:
            yield Difference(b.section, "added", b.path(new.name), (_describe_node(new, b),))
        elif old:
            yield Difference(a.section, "removed", a.path(old.name), (_describe_node(old, a),))


def _matched(before: list[Node], after: list[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    """Pairs of nodes: those with the same name, and between them those of the same class in order.

    An automatic name (`dense_1`) changes if a layer is inserted above, so it does not count.
    """
    named = {node.name for node in before if node.named} & {node.name for node in after if node.named}

    def key(node: Node) -> str:
        return node.name if node.name in named else f"{node.kind} {node.head}"

    for block in align([*map(key, before)], [*map(key, after)]):
        olds, news = before[block.before], after[block.after]
        if len(olds) == len(news):
            yield from zip(olds, news, strict=True)
            continue
        yield from ((old, None) for old in olds)
        yield from ((None, new) for new in news)


def _changes(old: Node, new: Node, a: _Network, b: _Network, same: Mapping[str, str]) -> Iterator[str]:
    if old.named and new.named and old.name != new.name:
        yield "renamed"
    if (old.kind, old.head) != (new.kind, new.head):
        yield f"{old.head or old.kind} → {new.head or new.kind}"
    elif old.kind != "reuse":
        yield from _values(_arguments(old, a.folder), _arguments(new, b.folder))
    yield from _values(_constants(old), _constants(new))
    by_entry = (old.trainable, new.trainable) == (a.trainable, b.trainable)  # reported for the sub-model
    if old.trainable != new.trainable and not by_entry:
        yield from _trainable(old.trainable, new.trainable)
    yield from _values({"weights": _vectors(old, a.folder)}, {"weights": _vectors(new, b.folder)})
    before, after = [[*map(_place, node.tensors())] for node in (old, new)]
    if [(same.get(name, name), output) for name, output in before] != after:
        yield f"from {_list_tensors(before)} → {_list_tensors(after)}"
    yield from _sizes(a.types.calls[old.name], b.types.calls[new.name])


def _vectors(node: Node, folder: Path) -> Any:
    """The file of an Embedding's vectors, relative to the working directory, with the node that orders them."""
    if node.vectors is None:
        return None
    file, vocabulary = os.path.relpath(folder / node.vectors[0]), node.vectors[1]
    return file if vocabulary is None else {"file": file, "vocabulary": vocabulary}


def _trainable(old: bool | None, new: bool | None) -> Iterator[str]:
    """The change of `trainable`; none if one omits it and the other writes the default."""
    if (old is not False) != (new is not False):
        yield f"trainable {to_yaml(old is not False)} → {to_yaml(new is not False)}"


def _sizes(old: InferredCall, new: InferredCall) -> Iterator[str]:
    """The effects: shapes and numbers of parameters."""
    shapes = [None if not call.outputs or call.outputs[0].shape is None else shape_text(call.outputs[0].shape)
              for call in (old, new)]  # fmt: skip
    if shapes[0] != shapes[1]:
        yield f"{shapes[0] or 'unknown'} → {shapes[1] or 'unknown'}"
    counts = [_count(call) for call in (old, new)]
    if counts[0] != counts[1]:
        yield f"{_number(counts[0])} → {_number(counts[1])} parameters"


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"{name} {_shown(old.get(name))} → {_shown(new.get(name))}"


def _shown(value: Any) -> str:
    return value.file if isinstance(value, ConstantFile | _Vocabulary) else to_yaml(value)


@dataclass(frozen=True)
class _Vocabulary:
    """A file of words; copies are equal."""

    file: str = field(compare=False)
    content: bytes


def _arguments(node: Node, folder: Path) -> dict[str, Any]:
    """The arguments with Keras's defaults, so that writing out a default is no difference."""
    known = node.catalog.parameters.values() if node.catalog and node.kind == "layer" else ()
    arguments = {p.name: p.default for p in known if not p.required} | node.arguments
    file = arguments.get("vocabulary")
    if isinstance(file, str) and (folder / file).is_file():
        arguments["vocabulary"] = _Vocabulary(file, (folder / file).read_bytes())
    return arguments


def _constants(node: Node) -> dict[str, Any]:
    known = node.catalog.constants.values() if node.catalog else ()
    return {p.name: p.default for p in known if not p.required} | node.constants


def _place(tensor: Tensor) -> tuple[str, int]:
    return tensor.node, tensor.output


def _list_tensors(places: list[tuple[str, int]]) -> str:
    return ", ".join(name if not output else f"{name}[{output}]" for name, output in places) or "nothing"


def _describe_node(node: Node, network: _Network) -> str:
    """A node in a few words."""
    head = node.head or "input"
    text = f"{head}: {to_yaml(node.arguments)}" if node.arguments else head
    call = network.types.calls[node.name]
    words = [text, *([shape_text(call.outputs[0].shape)] if call.outputs and call.outputs[0].shape else [])]
    count = _count(call)
    return ", ".join([*words, *([f"{count:,} parameters"] if count else [])])


def _outputs(a: _Network, b: _Network) -> Iterator[Difference]:
    old, new = list(a.graph.outputs), list(b.graph.outputs)
    section = a.section if a.name else "outputs"
    if len(old) != len(new) or len(old) > 1:
        what = "the output " if a.name else ""
        for name in new:
            if name not in old:
                yield Difference(section, "added", f"{what}{a.path(name)}")
        for name in old:
            if name not in new:
                yield Difference(section, "removed", f"{what}{a.path(name)}")


def _resolved(spec: Spec, analysis: Analysis) -> dict[str, Any]:
    assert analysis.settings is not None
    return resolved_values(spec, analysis.settings, {}, Path.cwd())  # paths relative to one folder


def _settings(a: Analysis, b: Analysis, values: list[dict[str, Any]]) -> Iterator[Difference]:
    yield from _deep("task", _tasks(a), _tasks(b), ())
    for section in dict.fromkeys([*values[0], *values[1]]):
        if section not in _GRAPH and section != "outputs":
            yield from _deep(section, values[0].get(section), values[1].get(section), ())


def _tasks(analysis: Analysis) -> dict[str, Any]:
    """The task of each output, set or inferred."""
    outputs = analysis.settings.outputs if analysis.settings is not None else {}
    return {name: output.task for name, output in outputs.items()}


def _deep(section: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    name = ".".join(path) or section
    if _are_entries(old, new):
        old, new = (_by_name(items or [], name) for items in (old, new))
        orders = [[key for key in items if key in old and key in new] for items in (old, new)]
        if orders[0] != orders[1]:
            order = " → ".join(", ".join(keys) for keys in orders)
            yield Difference(section, "changed", name, (f"order {order}",))
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _deep(section, old.get(key), new.get(key), (*path, str(key)))
    elif old != new:
        if old is None:
            yield Difference(section, "added", name, _details(new))
        elif new is None:
            yield Difference(section, "removed", name, _details(old))
        else:
            yield Difference(section, "changed", name, (f"{to_yaml(old)} → {to_yaml(new)}",))


def _details(value: Any) -> tuple[str, ...]:
    """The value, or nothing for a name without arguments, such as a callback."""
    return () if value == {} else (to_yaml(value),)


def _are_entries(old: Any, new: Any) -> bool:
    """Whether both are omitted or lists of mappings, as stages and callbacks are; other lists are single values."""
    if not all(value is None or isinstance(value, list) for value in (old, new)):
        return False
    items = [*(old or []), *(new or [])]
    return any(isinstance(item, dict) for item in items) and all(isinstance(item, dict | str) for item in items)


def _by_name(items: list[Any], setting: str) -> dict[str, Any]:
    """The items of a list by name or class; others, and repeated ones, by number."""
    entries: dict[str, Any] = {}
    for number, item in enumerate(items, start=1):
        if isinstance(item, str):
            name, value = item, {}
        elif isinstance(item.get("name"), str):
            name, value = item["name"], {key: part for key, part in item.items() if key != "name"}
        elif len(item) == 1:
            ((name, value),) = item.items()
        else:
            name, value = f"{setting.rpartition('.')[2].removesuffix('s')} {number}", item
        entries[f"{name} {number}" if name in entries else str(name)] = value
    return entries


def _count(call: InferredCall) -> int | None:
    return None if call.weights is None else sum(weight.size for weight in call.weights)


def _number(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _parameters(analysis: Analysis) -> int | None:
    counts = [_count(analysis.types.calls[name]) for name in analysis.graph.contributing_nodes()]
    return None if None in counts else sum(count or 0 for count in counts)
