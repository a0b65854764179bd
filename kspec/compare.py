"""What differs between two specs, in the language's words: nodes with their arguments and sizes, and settings.

Compared is what a spec comes to: overrides, expressions, blocks and defaults are worked out first, so that two ways to
write the same thing do not differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal

from kspec.checker import Analysis
from kspec.checker.shapes.broadcasting import shown
from kspec.checker.shapes.types import Answer
from kspec.graph import Node, Tensor
from kspec.rewrite.inline import inline
from kspec.spec import Spec
from kspec.targets.resolved_spec import resolved_values

Kind = Literal["added", "removed", "changed"]
SIGNS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~"}
_GRAPH = ("kspec", "name", "description", "task", "vars", "blocks", "layers", "extensions")
"""Sections that are compared as nodes, or say nothing of what is trained."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Args:
        section: `layers`, or another section of a spec.
        name: The node, or the setting within its section.
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


def compare(one: tuple[Spec, Analysis], other: tuple[Spec, Analysis]) -> Comparison:
    """Compares two sound specs, nodes first, then settings in the language's order."""
    (_, a), (_, b) = one, other
    found = [*_nodes(a, b), *_outputs(a, b), *_settings(one, other)]
    return Comparison(found, (_parameters(a), _parameters(b)))


def _nodes(a: Analysis, b: Analysis) -> Iterator[Difference]:
    before, after = list(a.graph.nodes.values()), list(b.graph.nodes.values())
    pairs = list(_matched(before, after))
    same = {old.name: new.name for old, new in pairs if old and new}
    for old, new in pairs:
        if old and new:
            changes = tuple(_changes(old, new, a, b, same))
            if changes:
                name = old.name if old.name == new.name or not old.named else f"{old.name} → {new.name}"
                yield Difference("layers", "changed", name, changes)
        elif new:
            yield Difference("layers", "added", new.name, (_whole(new, b),))
        elif old:
            yield Difference("layers", "removed", old.name, (_whole(old, a),))


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


def _changes(old: Node, new: Node, a: Analysis, b: Analysis, same: Mapping[str, str]) -> Iterator[str]:
    if old.named and new.named and old.name != new.name:
        yield f"called `{new.name}`"
    if (old.kind, old.head) != (new.kind, new.head):
        yield f"{old.head or old.kind} → {new.head or new.kind}"
    elif old.kind != "reuse":
        yield from _values(_arguments(old), _arguments(new))
    yield from _values(_constants(old), _constants(new))
    if old.trainable != new.trainable:
        yield f"trainable {inline(old.trainable is not False)} → {inline(new.trainable is not False)}"
    taken, takes = [[*map(_place, node.tensors())] for node in (old, new)]
    if [(same.get(name, name), output) for name, output in taken] != takes:
        yield f"from {_listed(taken)} → {_listed(takes)}"
    yield from _sizes(a.types.answers[old.name], b.types.answers[new.name])


def _sizes(old: Answer, new: Answer) -> Iterator[str]:
    """The effect: shapes and numbers of parameters."""
    shapes = [None if not answer.outputs or answer.outputs[0].shape is None else shown(answer.outputs[0].shape)
              for answer in (old, new)]  # fmt: skip
    if shapes[0] != shapes[1]:
        yield f"{shapes[0] or 'unknown'} → {shapes[1] or 'unknown'}"
    counts = [_count(answer) for answer in (old, new)]
    if counts[0] != counts[1]:
        yield f"{_number(counts[0])} → {_number(counts[1])} parameters"


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"{name} {inline(old.get(name))} → {inline(new.get(name))}"


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


def _whole(node: Node, analysis: Analysis) -> str:
    """A node in a few words."""
    head = node.head or "input"
    written = f"{head}: {inline(node.arguments)}" if node.arguments else head
    answer = analysis.types.answers[node.name]
    words = [written, *([shown(answer.outputs[0].shape)] if answer.outputs and answer.outputs[0].shape else [])]
    count = _count(answer)
    return ", ".join([*words, *([f"{count:,} parameters"] if count else [])])


def _outputs(a: Analysis, b: Analysis) -> Iterator[Difference]:
    old, new = list(a.graph.outputs), list(b.graph.outputs)
    if len(old) != len(new) or len(old) > 1:
        for name in new:
            if name not in old:
                yield Difference("outputs", "added", name)
        for name in old:
            if name not in new:
                yield Difference("outputs", "removed", name)


def _settings(one: tuple[Spec, Analysis], other: tuple[Spec, Analysis]) -> Iterator[Difference]:
    values = []
    for spec, analysis in (one, other):
        assert analysis.settings is not None
        # files by one place's measure
        resolved = resolved_values(spec, analysis.settings, {}, Path.cwd())
        if "stages" in resolved["fit"]:
            stages = zip(analysis.settings.stages, resolved["fit"]["stages"], strict=True)
            resolved["fit"]["stages"] = {stage.name: said for stage, said in stages}
        values.append(resolved)
    yield from _deep("task", _tasks(one[1]), _tasks(other[1]), ())
    for section in dict.fromkeys([*values[0], *values[1]]):
        if section not in _GRAPH and section != "outputs":
            yield from _deep(section, values[0].get(section), values[1].get(section), ())


def _tasks(analysis: Analysis) -> dict[str, Any]:
    """What each output solves, stated or told by its activation."""
    outputs = analysis.settings.outputs if analysis.settings is not None else {}
    return {name: output.task for name, output in outputs.items()}


def _deep(section: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _deep(section, old.get(key), new.get(key), (*path, key))
    elif old != new:
        name = ".".join(path) or section
        if old is None:
            yield Difference(section, "added", name, (inline(new),))
        elif new is None:
            yield Difference(section, "removed", name, (inline(old),))
        else:
            yield Difference(section, "changed", name, (f"{inline(old)} → {inline(new)}",))


def _count(answer: Answer) -> int | None:
    return None if answer.weights is None else sum(weight.size for weight in answer.weights)


def _number(count: int | None) -> str:
    return "an unknown number of" if count is None else f"{count:,}"


def _parameters(analysis: Analysis) -> int | None:
    counts = [_count(answer) for answer in analysis.types.answers.values()]
    return None if None in counts else sum(count or 0 for count in counts)
