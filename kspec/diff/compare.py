"""What differs between two specs, in the language's words: nodes with their arguments and sizes, and settings.

Compared is what a spec comes to: overrides, expressions, blocks and defaults are worked out first, so that two ways to
write the same thing do not differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kspec.analysis.program import Analysis
from kspec.analysis.shapes.submodels import uncounted_weights
from kspec.analysis.shapes.types import InferredCall, Types
from kspec.ir import Graph, Node, Tensor
from kspec.language import Spec
from kspec.summary.resolved_spec import resolved_values
from kspec.syntax.yaml_flow import shape_text, to_yaml

Kind = Literal["added", "removed", "changed"]
SIGNS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~"}
_GRAPH = ("kspec", "name", "description", "task", "vars", "blocks", "models", "layers", "extensions")
"""Sections that are compared as nodes, or say nothing of what is trained."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Args:
        section: `layers`, or another section of a spec.
        name: The node, in a sub-model behind its name (`encoder/hidden`), or the setting within its section, in a list
            behind the name of the entry or its class (`stages.tune.epochs`, `callbacks.EarlyStopping.patience`).
        changes: What of it, each in a few words.
    """

    section: str
    kind: Kind
    name: str
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{SIGNS[self.kind]} {self.name}" + (f": {'; '.join(self.changes)}" if self.changes else "")


@dataclass(slots=True)
class Comparison:
    """Two specs side by side.

    Args:
        parameters: Of both; None where they cannot be told without the data.
    """

    differences: list[Difference] = field(default_factory=list)
    parameters: tuple[int | None, int | None] = (0, 0)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {"parameters": list(self.parameters), "differences": [asdict(found) for found in self.differences]}


def compare(one: tuple[Spec, Analysis], other: tuple[Spec, Analysis], *, of_run: bool = False) -> Comparison:
    """Compares two sound specs, nodes first, then settings in the language's order.

    Args:
        of_run: Whether one of them is what a run resolved to: the engine that it names may be the choice of `auto`.
    """
    (_, a), (_, b) = one, other
    networks = _Network(a.graph, a.types), _Network(b.graph, b.types)
    settings = [_resolved(*each) for each in (one, other)]
    if of_run and any(said["fit"]["engine"] == "auto" for said in settings):
        for said in settings:
            del said["fit"]["engine"]
    found = [
        *_models(one, other, settings),
        *_nodes(*networks),
        *_outputs(*networks),
        *_settings(a, b, settings),
    ]
    return Comparison(found, (_parameters(a), _parameters(b)))


class _Network(NamedTuple):
    """The spec's own network, or a sub-model.

    Args:
        name: The sub-model's.
        trainable: What its entry says.
    """

    graph: Graph
    types: Types
    name: str = ""
    trainable: bool | None = None

    @property
    def section(self) -> str:
        return "models" if self.name else "layers"

    def called(self, node: str) -> str:
        """A node's name in the whole spec."""
        return f"{self.name}/{node}" if self.name else node


def _models(
    one: tuple[Spec, Analysis], other: tuple[Spec, Analysis], settings: list[dict[str, Any]]
) -> Iterator[Difference]:
    """Sub-models: which there are, what their entries say, and their nodes."""
    before, after = _networks(*one), _networks(*other)
    said: list[dict[str, Any]] = [values.get("models") or {} for values in settings]
    gone, come = [name for name in before if name not in after], [name for name in after if name not in before]
    for name in dict.fromkeys([*before, *after]):
        if name in gone:
            same = (new for new in come if not any(_model(before[name], after[new], said)))
            if renamed := next(same, None):
                come.remove(renamed)
                yield Difference("models", "changed", f"{name} → {renamed}", ("renamed",))
            else:
                yield Difference("models", "removed", name, (_in_few_words(before[name], one[1]),))
        elif name in before:
            yield from _model(before[name], after[name], said)
        elif name in come:
            yield Difference("models", "added", name, (_in_few_words(after[name], other[1]),))


