"""The nodes of a graph → statements, one for each: for what cannot be told in blocks and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kspec.codegen.model.calls import Pieces
from kspec.codegen.model.items import Item
from kspec.codegen.model.names import Constants, identifier
from kspec.codegen.model.statements import Statements
from kspec.ir import Graph, Node, Tensor

if TYPE_CHECKING:
    from kspec.codegen.model.network import Network


class FlatBody(Statements):
    """The statements of a graph.

    Args:
        inputs: Input → what it is called.
    """

    def __init__(self, network: Network, graph: Graph, inputs: dict[str, str], names: Constants) -> None:
        self.graph = graph
        items = [_item(node) for node in graph.calls]
        taken = map(identifier, graph.models)
        super().__init__(network, items, inputs, names, self._looked_at(), taken, top=True)

    def write(self) -> Pieces:
        last: Pieces = []
        for node, item in zip(self.graph.calls, self.items, strict=True):
            feeds = {
                name: [self.named(tensor) for tensor in (feed if isinstance(feed, list) else [feed])]
                for name, feed in node.feeds.items()
            }
            last = self._call(item, feeds, self.names)
        return last

    def named(self, tensor: Tensor) -> str:
        name = self.graph.nodes[tensor.node].outputs[tensor.output] if tensor.output else tensor.node
        return self.value(name or tensor.node)[0]

    def _looked_at(self) -> set[str]:
        """What needs a variable of its own: all but what only the next node takes."""
        calls = self.graph.calls
        takers: dict[str, list[int]] = {}
        for place, node in enumerate(calls):
            for tensor in node.tensors():
                takers.setdefault(self._citation(tensor), []).append(place)
        cited = {self._citation(tensor) for tensor in self.graph.outputs.values()}
        for place, node in enumerate(calls):
            for name in (node.name, *(name for name in node.outputs if name)):
                if takers.get(name, [place + 1]) != [place + 1]:
                    cited.add(name)
        return cited if len(self.graph.outputs) > 1 else cited - {calls[-1].name}

    def _citation(self, tensor: Tensor) -> str:
        return self.graph.nodes[tensor.node].outputs[tensor.output] or "" if tensor.output else tensor.node


def _item(node: Node) -> Item:
    words: dict[str, object] = {}
    if node.constants:
        words["call"] = node.constants
    if node.outputs:
        words["as"] = [name or "_" for name in node.outputs]
    if node.trainable is not None:
        words["trainable"] = node.trainable
    kind = "class" if node.kind == "layer" else node.kind
    return Item(node.written, node.name, True, kind, node.head, node.arguments, words)
