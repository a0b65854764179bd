"""The shape, dtype and parameters of every node, in one walk over the graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from kspec.analysis.shapes.registry import compute_dtype, infer_call
from kspec.analysis.shapes.submodels import match_input, uncounted_weights
from kspec.analysis.shapes.types import Call, InferredCall, ShapeError, TensorType, Types
from kspec.diagnostics import Path, Report, codes
from kspec.ir import Graph, Node
from kspec.ir.entry_spans import head_span
from kspec.language import Spec
from kspec.syntax.yaml_flow import shape_text

RANK_FIXED = frozenset({"BatchNormalization", "GroupNormalization", "PReLU"})
"""Layers that keep to the rank of their first call, though their weights would fit another."""


BROADCASTS = frozenset({"LayerNormalization", "PReLU"})
"""Layers whose weights of size 1 serve an input of any size."""


Sizes = Callable[[str, str], int | None]
Recalled = dict[tuple[str, tuple[tuple[str, TensorType], ...]], "Types | ShapeError"]


def infer(
    spec: Spec,
    graph: Graph,
    report: Report,
    sizes: Sizes = lambda _word, _name: None,
    invalid_nodes: Collection[str] = (),
) -> Types:
    """Infers every node; what Keras would refuse is reported at its line, and what depends on it stays silent.

    Args:
        sizes: Answers sizes that the data decides.
        misfits: Nodes that are known to be faulty already, those of sub-models as `model/node`: they are unknown.
    """
    models: dict[str, Types] = {}
    recalled: Recalled = {}
    for name, model in graph.models.items():
        wrong = [node.removeprefix(f"{name}/") for node in invalid_nodes if node.startswith(f"{name}/")]
        models[name] = _Walk(spec, model, report, sizes, wrong, models, recalled).types
    return _Walk(spec, graph, report, sizes, invalid_nodes, models, recalled).types


class _Walk:
    """A walk over one network.

    Args:
        models: What is known of the sub-models that it can call.
        recalled: What a sub-model gives for other inputs than it states, as far as that was asked.
        given: What its inputs are given, by name; left out, they take what they state.
    """

    def __init__(
        self,
        spec: Spec,
        graph: Graph,
        report: Report,
        sizes: Sizes,
        invalid_nodes: Collection[str],
        models: dict[str, Types],
        recalled: Recalled,
        given: Mapping[str, TensorType] = MappingProxyType({}),
    ) -> None:
        self.spec = spec
        self.graph = graph
        self.report = report
        self.sizes = sizes
        self.invalid_nodes = invalid_nodes
        self.recalled = recalled
        self.given = given
        self.types = Types(models=models)
        self.counted: set[str] = set()
        policy = spec.document.dtype_policy or "float32"
        self.dtype = compute_dtype(policy, "float32")
        for node in graph.nodes.values():
            self.types.calls[node.name] = self._node(node)

    def _node(self, node: Node) -> InferredCall:
        if node.kind == "input":
            stated = self.spec.input(node.path)
            return InferredCall(
                [self.given.get(node.name) or TensorType((stated.batch_size, *stated.shape), stated.dtype)]
            )
        unknown = InferredCall([TensorType(None, self.dtype)] * max(len(node.outputs), 1), None)
        callee = self.graph.callee(node)
        tellable = node.catalog is not None or node.kind == "model"
        if node.faulty or not tellable or callee.name in self.invalid_nodes or node.name in self.invalid_nodes:
            return unknown
        tensors: dict[str, list[TensorType]] = {}
        for name, feed in node.feeds.items():
            taken = [self.types.tensor(tensor) for tensor in (feed if isinstance(feed, list) else [feed])]
            tensors[name] = taken
        try:
            if node.kind == "model":
                found = self._model(node.head, {name: taken[0] for name, taken in tensors.items()})
            else:
                found = self._answer(node, callee, tensors)
        except ShapeError as refusal:
            self._report(node, refusal)
            return unknown
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
            # an argument of a wrong type has its own diagnostic; a rule need not guard against each
            return unknown
        if node.outputs and not self._names_all(node, found):
            return unknown
        return InferredCall(found.outputs, [], found.flops) if node.kind == "reuse" else found

    def _answer(self, node: Node, callee: Node, tensors: dict[str, list[TensorType]]) -> InferredCall:
        assert node.catalog is not None
        dtype = compute_dtype(callee.arguments.get("dtype"), self.dtype)
        found = infer_call(Call(node.catalog, callee.arguments, tensors, node.constants, dtype, self.sizes, self._held))
        if node.kind == "reuse":
            self._fits_the_weights(node, callee, found)
        return found

    def _held(self, name: str, tensors: list[TensorType]) -> InferredCall | None:
        """What a sub-model gives that a layer holds; None where that cannot be told."""
        model = self.graph.models.get(name)
        if model is None or not model.outputs:
            return None
        if len(model.inputs) != 1:
            raise ShapeError(
                f"holds the sub-model `{name}`, and cannot hand it {len(model.inputs)} inputs",
                help=f"call `{name}` as a node of its own",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
        return self._model(name, {model.inputs[0].name: tensors[0]})

    def _model(self, name: str, tensors: Mapping[str, TensorType]) -> InferredCall:
        """A call of a sub-model; its weights count at its first call.

        Raises:
            Refusal: when it takes something else.
        """
        graph, types = self.graph.models[name], self.types.models[name]
        application = graph.application
        if application is not None and types.calls[application.name].outputs[0].shape is None:
            return types.calls[application.name]  # what is wrong with it has been said
        written = graph.application is not None or self.spec.is_written(name)
        given = {
            input_: match_input(graph, name, input_, types.calls[input_].outputs[0], tensor, written=written)
            for input_, tensor in tensors.items()
        }
        if any(types.calls[input_].outputs[0] != tensor for input_, tensor in given.items()):
            types = self._given_other(name, given)
        outputs = [types.tensor(tensor) for tensor in graph.outputs.values()]
        weights = uncounted_weights(name, self.graph, self.types.models, self.counted)
        flops = [types.calls[node.name].flops for node in graph.calls]
        return InferredCall(outputs, weights, None if None in flops else sum(each or 0 for each in flops))

    def _given_other(self, name: str, given: Mapping[str, TensorType]) -> Types:
        """What a sub-model gives for other inputs than it states.

        Raises:
            Refusal: when something in it cannot take what they come to.
        """
        key = (name, tuple(sorted(given.items())))
        if key not in self.recalled:
            silent = Report()
            models = self.types.models
            walk = _Walk(self.spec, self.graph.models[name], silent, self.sizes, (), models, self.recalled, given)
            wrong = next((problem.message for problem in silent if problem.is_error), "")
            self.recalled[key] = ShapeError(f"cannot take that: in it, {wrong}") if wrong else walk.types
        found = self.recalled[key]
        if isinstance(found, ShapeError):
            raise found
        return found

    def _names_all(self, node: Node, found: InferredCall) -> bool:
        """Whether `as` names each output of a call; reported where their number is known and is another."""
        count = len(found.outputs)
        if len(node.outputs) == count or any(output.shape is None for output in found.outputs):
            return True
        gives = "one output" if count == 1 else f"{count} outputs"
        cure = "`name: ...` names it" if count == 1 else "name all of them, `_` for one that is not wanted"
        self.report.error(
            codes.WRONG_OUTPUT_COUNT,
            f"`{node.name}` gives {gives}, and `as` names {len(node.outputs)}",
            self.spec.positions.value((*node.path, "as")),
            help=cure,
        )
        return False

    def _fits_the_weights(self, node: Node, callee: Node, found: InferredCall) -> None:
        """A layer that is called again has its weights already, and takes what they were made for."""
        made = self.types.calls[callee.name].weights
        fixed = callee.head in RANK_FIXED and self._rank(callee) != self._rank(node)
        if made is None or found.weights is None or (made == found.weights and not fixed):
            return
        if callee.head in BROADCASTS and not fixed and all(weight.size == 1 for weight in made):
            return
        taken = ", ".join(shape_text(self.types.tensor(tensor).shape) for tensor in callee.tensors())
        raise ShapeError(
            f"calls `{callee.name}` again, whose weights were made for {taken}",
            help="give it an input of that size, or begin a layer of its own",
        )

    def _rank(self, node: Node) -> int | None:
        shape = self.types.tensor(next(node.tensors())).shape
        return None if shape is None else len(shape)

    def _report(self, node: Node, refusal: ShapeError) -> None:
        entry, positions = self.spec.entry(node.path), self.spec.positions
        places = [(*node.path, entry.head, refusal.argument), (*node.path, "call", refusal.argument)]
        if self.spec.is_application(node.path):
            application: Path = (*node.path[:2], "application")
            places = [(*application, entry.head, refusal.argument), (*application, entry.head), application]
        written = [positions.keys[place] for place in places if place in positions.keys]
        span = written[0] if written else head_span(node.path, entry, positions)
        name = node.head if self.spec.is_application(node.path) else node.name
        self.report.error(refusal.code, f"`{name}` {refusal.message}", span, help=refusal.help)