def _model(a: _Network, b: _Network, said: list[dict[str, Any]]) -> Iterator[Difference]:
    """What differs in one sub-model: its entry, and its nodes."""
    old, new = (
        {word: values.get(model.name, {}).get(word) for word in ("file", "application", "weights")}
        for model, values in zip((a, b), said, strict=True)
    )
    changes = [*_values(old, new), *_trainable(a.trainable, b.trainable)]
    if changes:
        yield Difference("models", "changed", a.name, tuple(changes))
    yield from _nodes(a, b)
    yield from _outputs(a, b)


def _networks(spec: Spec, analysis: Analysis) -> dict[str, _Network]:
    """The sub-models that are called."""
    return {
        name: _Network(analysis.graph.models[name], analysis.types.models[name], name, spec.trainable(("models", name)))
        for name in analysis.graph.called_models()
    }


def _in_few_words(model: _Network, analysis: Analysis) -> str:
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
                yield Difference(a.section, "changed", a.called(name), changes)
        elif new:
            yield Difference(b.section, "added", b.called(new.name), (_whole(new, b),))
        elif old:
            yield Difference(a.section, "removed", a.called(old.name), (_whole(old, a),))


def _matched(before: list[Node], after: list[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    """Nodes that are the same: those of one name, and between them those of one class in order.

    A name that nobody wrote (`dense_1`) shifts when a layer is inserted, and so says little.
    """
    named = {node.name for node in before if node.named} & {node.name for node in after if node.named}

    def key(node: Node) -> str:
        return node.name if node.name in named else f"{node.kind} {node.head}"

    matcher = SequenceMatcher(None, [*map(key, before)], [*map(key, after)], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        olds, news = before[i:j], after[k:m]
        if tag == "equal":
            yield from zip(olds, news, strict=True)
            continue
        together = min(len(olds), len(news)) if len(olds) == len(news) else 0
        yield from zip(olds[:together], news[:together], strict=True)
        yield from ((old, None) for old in olds[together:])
        yield from ((None, new) for new in news[together:])


def _changes(old: Node, new: Node, a: _Network, b: _Network, same: Mapping[str, str]) -> Iterator[str]:
    if old.named and new.named and old.name != new.name:
        yield "renamed"
    if (old.kind, old.head) != (new.kind, new.head):
        yield f"{old.head or old.kind} → {new.head or new.kind}"
    elif old.kind != "reuse":
        yield from _values(_arguments(old), _arguments(new))
    yield from _values(_constants(old), _constants(new))
    by_entry = (old.trainable, new.trainable) == (a.trainable, b.trainable)  # which is told of the sub-model
    if old.trainable != new.trainable and not by_entry:
        yield from _trainable(old.trainable, new.trainable)
    taken, takes = [[*map(_place, node.tensors())] for node in (old, new)]
    if [(same.get(name, name), output) for name, output in taken] != takes:
        yield f"from {_listed(taken)} → {_listed(takes)}"
    yield from _sizes(a.types.calls[old.name], b.types.calls[new.name])


def _trainable(old: bool | None, new: bool | None) -> Iterator[str]:
    """Nothing where one leaves out what the other says, as it is anyway."""
    if (old is not False) != (new is not False):
        yield f"trainable {to_yaml(old is not False)} → {to_yaml(new is not False)}"


def _sizes(old: InferredCall, new: InferredCall) -> Iterator[str]:
    """The effect: shapes and numbers of parameters."""
    shapes = [None if not answer.outputs or answer.outputs[0].shape is None else shape_text(answer.outputs[0].shape)
              for answer in (old, new)]  # fmt: skip
    if shapes[0] != shapes[1]:
        yield f"{shapes[0] or 'unknown'} → {shapes[1] or 'unknown'}"
    counts = [_count(answer) for answer in (old, new)]
    if counts[0] != counts[1]:
        yield f"{_number(counts[0])} → {_number(counts[1])} parameters"


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"{name} {to_yaml(old.get(name))} → {to_yaml(new.get(name))}"


def _arguments(node: Node) -> dict[str, Any]:
    """With Keras's defaults, so that one that is written out is no difference."""
    known = node.catalog.parameters.values() if node.catalog and node.kind == "layer" else ()
    return {p.name: p.default for p in known if not p.required} | node.arguments


def _constants(node: Node) -> dict[str, Any]:
    known = node.catalog.constants.values() if node.catalog else ()
    return {p.name: p.default for p in known if not p.required} | node.constants


def _place(tensor: Tensor) -> tuple[str, int]:
    return tensor.node, tensor.output


def _listed(places: list[tuple[str, int]]) -> str:
    return ", ".join(name if not output else f"{name}[{output}]" for name, output in places) or "nothing"


def _whole(node: Node, network: _Network) -> str:
    """A node in a few words."""
    head = node.head or "input"
    written = f"{head}: {to_yaml(node.arguments)}" if node.arguments else head
    answer = network.types.calls[node.name]
    words = [written, *([shape_text(answer.outputs[0].shape)] if answer.outputs and answer.outputs[0].shape else [])]
    count = _count(answer)
    return ", ".join([*words, *([f"{count:,} parameters"] if count else [])])


def _outputs(a: _Network, b: _Network) -> Iterator[Difference]:
    old, new = list(a.graph.outputs), list(b.graph.outputs)
    section = a.section if a.name else "outputs"
    if len(old) != len(new) or len(old) > 1:
        what = "the output " if a.name else ""
        for name in new:
            if name not in old:
                yield Difference(section, "added", f"{what}{a.called(name)}")
        for name in old:
            if name not in new:
                yield Difference(section, "removed", f"{what}{a.called(name)}")


def _resolved(spec: Spec, analysis: Analysis) -> dict[str, Any]:
    assert analysis.settings is not None
    return resolved_values(spec, analysis.settings, {}, Path.cwd())  # files by one place's measure


def _settings(a: Analysis, b: Analysis, values: list[dict[str, Any]]) -> Iterator[Difference]:
    yield from _deep("task", _tasks(a), _tasks(b), ())
    for section in dict.fromkeys([*values[0], *values[1]]):
        if section not in _GRAPH and section != "outputs":
            yield from _deep(section, values[0].get(section), values[1].get(section), ())


def _tasks(analysis: Analysis) -> dict[str, Any]:
    """What each output solves, stated or told by its activation."""
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
            yield Difference(section, "added", name, _said(new))
        elif new is None:
            yield Difference(section, "removed", name, _said(old))
        else:
            yield Difference(section, "changed", name, (f"{to_yaml(old)} → {to_yaml(new)}",))


def _said(value: Any) -> tuple[str, ...]:
    """Nothing of what is only a name, as a callback without arguments."""
    return () if value == {} else (to_yaml(value),)


def _are_entries(old: Any, new: Any) -> bool:
    """Whether both are lists of mappings, as stages and callbacks are, or left out; plain lists are compared whole."""
    if not all(value is None or isinstance(value, list) for value in (old, new)):
        return False
    items = [*(old or []), *(new or [])]
    return any(isinstance(item, dict) for item in items) and all(isinstance(item, dict | str) for item in items)


def _by_name(items: list[Any], what: str) -> dict[str, Any]:
    """The entries of a list by what they are called or their class; others, and those after the first, by number."""
    found: dict[str, Any] = {}
    for number, item in enumerate(items, start=1):
        if isinstance(item, str):
            name, value = item, {}
        elif isinstance(item.get("name"), str):
            name, value = item["name"], {key: said for key, said in item.items() if key != "name"}
        elif len(item) == 1:
            ((name, value),) = item.items()
        else:
            name, value = f"{what.rpartition('.')[2].removesuffix('s')} {number}", item
        found[f"{name} {number}" if name in found else str(name)] = value
    return found


def _count(answer: InferredCall) -> int | None:
    return None if answer.weights is None else sum(weight.size for weight in answer.weights)


def _number(count: int | None) -> str:
    return "an unknown number of" if count is None else f"{count:,}"


def _parameters(analysis: Analysis) -> int | None:
    counts = [_count(analysis.types.calls[name]) for name in analysis.graph.contributing_nodes()]
    return None if None in counts else sum(count or 0 for count in counts)
