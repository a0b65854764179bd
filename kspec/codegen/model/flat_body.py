"""The nodes of a graph → one statement each, for networks that blocks and loops cannot express."""

from __future__ import annotations

from kspec.codegen.model.calls import Pieces
from kspec.codegen.model.context import ModelContext
from kspec.codegen.model.entries import SpecEntry
from kspec.codegen.model.names import Constants, identifier
from kspec.codegen.model.statements import Statements
from kspec.ir import Graph, Node, Tensor
from kspec.syntax.sizes import sizes_in


class FlatBody(Statements):
    """The statements of a graph.

    Args:
        context: What all statements of the model share.
        graph: The graph.
        inputs: Input → its variable.
        names: What expressions may use: variable → Python name.
    """

    def __init__(self, context: ModelContext, graph: Graph, inputs: dict[str, str], names: Constants) -> None:
        self.graph = graph
        entries = [_entry(node) for node in graph.calls]
        taken = map(identifier, graph.models)
        super().__init__(context, entries, inputs, names, self._referenced_nodes(), taken, top=True)

    def write(self) -> Pieces:
        """Writes the statements and returns the last node's tensors."""
        last: Pieces = []
        for node, entry in zip(self.graph.calls, self.entries, strict=True):
            feeds = {
                name: [self.tensor(tensor) for tensor in (feed if isinstance(feed, list) else [feed])]
                for name, feed in node.feeds.items()
            }
            last = self._call(entry, feeds, self.names)
        return last

    def tensor(self, tensor: Tensor) -> str:
        """A tensor in Python."""
        return self.value(self._reference(tensor) or tensor.node)[0]

    def _referenced_nodes(self) -> set[str]:
        """The nodes that need a variable of their own: all but those that only the next node takes."""
        calls = self.graph.calls
        users: dict[str, list[int]] = {}
        for i, node in enumerate(calls):
            for tensor in node.tensors():
                users.setdefault(self._reference(tensor), []).append(i)
        sized = {size.name for node in calls for size in sizes_in([node.arguments, node.constants])}
        predicted = self.graph.predicted_nodes.values()
        referenced = {self._reference(tensor) for tensor in (*self.graph.outputs.values(), *predicted)}
        for i, node in enumerate(calls):
            for name in (node.name, *(name for name in node.outputs if name)):
                if users.get(name, [i + 1]) != [i + 1] or name in sized:
                    referenced.add(name)
        return referenced if len(self.graph.outputs) > 1 or predicted or not calls else referenced - {calls[-1].name}

    def _reference(self, tensor: Tensor) -> str:
        return self.graph.nodes[tensor.node].outputs[tensor.output] or "" if tensor.output else tensor.node


def _entry(node: Node) -> SpecEntry:
    options: dict[str, object] = {}
    if node.constants:
        options["call"] = node.constants
    if node.outputs:
        options["as"] = [name or "_" for name in node.outputs]
    if node.vectors is not None:
        options["weights"] = dict(zip(("file", "vocabulary"), node.vectors, strict=True))
    if node.trainable is not None:
        options["trainable"] = node.trainable
    kind = "weight" if node.is_weight else "class" if node.kind == "layer" else node.kind
    return SpecEntry(node.source_path, node.name, True, kind, node.head, node.arguments, options)
