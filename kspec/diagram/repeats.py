"""Repeats: copies of an entry that differ only in their names are drawn once, with their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kspec.diagram.diagram_graph import NodeInfo, Repeat, info_key
from kspec.ir import Feed, Graph, Node, Tensor


class FoldedGraph(NamedTuple):
    """A graph in which the first copy of each repeat stands for all.

    Args:
        graph: The graph; tensors of the last copy are replaced by those of the first.
        repeats: The network (empty for the spec's own) and the first copy → the repeat that it stands for.
    """

    graph: Graph
    repeats: dict[tuple[str, str], Repeat]


def fold_repeats(graph: Graph, info: Mapping[str, NodeInfo]) -> FoldedGraph:
    """Folds the chains of equal copies in a graph and its sub-models.

    Args:
        graph: The spec's graph.
        info: Shapes and parameters by `info_key`; copies that differ in them are not equal.
    """
    repeats: dict[tuple[str, str], Repeat] = {}
    models: dict[str, Graph] = {}
    for name, model in graph.models.items():
        models[name] = replace(_fold(model, info, name, repeats), models=dict(models))
    return FoldedGraph(replace(_fold(graph, info, "", repeats), models=models), repeats)


def _fold(graph: Graph, info: Mapping[str, NodeInfo], model: str, repeats: dict[tuple[str, str], Repeat]) -> Graph:
    for entry in sorted(graph.copies, key=lambda name: name.count("/")):
        copies = [_members(graph, name) for name in graph.copies[entry]]
        if not all(copies):  # an outer repeat stands for this one
            continue
        for start, end in _runs(graph, info, model, graph.copies[entry], copies):
            names = graph.copies[entry][start:end]
            is_whole = len(names) == len(copies)
            shown = entry.rpartition("/")[2] if is_whole else f"{_own(names[0])} … {_own(names[-1])}"
            repeats[model, names[0]] = Repeat(shown, len(names))
            graph = _without(graph, names)
    return graph


def _own(name: str) -> str:
    return name.rpartition("/")[2]


def _members(graph: Graph, copy: str) -> list[Node]:
    """The nodes of a copy: one, or those of a use of a block."""
    return [node for name, node in graph.nodes.items() if name == copy or name.startswith(f"{copy}/")]


def _runs(
    graph: Graph, info: Mapping[str, NodeInfo], model: str, names: Sequence[str], copies: Sequence[list[Node]]
) -> list[tuple[int, int]]:
    """The longest runs of equal copies, as the first index and the one after the last.

    Args:
        graph: The network.
        info: Shapes and parameters.
        model: The sub-model that the network is; empty for the spec's own.
        names: The names of the copies.
        copies: Their nodes.
    """
    forms = [_form(nodes, name, info, model) for name, nodes in zip(names, copies, strict=True)]
    users: dict[str, set[str]] = {}
    for node in graph.nodes.values():
        for tensor in node.tensors():
            users.setdefault(tensor.node, set()).add(node.name)
    outputs = {tensor.node for tensor in graph.outputs.values()}
    runs: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(names) + 1):
        if index < len(names) and forms[index] == forms[start] and _follows(names, copies, index, start):
            following = {node.name for node in copies[index]}
            own = {node.name for node in copies[index - 1]}
            if all(users.get(name, set()) <= own | following and name not in outputs for name in own):
                continue
        if index - start > 1:
            runs.append((start, index))
        start = index
    return runs


def _form(nodes: list[Node], copy: str, info: Mapping[str, NodeInfo], model: str) -> list[object]:
    """What copies have in common: calls, arguments, sizes and inner edges, without names."""
    inside = {node.name for node in nodes}

    def relative(tensor: Tensor) -> object:
        return (tensor.node[len(copy) :], tensor.output) if tensor.node in inside else "outside"

    def edges(node: Node) -> list[object]:
        feeds = node.feeds.items()
        return [
            (name, [relative(each) for each in (feed if isinstance(feed, list) else [feed])]) for name, feed in feeds
        ]

    def form(node: Node) -> object:
        known = info.get(info_key(model, node.name))
        head = node.head[len(copy) :] if node.kind == "reuse" and node.head in inside else node.head
        arguments = repr(node.arguments).replace(f"{copy}/", "")
        sizes = known and (known.shape_out, known.parameters, known.trainable)
        call = (node.kind, head, arguments, repr(node.constants), node.trainable)
        return node.name[len(copy) :], call, edges(node), sizes

    return [form(node) for node in nodes]


def _follows(names: Sequence[str], copies: Sequence[list[Node]], index: int, start: int) -> bool:
    """Whether a copy takes all its inputs from the one before, in the same way as the second of the run does.

    Args:
        names: The names of the copies.
        copies: Their nodes.
        index: The copy.
        start: The first copy of the run.
    """

    def taken(copy: int) -> list[object]:
        own = {node.name for node in copies[copy]}
        before, inside = names[copy - 1], {node.name for node in copies[copy - 1]}
        return [
            (tensor.node[len(before) :], tensor.output) if tensor.node in inside else None
            for node in copies[copy]
            for tensor in node.tensors()
            if tensor.node not in own
        ]

    return None not in taken(index) and taken(index) == taken(start + 1)


def _without(graph: Graph, names: Sequence[str]) -> Graph:
    """The graph without all but the first of some copies."""
    first, last = names[0], names[-1]
    removed = {node.name for name in names[1:] for node in _members(graph, name)}

    def moved(tensor: Tensor) -> Tensor:
        if tensor.node in removed and (tensor.node == last or tensor.node.startswith(f"{last}/")):
            return Tensor(first + tensor.node[len(last) :], tensor.output)
        return tensor

    def fed(feed: Feed) -> Feed:
        return [moved(tensor) for tensor in feed] if isinstance(feed, list) else moved(feed)

    nodes = {
        name: replace(node, feeds={argument: fed(feed) for argument, feed in node.feeds.items()})
        for name, node in graph.nodes.items()
        if name not in removed
    }
    return replace(graph, nodes=nodes, outputs={name: moved(tensor) for name, tensor in graph.outputs.items()})
