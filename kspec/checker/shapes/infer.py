"""The shape, dtype and parameters of every node, in one walk over the graph."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from kspec.checker.shapes.rules import Refusal, answer, compute_dtype
from kspec.checker.shapes.types import Answer, Call, TensorType
from kspec.diagnostics import Report
from kspec.graph import Graph, Node, Tensor
from kspec.graph.places import head_span
from kspec.spec import Spec

RANK_FIXED = frozenset({"BatchNormalization", "GroupNormalization", "PReLU"})
"""Layers that keep to the rank of their first call, though their weights would fit another."""


BROADCASTS = frozenset({"LayerNormalization", "PReLU"})
"""Layers whose weights of size 1 serve an input of any size."""


@dataclass(slots=True)
class Types:
    """What inference found.

    Args:
        answers: By node; a node that cannot be told has unknown outputs.
    """

    answers: dict[str, Answer] = field(default_factory=dict)

    def tensor(self, tensor: Tensor) -> TensorType:
        """The type of one output of a node; unknown where it has no such output."""
        outputs = self.answers[tensor.node].outputs
        return outputs[tensor.output] if tensor.output < len(outputs) else TensorType(None)


def infer(
    spec: Spec,
    graph: Graph,
    report: Report,
    sizes: Callable[[str, str], int | None] = lambda _word, _name: None,
    misfits: Collection[str] = (),
) -> Types:
    """Infers every node; what Keras would refuse is reported at its line, and what depends on it stays silent.

    Args:
        sizes: Answers sizes that the data decides.
        misfits: Nodes that are known to be faulty already: they are unknown.
    """
    return _Walk(spec, graph, report, sizes, misfits).types


class _Walk:
    def __init__(
        self,
        spec: Spec,
        graph: Graph,
        report: Report,
        sizes: Callable[[str, str], int | None],
        misfits: Collection[str],
    ) -> None:
        self.spec = spec
        self.graph = graph
        self.report = report
        self.sizes = sizes
        self.misfits = misfits
        self.types = Types()
        policy = spec.document.dtype_policy or "float32"
        self.dtype = compute_dtype(policy, "float32")
        for node in graph.nodes.values():
            self.types.answers[node.name] = self._node(node)

    def _node(self, node: Node) -> Answer:
        if node.kind == "input":
            given = self.spec.document.inputs[node.name]
            return Answer([TensorType((None, *given.shape), given.dtype)])
        unknown = Answer([TensorType(None, self.dtype)] * max(len(node.outputs), 1), None)
        callee = self.graph.callee(node)
        if node.faulty or node.catalog is None or callee.name in self.misfits or node.name in self.misfits:
            return unknown
        tensors: dict[str, list[TensorType]] = {}
        for name, feed in node.feeds.items():
            taken = [self.types.tensor(tensor) for tensor in (feed if isinstance(feed, list) else [feed])]
            tensors[name] = taken
        dtype = compute_dtype(callee.arguments.get("dtype"), self.dtype)
        call = Call(node.catalog, callee.arguments, tensors, node.constants, dtype, self.sizes)
        try:
            found = answer(call)
            if node.kind == "reuse":
                self._fits_the_weights(node, callee, found)
        except Refusal as refusal:
            self._report(node, refusal)
            return unknown
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
            # an argument of a wrong type has its own diagnostic; a rule need not guard against each
            return unknown
        if node.outputs and not self._names_all(node, found):
            return unknown
        return Answer(found.outputs, [], found.flops) if node.kind == "reuse" else found

    def _names_all(self, node: Node, found: Answer) -> bool:
        """Whether `as` names each output of a call; reported where their number is known and is another."""
        count = len(found.outputs)
        if len(node.outputs) == count or any(output.shape is None for output in found.outputs):
            return True
        gives = "one output" if count == 1 else f"{count} outputs"
        cure = "`name: ...` names it" if count == 1 else "name all of them, `_` for one that is not wanted"
        self.report.error(
            "KS210",
            f"`{node.name}` gives {gives}, and `as` names {len(node.outputs)}",
            self.spec.positions.value((*node.path, "as")),
            help=cure,
        )
        return False

    def _fits_the_weights(self, node: Node, callee: Node, found: Answer) -> None:
        """A layer that is called again has its weights already, and takes what they were made for."""
        made = self.types.answers[callee.name].weights
        fixed = callee.head in RANK_FIXED and self._rank(callee) != self._rank(node)
        if made is None or found.weights is None or (made == found.weights and not fixed):
            return
        if callee.head in BROADCASTS and not fixed and all(weight.size == 1 for weight in made):
            return
        taken = ", ".join(str(self.types.tensor(tensor).shape).replace("None", "null") for tensor in callee.tensors())
        raise Refusal(
            f"calls `{callee.name}` again, whose weights were made for {taken}",
            help="give it an input of that size, or begin a layer of its own",
        )

    def _rank(self, node: Node) -> int | None:
        shape = self.types.tensor(next(node.tensors())).shape
        return None if shape is None else len(shape)

    def _report(self, node: Node, refusal: Refusal) -> None:
        index = node.path[1]
        assert isinstance(index, int)
        entry = self.spec.document.layers[index]
        positions = self.spec.positions
        places = ((*node.path, entry.head, refusal.argument), (*node.path, "call", refusal.argument))
        written = [positions.keys[place] for place in places if place in positions.keys]
        span = written[0] if written else head_span(node.path, entry, positions)
        self.report.error(refusal.code, f"`{node.name}` {refusal.message}", span, help=refusal.help)
