"""Inference: the shape, dtype and weights of every node, in one walk over the graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kspec.analysis.adapted_layers import stated_vocabulary_size
from kspec.analysis.shapes.dtypes import is_dtype
from kspec.analysis.shapes.registry import compute_dtype, infer_call
from kspec.analysis.shapes.sizes import depends_on_data, with_known_sizes
from kspec.analysis.shapes.submodels import match_input, uncounted_weights
from kspec.analysis.shapes.types import Call, InferredCall, ShapeError, TensorType, Types
from kspec.diagnostics import Path, Report, codes
from kspec.ir import Graph, Node
from kspec.ir.entry_spans import head_span
from kspec.ir.vocabulary_file import VocabularyFile
from kspec.language import Spec
from kspec.syntax.yaml_flow import shape_text

RANK_FIXED = frozenset({"BatchNormalization", "GroupNormalization", "PReLU"})
"""Layers that keep the rank of their first call, even if their weights would fit another."""

BROADCASTS = frozenset({"PReLU"})
"""Layers whose weights of size 1 fit an input of any size."""

Sizes = Callable[[str, str], int | None]
"""`vocabulary_of` or `classes_of`, and the name of the node or output → the size, None if unknown."""


def unknown_size(_word: str, _name: str) -> None:
    """No size is known."""


@dataclass(slots=True)
class _Shared:
    """What the walks over the networks of a spec have in common.

    Args:
        spec: The spec.
        sizes: Resolves sizes that the data decides.
        models: By sub-model, its types for the inputs that it declares.
        cache: By sub-model and other inputs, its types for those, or why it cannot take them.
    """

    spec: Spec
    sizes: Sizes
    models: dict[str, Types] = field(default_factory=dict)
    cache: dict[tuple[str, tuple[tuple[str, TensorType], ...]], Types | ShapeError] = field(default_factory=dict)


def infer(
    spec: Spec,
    graph: Graph,
    report: Report,
    sizes: Sizes = unknown_size,
    invalid_nodes: Collection[str] = (),
) -> Types:
    """Infer the types of every node, and report the calls that Keras would reject.

    Nodes that depend on a rejected call are unknown, and cause no further errors.

    Args:
        spec: The spec.
        graph: Its graph.
        report: Receives the errors.
        sizes: Resolves sizes that the data decides.
        invalid_nodes: Nodes with errors already reported, those of sub-models as `model/node`: they are unknown.
    """
    shared = _Shared(spec, sizes)
    for name, model in graph.models.items():
        invalid = [node.removeprefix(f"{name}/") for node in invalid_nodes if node.startswith(f"{name}/")]
        shared.models[name] = _Walk(shared, model, report, invalid).types
    return _Walk(shared, graph, report, invalid_nodes).types


class _Walk:
    """A walk over one network.

    Args:
        shared: What it shares with other walks.
        graph: The network.
        report: Receives the errors.
        invalid_nodes: Nodes with errors already reported.
        inputs: The types of its inputs by name, where they differ from what it declares.
    """

    def __init__(
        self,
        shared: _Shared,
        graph: Graph,
        report: Report,
        invalid_nodes: Collection[str] = (),
        inputs: Mapping[str, TensorType] = MappingProxyType({}),
    ) -> None:
        self.shared = shared
        self.spec = shared.spec
        self.graph = graph
        self.report = report
        self.invalid_nodes = invalid_nodes
        self.inputs = inputs
        self.types = Types(models=shared.models)
        self.counted: set[str] = set()
        self.dtype = compute_dtype(self.spec.document.dtype_policy, "float32")
        for node in graph.inputs:
            self.types.calls[node.name] = self._input(node)
        self.batch_sizes = self._batch_sizes()
        for node in graph.calls:
            self.types.calls[node.name] = self._node(node)

    def _input(self, node: Node) -> InferredCall:
        declared = self.spec.input(node.path)
        tensor = TensorType((declared.batch_size, *declared.shape), declared.dtype)
        return InferredCall([self.inputs.get(node.name, tensor)])

    def _node(self, node: Node) -> InferredCall:
        unknown = InferredCall([TensorType(None, self.dtype)] * max(len(node.outputs), 1), None)
        callee = self.graph.callee(node)
        is_known = node.catalog is not None or node.kind == "model"
        if node.faulty or not is_known or callee.name in self.invalid_nodes or node.name in self.invalid_nodes:
            return unknown
        tensors = {
            name: [self.types.tensor(tensor) for tensor in (feed if isinstance(feed, list) else [feed])]
            for name, feed in node.feeds.items()
        }
        if not all(is_dtype(tensor.dtype) for feed in tensors.values() for tensor in feed):
            return unknown  # a rule reports the unknown dtype
        try:
            if node.kind == "model":
                call = self._model(node.head, {name: types[0] for name, types in tensors.items()})
            else:
                call = self._callee(node, callee, tensors)
        except ShapeError as error:
            if not self._takes_size_of_data(node):
                self._report(node, error)
            return unknown
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
            # an argument of the wrong type has its own diagnostic, so rules do not guard against them
            return unknown
        if node.outputs and not self._names_each_output(node, call):
            return unknown
        return InferredCall(call.outputs, [], call.flops) if node.kind == "reuse" else call

    def _takes_size_of_data(self, node: Node) -> bool:
        """Whether an input of a node has an axis that data decides, so that only Keras can judge the call."""
        return any(
            None in (self.types.tensor(tensor).shape or ())[1:] and depends_on_data(self.graph, tensor)
            for tensor in node.tensors()
        )

    def _callee(self, node: Node, callee: Node, tensors: dict[str, list[TensorType]]) -> InferredCall:
        assert node.catalog is not None
        dtype = compute_dtype(callee.arguments.get("dtype"), self.dtype)
        known = [
            with_known_sizes(values, self.graph, self.types.tensor, self._size_of_data)
            for values in (callee.arguments, node.constants)
        ]
        arguments, constants = (
            values if number is None else number
            for number, values in zip(known, (callee.arguments, node.constants), strict=True)
        )
        if known != [None, None]:
            self.types.numbers[node.name] = {**arguments, **constants}
        if node.catalog.adapts and isinstance(arguments.get("vocabulary"), str):
            arguments = {**arguments, "vocabulary": VocabularyFile.read(arguments["vocabulary"], self.shared.spec)}
        call = infer_call(
            Call(node.catalog, arguments, tensors, constants, dtype, self._wrapped_model, self.batch_sizes)
        )
        if node.kind == "reuse":
            self._check_weights(node, callee, call)
        return call

    def _size_of_data(self, word: str, name: str) -> int | None:
        """A size that data decides, unless the spec states it: that of a vocabulary which it lists or has in a file."""
        node = self.graph.nodes.get(name)
        layer = self.graph.callee(node) if word == "vocabulary_of" and node is not None else None
        size = stated_vocabulary_size(layer, self.shared.spec) if layer is not None else None
        return self.shared.sizes(word, name) if size is None else size

    def _batch_sizes(self) -> frozenset[int]:
        """The batch sizes that the inputs declare."""
        shapes = [self.types.calls[node.name].outputs[0].shape for node in self.graph.inputs]
        return frozenset(shape[0] for shape in shapes if shape and shape[0] is not None)

    def _wrapped_model(self, name: str, tensors: list[TensorType]) -> InferredCall | None:
        """The call of a sub-model that a layer wraps; None if unknown."""
        model = self.graph.models.get(name)
        if model is None or not model.outputs:
            return None
        if len(model.inputs) != 1:
            raise ShapeError(
                f"cannot wrap sub-model `{name}`, which takes {len(model.inputs)} inputs",
                help=f"call `{name}` as a node",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
        return self._model(name, {model.inputs[0].name: tensors[0]})

    def _model(self, name: str, tensors: Mapping[str, TensorType]) -> InferredCall:
        """A call of a sub-model; its weights count at its first call.

        Raises:
            ShapeError: If it does not accept these inputs.
        """
        graph, types = self.graph.models[name], self.types.models[name]
        application = graph.application
        if application is not None and types.calls[application.name].outputs[0].shape is None:
            return types.calls[application.name]  # its error is reported there
        is_written = graph.application is not None or self.spec.defines_layers_of(name)
        declared = {input_: types.calls[input_].outputs[0] for input_ in tensors}
        inputs = {
            input_: match_input(graph, name, input_, declared[input_], tensor, is_written=is_written)
            for input_, tensor in tensors.items()
        }
        if inputs != declared:
            types = self._with_inputs(name, inputs)
        outputs = [types.tensor(tensor) for tensor in graph.outputs.values()]
        weights = uncounted_weights(name, self.graph, self.types.models, self.counted)
        flops = [types.calls[node.name].flops for node in graph.calls]
        return InferredCall(outputs, weights, None if None in flops else sum(each or 0 for each in flops))

    def _with_inputs(self, name: str, inputs: Mapping[str, TensorType]) -> Types:
        """The types of a sub-model for inputs other than it declares.

        Raises:
            ShapeError: If one of its nodes cannot be called with them.
        """
        key = (name, tuple(sorted(inputs.items())))
        if key not in self.shared.cache:
            report = Report()
            walk = _Walk(self.shared, self.graph.models[name], report, inputs=inputs)
            error = next((diagnostic.message for diagnostic in report if diagnostic.is_error), "")
            self.shared.cache[key] = ShapeError(f"cannot take this input: {error}") if error else walk.types
        result = self.shared.cache[key]
        if isinstance(result, ShapeError):
            raise result
        return result

    def _names_each_output(self, node: Node, call: InferredCall) -> bool:
        """Whether `as` names each output of a call; an error is reported if their known number differs."""
        count = len(call.outputs)
        if len(node.outputs) == count or any(output.shape is None for output in call.outputs):
            return True
        outputs = "one output" if count == 1 else f"{count} outputs"
        help = "name it with `name: ...`" if count == 1 else "name every output, `_` for one you do not need"
        self.report.error(
            codes.WRONG_OUTPUT_COUNT,
            f"`{node.name}` has {outputs}, but `as` names {len(node.outputs)}",
            self.spec.positions.value((*node.path, "as")),
            help=help,
        )
        return False

    def _check_weights(self, node: Node, callee: Node, call: InferredCall) -> None:
        """Check that a layer's weights, built at its first call, fit another."""
        weights = self.types.calls[callee.name].weights
        wrong_rank = callee.head in RANK_FIXED and self._rank(callee) != self._rank(node)
        if weights is None or call.weights is None or (weights == call.weights and not wrong_rank):
            return
        if callee.head in BROADCASTS and not wrong_rank and all(weight.size == 1 for weight in weights):
            return
        shapes = ", ".join(shape_text(self.types.tensor(tensor).shape) for tensor in callee.tensors())
        raise ShapeError(
            f"calls `{callee.name}` again, whose weights were built for {shapes}",
            help="give it an input of that shape, or write a new layer",
        )

    def _rank(self, node: Node) -> int | None:
        shape = self.types.tensor(next(node.tensors())).shape
        return None if shape is None else len(shape)

    def _report(self, node: Node, error: ShapeError) -> None:
        entry, positions = self.spec.entry(node.path), self.spec.positions
        places = [(*node.path, entry.head, error.argument), (*node.path, "call", error.argument)]
        if self.spec.is_application(node.path):
            application: Path = (*node.path[:2], "application")
            places = [(*application, entry.head, error.argument), (*application, entry.head), application]
        spans = [positions.keys[place] for place in places if place in positions.keys]
        span = spans[0] if spans else head_span(node.path, entry, positions)
        name = node.head if self.spec.is_application(node.path) else node.shown_name
        self.report.error(error.code, f"`{name}` {error.message}", span, help=error.help)
