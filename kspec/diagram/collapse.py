"""How deep a picture goes: uses of blocks and calls of sub-models written out, or folded into one box each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from kspec.diagram.labels import NodeFacts, inner_key
from kspec.ir import Feed, Graph, Node, Tensor

FOLDED_ABOVE = 80
"""Boxes from which on blocks and sub-models are folded, where nobody says how deep: more are hard to read."""


@dataclass(slots=True)
class Picture:
    """What is to be drawn.

    Args:
        graph: With the calls of sub-models written out that are not folded, their nodes as `call/inner`.
        facts: By its nodes, and by what is folded.
        shown: What has a box, in topological order.
        folded: By box, the words for what is folded in it: `block residual`.
        titles: By frame, what stands at it where that is more than the use's name.
        same: By box whose weights another has already, the call that has them; empty where the frame says so.
        outputs: By box, the model's outputs that it gives.
    """

    graph: Graph
    facts: dict[str, NodeFacts]
    shown: dict[str, Node] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, list[str]] = field(default_factory=dict)


class Sizes(NamedTuple):
    """How many boxes a graph has when it is drawn to a depth.

    Args:
        by_depth: From 0, where each block and sub-model is one box, to all of them written out.
    """

    by_depth: tuple[int, ...]

    @property
    def readable(self) -> int:
        """The greatest depth of a picture that can be read."""
        depths = reversed(range(len(self.by_depth)))
        return next((depth for depth in depths if self.by_depth[depth] <= FOLDED_ABOVE), 0)


def sizes(graph: Graph) -> Sizes:
    """Counts without writing anything out: sub-models that call each other could come to very many nodes."""
    networks = {"": graph, **graph.models}

    @cache
    def levels(model: str) -> int:
        found = [0]
        for node in networks[model].nodes.values():
            level = node.name.count("/")
            found.append(level + 1 + levels(node.head) if _can_open(node, networks[model]) else level)
        return max(found)

    @cache
    def boxes(model: str, depth: int) -> int:
        own: set[str] = set()
        inside = 0
        for node in networks[model].nodes.values():
            level = node.name.count("/")
            if _can_open(node, networks[model]) and level < depth:
                inside += boxes(node.head, depth - level - 1)
            elif node.kind != "input" or not model:
                own.add(_box_of(node.name, depth))
        return len(own) + inside

    return Sizes(tuple(boxes("", depth) for depth in range(levels("") + 1)))


def picture(graph: Graph, facts: Mapping[str, NodeFacts], depth: int) -> Picture:
    """A graph as it is drawn to a depth.

    Args:
        facts: By node, and by `inner_key` for those of sub-models.
        depth: How many frames may lie one in another.
    """
    opened = _Opening(facts, depth)
    opened.network(graph, "", "", {})
    found = Picture(Graph(opened.nodes, models=graph.models), opened.facts, titles=opened.titles, same=opened.same)
    outputs = {name: opened.place(tensor, "") for name, tensor in graph.outputs.items()}
    _fold(found, outputs, depth)
    return found


def _can_open(node: Node, graph: Graph) -> bool:
    return node.kind == "model" and not node.faulty and node.head in graph.models


def _box_of(name: str, depth: int) -> str:
    """The box that a node stands in: its own, or that of the use around it which is folded."""
    return "/".join(name.split("/")[: depth + 1])


class _Opening:
    """Writes calls of sub-models out."""

    def __init__(self, facts: Mapping[str, NodeFacts], depth: int) -> None:
        self.known = facts
        self.depth = depth
        self.nodes: dict[str, Node] = {}
        self.facts: dict[str, NodeFacts] = {}
        self.titles: dict[str, str] = {}
        self.same: dict[str, str] = {}
        self.first: dict[str, str] = {}
        """By sub-model, its first call."""
        self.given: dict[str, list[Tensor]] = {}
        """By name, the tensors of what has no box: calls that are written out, and inputs within."""

    def place(self, tensor: Tensor, prefix: str) -> Tensor:
        name = prefix + tensor.node
        given = self.given.get(name)
        return Tensor(name, tensor.output) if given is None else given[min(tensor.output, len(given) - 1)]

    def network(self, graph: Graph, model: str, prefix: str, feeds: Mapping[str, Feed]) -> None:
        """Adds a network's nodes.

        Args:
            model: The sub-model's name.
            prefix: What stands before its nodes' names.
            feeds: What its inputs are given.
        """
        first = f"{self.first[model]}/" if model else prefix
        for node in graph.nodes.values():
            name = prefix + node.name
            if node.kind == "input" and prefix:
                given = feeds[node.name]
                self.given[name] = given if isinstance(given, list) else [given]
                continue
            taken = {
                argument: [self.place(tensor, prefix) for tensor in feed]
                if isinstance(feed, list)
                else self.place(feed, prefix)
                for argument, feed in node.feeds.items()
            }
            if node.kind == "model" and self.first.setdefault(node.head, name) != name:
                self.same[name] = self.first[node.head]
            if _can_open(node, graph) and name.count("/") < self.depth:
                inner = graph.models[node.head]
                self.network(inner, node.head, f"{name}/", taken)
                self.given[name] = [self.place(tensor, f"{name}/") for tensor in inner.outputs.values()]
                self.titles[name] = self._title(name, node.head, inner)
                continue
            self._add(node, name, taken, model, prefix, first if first != prefix else "")

    def _add(self, node: Node, name: str, feeds: dict[str, Feed], model: str, prefix: str, first: str) -> None:
        """Adds a node.

        Args:
            first: What stands before the names of the nodes whose weights it shares, if it is in a later call.
        """
        facts = self.known.get(inner_key(model, node.name))
        made = replace(node, name=name, feeds=feeds)
        if first and node.kind in ("layer", "reuse") and first + node.name in self.nodes:
            made = replace(made, kind="reuse", head=first + node.name)
            self.same[name] = ""
        elif node.kind == "reuse":
            made = replace(made, head=prefix + node.head)
        self.nodes[name] = made
        if facts is not None:
            self.facts[name] = facts._replace(parameters=0) if first else facts

    def _title(self, name: str, model: str, inner: Graph) -> str:
        use = name.rpartition("/")[2]
        called = f"model {model}" if use == model else f"{use} · model {model}"
        again = " again" if self.first[model] != name else ""  # with the same weights
        words = [called + again] + ["frozen"] * all(node.trainable is False for node in inner.calls)
        return ", ".join(words)


def _fold(found: Picture, outputs: Mapping[str, Tensor], depth: int) -> None:
    """Gathers the nodes that share a box."""
    members: dict[str, list[Node]] = {}
    for node in found.graph.nodes.values():
        members.setdefault(_box_of(node.name, depth), []).append(node)
    leaving: dict[str, list[Tensor]] = {box: [] for box in members}
    taken = [(tensor, _box_of(node.name, depth)) for node in found.graph.nodes.values() for tensor in node.tensors()]
    for tensor, taker in [*taken, *((tensor, "") for tensor in outputs.values())]:
        box = _box_of(tensor.node, depth)
        if box != taker and tensor not in leaving[box]:
            leaving[box].append(tensor)

    def seen(tensor: Tensor) -> Tensor:
        """A tensor as one of the box that it leaves."""
        box = _box_of(tensor.node, depth)
        return tensor if box == tensor.node else Tensor(box, leaving[box].index(tensor))

    for box, nodes in members.items():
        if nodes[0].name == box:
            feeds = {
                argument: [seen(tensor) for tensor in feed] if isinstance(feed, list) else seen(feed)
                for argument, feed in nodes[0].feeds.items()
            }
            found.shown[box] = replace(nodes[0], feeds=feeds)
            continue
        given = (tensor for node in nodes for tensor in node.tensors() if _box_of(tensor.node, depth) != box)
        feed = list(dict.fromkeys(map(seen, given)))
        several = len(leaving[box]) > 1
        names = tuple(tensor.node.removeprefix(f"{box}/") for tensor in leaving[box]) if several else ()
        found.shown[box] = Node(box, "model", "", nodes[0].path, feeds={"inputs": feed}, outputs=names)
        found.folded[box] = _words(box, nodes)
        if all(node.name in found.same for node in nodes):
            found.same[box] = ""
        if all(node.name in found.facts for node in nodes):
            found.facts[box] = _summed(nodes, [*leaving[box], Tensor(nodes[-1].name)][0].node, found.facts)
    for name, tensor in outputs.items():
        found.outputs.setdefault(_box_of(tensor.node, depth), []).append(name)


def _words(box: str, nodes: list[Node]) -> str:
    """`block residual, 7 nodes`."""
    own = next((node for node in nodes if node.name.count("/") == box.count("/") + 1), nodes[0])
    block = f"block {own.written[1]}" if own.written[:1] == ("blocks",) else "block"
    return f"{block}, {len(nodes)} node{'' if len(nodes) == 1 else 's'}"


def _summed(nodes: list[Node], last: str, facts: Mapping[str, NodeFacts]) -> NodeFacts:
    """What is known of nodes together.

    Args:
        last: The one whose output is shown.
    """
    known = [facts[node.name] for node in nodes]
    trained = not any(each.parameters for each in known) or any(each.parameters and each.trainable for each in known)
    return NodeFacts("", facts[last].shape_out, sum(each.parameters for each in known), trained)
