"""The depth of a diagram: uses of blocks and calls of sub-models are expanded, or collapsed into one box each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from kspec.diagram.diagram_graph import DiagramGraph, NodeInfo, Repeat, info_key
from kspec.ir import Feed, Graph, Node, Tensor
from kspec.ir.formula import formula_text
from kspec.ir.node import NodeKind

COLLAPSED_ABOVE = 80
"""The most boxes of a readable diagram: above it, blocks and sub-models are collapsed unless a depth is set."""


NO_REPEATS: Mapping[tuple[str, str], Repeat] = MappingProxyType({})


class BoxCounts(NamedTuple):
    """The number of boxes of a graph at each depth.

    Args:
        by_depth: From depth 0, where each block and sub-model is one box, to the depth where all are expanded.
    """

    by_depth: tuple[int, ...]

    @property
    def readable_depth(self) -> int:
        """The greatest depth at which the diagram is readable."""
        depths = reversed(range(len(self.by_depth)))
        return next((depth for depth in depths if self.by_depth[depth] <= COLLAPSED_ABOVE), 0)


def count_boxes(graph: Graph) -> BoxCounts:
    """Counts without expanding anything: sub-models that call each other can expand to very many nodes."""
    networks = {"": graph, **graph.models}

    @cache
    def levels(model: str) -> int:
        counts = [0]
        for node in networks[model].nodes.values():
            level = node.name.count("/")
            counts.append(level + 1 + levels(node.head) if _is_expandable(node, networks[model]) else level)
        return max(counts)

    @cache
    def boxes(model: str, depth: int) -> int:
        own: set[str] = set()
        inside = 0
        for node in networks[model].nodes.values():
            level = node.name.count("/")
            if _is_expandable(node, networks[model]) and level < depth:
                inside += boxes(node.head, depth - level - 1)
            elif node.kind != "input" or not model:
                own.add(_box_of(node.name, depth))
        return len(own) + inside

    return BoxCounts(tuple(boxes("", depth) for depth in range(levels("") + 1)))


def collapse(
    graph: Graph, info: Mapping[str, NodeInfo], depth: int, repeats: Mapping[tuple[str, str], Repeat] = NO_REPEATS
) -> DiagramGraph:
    """Prepares a graph for drawing at a depth.

    Args:
        graph: The spec's graph.
        info: Shapes and parameters by `info_key`.
        depth: How many frames may be nested.
        repeats: The sub-model (empty for the spec's own network) and a node or use in it → the repeat that it
            stands for.
    """
    expander = _Expander(info, depth, repeats)
    expander.expand(graph, "", "", {})
    result = DiagramGraph(
        Graph(expander.nodes, models=graph.models),
        expander.info,
        titles=expander.titles,
        shared=expander.shared,
        repeats=expander.repeats,
    )
    outputs = {name: expander.resolve(tensor, "") for name, tensor in graph.outputs.items()}
    _add_boxes(result, outputs, depth)
    return result


def _is_expandable(node: Node, graph: Graph) -> bool:
    return node.kind == "model" and not node.faulty and node.head in graph.models


def _box_of(name: str, depth: int) -> str:
    """The box of a node: its own, or that of the collapsed use or the `expr` around it."""
    return "/".join(name.split("/")[: depth + 1]).partition(".")[0]


class _Expander:
    """Replaces calls of sub-models by the nodes inside."""

    def __init__(self, info: Mapping[str, NodeInfo], depth: int, repeats: Mapping[tuple[str, str], Repeat]) -> None:
        self.all_info = info
        self.all_repeats = repeats
        self.repeats: dict[str, Repeat] = {}
        self.depth = depth
        self.nodes: dict[str, Node] = {}
        self.info: dict[str, NodeInfo] = {}
        self.titles: dict[str, str] = {}
        self.shared: dict[str, str] = {}
        self.first_calls: dict[str, str] = {}
        """Sub-model → its first call."""
        self.tensors: dict[str, list[Tensor]] = {}
        """Node without a box, such as an expanded call or its inputs → the tensors it stands for."""

    def resolve(self, tensor: Tensor, prefix: str) -> Tensor:
        """A tensor of a network as a tensor of the expanded graph."""
        name = prefix + tensor.node
        tensors = self.tensors.get(name)
        return Tensor(name, tensor.output) if tensors is None else tensors[min(tensor.output, len(tensors) - 1)]

    def expand(self, graph: Graph, model: str, prefix: str, feeds: Mapping[str, Feed]) -> None:
        """Adds a network's nodes.

        Args:
            graph: The network.
            model: The sub-model's name; empty for the spec's own network.
            prefix: The prefix of its nodes' names.
            feeds: Input → its tensors.
        """
        first = f"{self.first_calls[model]}/" if model else prefix
        self.repeats |= {prefix + name: repeat for (place, name), repeat in self.all_repeats.items() if place == model}
        for node in graph.nodes.values():
            name = prefix + node.name
            if node.kind == "input" and prefix:
                feed = feeds[node.name]
                self.tensors[name] = feed if isinstance(feed, list) else [feed]
                continue
            resolved: dict[str, Feed] = {
                argument: [self.resolve(tensor, prefix) for tensor in feed]
                if isinstance(feed, list)
                else self.resolve(feed, prefix)
                for argument, feed in node.feeds.items()
            }
            if node.kind == "model" and self.first_calls.setdefault(node.head, name) != name:
                self.shared[name] = self.first_calls[node.head]
            if _is_expandable(node, graph) and name.count("/") < self.depth:
                inner = graph.models[node.head]
                self.expand(inner, node.head, f"{name}/", resolved)
                self.tensors[name] = [self.resolve(tensor, f"{name}/") for tensor in inner.outputs.values()]
                self.titles[name] = self._title(name, node.head, inner)
                continue
            self._add(replace(node, name=name, feeds=resolved), node.name, model, prefix, first)

    def _add(self, node: Node, own_name: str, model: str, prefix: str, first: str) -> None:
        """Adds a node; in a later call of a sub-model it shares the weights of the first.

        Args:
            node: The node under its name in the expanded graph.
            own_name: Its name in its network.
            model: The sub-model that it is in.
            prefix: The prefix of names in this call.
            first: The prefix of names in the first call of the sub-model.
        """
        is_later_call = first != prefix
        if is_later_call and node.kind in ("layer", "reuse") and first + own_name in self.nodes:
            node = replace(node, kind="reuse", head=first + own_name)
            self.shared[node.name] = ""
        elif node.kind == "reuse":
            node = replace(node, head=prefix + node.head)
        self.nodes[node.name] = node
        info = self.all_info.get(info_key(model, own_name))
        if info is not None:
            self.info[node.name] = info._replace(parameters=0) if is_later_call else info

    def _title(self, name: str, model: str, inner: Graph) -> str:
        use = name.rpartition("/")[2]
        title = f"model {model}" if use == model else f"{use} · model {model}"
        again = " again" if self.first_calls[model] != name else ""  # with the same weights
        frozen = all(node.trainable is False for node in inner.calls)
        return title + again + (", frozen" if frozen else "")


def _add_boxes(diagram: DiagramGraph, outputs: Mapping[str, Tensor], depth: int) -> None:
    """Gathers the nodes that share a box.

    Args:
        diagram: Gets the boxes.
        outputs: Output of the model → its tensor.
        depth: How many frames may be nested.
    """
    members: dict[str, list[Node]] = {}
    for node in diagram.graph.nodes.values():
        members.setdefault(_box_of(node.name, depth), []).append(node)
    leaving: dict[str, list[Tensor]] = {box: [] for box in members}
    uses = [(tensor, _box_of(node.name, depth)) for node in diagram.graph.nodes.values() for tensor in node.tensors()]
    for tensor, user in [*uses, *((tensor, "") for tensor in outputs.values())]:
        box = _box_of(tensor.node, depth)
        if box != user and tensor not in leaving[box]:
            leaving[box].append(tensor)

    def of_box(tensor: Tensor) -> Tensor:
        """A tensor as an output of its box."""
        box = _box_of(tensor.node, depth)
        return tensor if box == tensor.node else Tensor(box, leaving[box].index(tensor))

    for box, nodes in members.items():
        if nodes[0].name == box:
            feeds: dict[str, Feed] = {
                argument: [of_box(tensor) for tensor in feed] if isinstance(feed, list) else of_box(feed)
                for argument, feed in nodes[0].feeds.items()
            }
            diagram.boxes[box] = replace(nodes[0], feeds=feeds)
            continue
        entering = (tensor for node in nodes for tensor in node.tensors() if _box_of(tensor.node, depth) != box)
        inputs: Feed = list(dict.fromkeys(map(of_box, entering)))
        several = len(leaving[box]) > 1
        names = tuple(tensor.node.removeprefix(f"{box}/") for tensor in leaving[box]) if several else ()
        is_formula = nodes[-1].name == box
        kind: NodeKind = "op" if is_formula else "model"
        diagram.boxes[box] = Node(box, kind, "", nodes[0].path, feeds={"inputs": inputs}, outputs=names)
        diagram.collapsed[box] = formula_text(diagram.graph, nodes[-1]) if is_formula else _description(box, nodes)
        if all(node.name in diagram.shared for node in nodes):
            diagram.shared[box] = ""
        if all(node.name in diagram.info for node in nodes):
            diagram.info[box] = _summed(nodes, [*leaving[box], Tensor(nodes[-1].name)][0].node, diagram.info)
    for name, tensor in outputs.items():
        diagram.outputs.setdefault(_box_of(tensor.node, depth), []).append(name)


def _description(box: str, nodes: list[Node]) -> str:
    """`block residual, 7 nodes`."""
    own = next((node for node in nodes if node.name.count("/") == box.count("/") + 1), nodes[0])
    block = f"block {own.source_path[1]}" if own.source_path[:1] == ("blocks",) else "block"
    count = len(Graph({node.name: node for node in nodes}).entries)
    return f"{block}, {count} node{'' if count == 1 else 's'}"


def _summed(nodes: list[Node], last: str, info: Mapping[str, NodeInfo]) -> NodeInfo:
    """The info of several nodes together.

    Args:
        nodes: The nodes.
        last: The node whose output shape is shown.
        info: By node.
    """
    infos = [info[node.name] for node in nodes]
    trainable = not any(each.parameters for each in infos) or any(each.parameters and each.trainable for each in infos)
    return NodeInfo("", info[last].shape_out, sum(each.parameters for each in infos), trainable)
