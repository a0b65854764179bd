"""Builds a functional Keras model from a graph, node by node, each under its own name."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import keras

from kspec.backend.application_weights import without_downloads
from kspec.backend.embedding_vectors import load_vectors
from kspec.backend.keras_errors import plain, tensor_too_large
from kspec.backend.keras_objects import Maker, NeedsData, UnknownSize, import_class, keras_class, make_object
from kspec.backend.leading_constant import lead_with_symbol
from kspec.backend.learned_weight import call_learned_weight
from kspec.backend.operation_names import name_operations
from kspec.backend.seeding import set_random_seed
from kspec.catalog.layer_families import MERGES
from kspec.diagnostics import Report, Rule, codes
from kspec.ir import Graph, Node, Tensor
from kspec.ir.entry_spans import head_span
from kspec.ir.node import flat_order
from kspec.ir.slices import parse_slices
from kspec.language import Spec
from kspec.syntax.names import name_in_keras
from kspec.syntax.yaml_flow import shape_text

Adapter = Callable[[Any, Node, "BuiltNetwork"], None]
"""Called with a layer that adapts, its node and the network built so far, before the layer is called."""

_DEEP = 200
"""With so many nodes, Keras's recursion gets a stack of its own."""
_STACK_BYTES = 1 << 30

T = TypeVar("T")


@dataclass(slots=True)
class BuiltNetwork:
    """A graph, or a sub-model's graph, built with Keras.

    Args:
        model: None if a node was rejected.
        values: By node, the Keras tensors that its call returned.
        layers: By node, the Keras layer that it calls (not for ops).
        sizes: The sizes that data decided, by word and name.
        models: By name, the sub-models.
        notes: Lines for the user.
    """

    model: Any = None
    values: dict[str, list[Any]] = field(default_factory=dict)
    layers: dict[str, Any] = field(default_factory=dict)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    models: dict[str, BuiltNetwork] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def tensors(self, references: Mapping[str, Tensor]) -> dict[str, Any]:
        """The Keras tensors of outputs of nodes, by the same names."""
        return {name: self.values[tensor.node][tensor.output] for name, tensor in references.items()}


def build_keras_model(
    spec: Spec, graph: Graph, report: Report, *, maker: Maker | None = None, adapt: Adapter | None = None
) -> BuiltNetwork:
    """Builds the model under the spec's seed and dtype policy.

    Nodes that Keras rejects are reported; nodes that depend on them are skipped.

    Args:
        spec: A spec without errors.
        graph: Its graph.
        report: Receives what Keras rejects.
        maker: Makes the Keras objects; knows sizes that data decides, and where paths lead.
        adapt: Adapts the layers that learn from data; by default they stay as they are.

    Returns:
        The model and, by node, its tensors and layers.
    """
    called = graph.called_models()
    networks = [graph, *(graph.models[name] for name in called)]
    maker = maker or Maker()

    def build() -> BuiltNetwork:
        set_random_seed(spec.document.seed, restart=bool(spec.document.extensions))
        models: dict[str, BuiltNetwork] = {}
        with _dtype_policy(spec.document.dtype_policy):
            for name in called:
                inner = _Builder(spec, graph.models[name], report, maker, None, models, name.rpartition("/")[2])
                models[name] = inner.build()
                maker.models[name] = models[name].model
            return _Builder(spec, graph, report, maker, adapt, models, spec.name).build()

    return _with_deep_stack(build, max(len(network.nodes) for network in networks))


class _Builder:
    """Builds one network; see `build_keras_model`.

    Args:
        models: By name, the sub-models built so far.
        name: The name of the Keras model.
    """

    def __init__(
        self,
        spec: Spec,
        graph: Graph,
        report: Report,
        maker: Maker,
        adapt: Adapter | None,
        models: dict[str, BuiltNetwork],
        name: str,
    ) -> None:
        self.spec = spec
        self.graph = graph
        self.report = report
        self.maker = maker
        self.adapt = adapt
        self.name = name
        self.network = BuiltNetwork(sizes=maker.resolved, models=models)

    def build(self) -> BuiltNetwork:
        application = self.graph.application
        if application is not None:
            self._build_application(application)
            return self.network
        self.maker.shape = self._shape
        for node in self.graph.nodes.values():
            if node.faulty or any(tensor.node not in self.network.values for tensor in node.tensors()):
                continue
            try:
                self._add(node)
            except NeedsData as error:
                self._report(node, codes.SIZE_WITHOUT_DATA, str(error), "give the spec `data:`, or write a number")
            except UnknownSize as error:
                self._report(node, codes.UNKNOWN_SIZE, str(error), "state the size in the `shape` of the input")
            except Exception as error:
                if too_large := tensor_too_large(error):
                    message, help = f"there is not enough memory for `{node.name}`: {too_large}", "make it smaller"
                else:
                    message, help = f"Keras rejects `{node.name}`: {plain(error)}", self._shapes(node)
                self._report(node, codes.REJECTED_BY_KERAS, message, help)
        if not self.report.has_errors:
            self._assemble()
        return self.network

    def _build_application(self, node: Node) -> None:
        """Builds a model of `keras.applications` under the sub-model's name; weights from a file are loaded later."""
        assert node.catalog is not None
        arguments = self.maker.arguments(node.catalog, node.arguments, name_in_keras(self.name))
        if node.catalog.parameters["weights"].default != arguments.get("weights", "imagenet"):
            arguments["weights"] = None
        try:
            with without_downloads(self.spec.is_trained):
                model = keras_class(node.catalog.path)(**arguments)
        except Exception as error:
            self._report(node, codes.REJECTED_BY_KERAS, f"Keras rejects `{node.head}`: {plain(error)}", "")
            return
        model.name = name_in_keras(self.name)  # as an argument, some would derive layer names or widths from it
        if node.trainable is False:
            model.trainable = False
        (entry,) = self.graph.inputs
        self.network.values |= {entry.name: [model.input], node.name: [model.output]}
        self.network.layers[node.name] = model
        self.network.model = model
        name_outputs(model, list(self.graph.outputs))

    def _add(self, node: Node) -> None:
        if node.kind == "input":
            entry = self.spec.input(node.path)
            value = keras.Input(
                shape=tuple(entry.shape), batch_size=entry.batch_size, dtype=entry.dtype, name=node.name
            )
            self.network.values[node.name] = [value]
        elif node.kind == "op":
            self._add_op(node)
        elif node.kind == "model":
            self._add_model_call(node)
        else:
            self._add_layer_call(node)

    def _add_layer_call(self, node: Node) -> None:
        callee = self.graph.callee(node)
        if node.is_weight:
            self._add_weight(node)
            return
        if node.kind == "layer":
            layer = self._make_layer(node)
            if self.adapt is not None and node.catalog is not None and node.catalog.adapts:
                self.adapt(layer, node, self.network)
            self.network.layers[node.name] = layer
        else:
            layer = self.network.layers[node.name] = self.network.layers[callee.name]
        inputs = self._inputs(node)
        if callee.head in MERGES:
            inputs = {name: lead_with_symbol(tensors, name_in_keras(node.name)) for name, tensors in inputs.items()}
        constants = self._constants(node)
        first = next(iter(inputs), None)
        value = layer(**constants) if first is None else layer(inputs.pop(first), **inputs, **constants)
        self._keep(node, value)
        if node.vectors is not None and not self.spec.is_trained:
            self.network.notes += load_vectors(self.spec, node, self.network.layers, self.report)
        if layer.weights and not any(_is_symbolic(v) for t in node.tensors() for v in self.network.values[t.node]):
            self._report(
                node,
                codes.NO_INPUT_DEPENDENCY,
                f"`{node.name}` has weights but takes only constants: Keras would lose its weights",
                "let it depend on an input",
            )

    def _add_weight(self, node: Node) -> None:
        assert node.catalog is not None
        name = name_in_keras(node.name)
        arguments = self.maker.arguments(node.catalog, node.arguments, name)
        anchor = self._tensor(self.graph.anchors(node)[0])
        layer, value = call_learned_weight(anchor, arguments, name)
        if node.trainable is not None:
            layer.trainable = node.trainable
        self.network.layers[node.name] = layer
        self._keep(node, value)
        name_operations(self.network.values[node.name], {id(anchor)}, f"{name}.value", {id(layer)})

    def _add_model_call(self, node: Node) -> None:
        inner = self.network.models.get(node.head)
        if inner is None or inner.model is None:  # its errors are reported
            return
        model = self.network.layers[node.name] = inner.model
        inputs = self._inputs(node)
        value = model(inputs if len(inputs) > 1 else next(iter(inputs.values())), **node.constants)
        outputs = self.graph.models[node.head].outputs
        self._keep(node, [value[name] for name in outputs] if len(outputs) > 1 else value)

    def _make_layer(self, node: Node) -> Any:
        name = name_in_keras(node.name)
        if node.catalog is None:
            layer = import_class(node.head)(**node.arguments, name=name)
        else:
            arguments = self.maker.arguments(node.catalog, node.arguments, name)
            layer = make_object(node.catalog.path, arguments, name=name)
        if node.trainable is not None:  # as an argument it would not reach inner layers
            layer.trainable = node.trainable
        return layer

    def _add_op(self, node: Node) -> None:
        assert node.catalog is not None
        inputs = self._inputs(node)
        constants = self._constants(node)
        spread = [t.name for t in node.catalog.tensors if t.form == "spread"]
        function = keras_class(node.catalog.path)
        before = {id(value) for each in inputs.values() for value in (each if isinstance(each, list) else [each])}
        if spread:
            leading = [constants.pop(c.name) for c in node.catalog.constants.values() if c.required]
            value = function(*leading, *inputs[spread[0]], **constants)
        else:
            value = function(**inputs, **constants)
        self._keep(node, value)
        name_operations(self.network.values[node.name], before, name_in_keras(node.name))

    def _constants(self, node: Node) -> dict[str, Any]:
        if node.catalog is None:
            return dict(node.constants)
        constants = {}
        for name, value in node.constants.items():
            if node.kind == "op" and node.head == "get_item" and name == "key":
                constants[name] = parse_slices(value)
            else:
                constants[name] = self.maker.constant(value, node.catalog.constants[name].type)
        return constants

    def _inputs(self, node: Node) -> dict[str, Any]:
        """The tensors of a call by argument name."""
        return {
            name: [self._tensor(tensor) for tensor in feed] if isinstance(feed, list) else self._tensor(feed)
            for name, feed in node.feeds.items()
        }

    def _shape(self, name: str) -> tuple[int | None, ...]:
        """The shape of a node, or of an output that `as` names."""
        return tuple(self._tensor(self.graph.names[name]).shape)

    def _tensor(self, tensor: Tensor) -> Any:
        return self.network.values[tensor.node][tensor.output]

    def _keep(self, node: Node, value: Any) -> None:
        value = list(value.values()) if isinstance(value, dict) else value
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if node.outputs and len(node.outputs) != len(values):
            count = "one output" if len(values) == 1 else f"{len(values)} outputs"
            self._report(
                node,
                codes.WRONG_OUTPUT_COUNT,
                f"`{node.name}` gives {count}, and `as` names {len(node.outputs)}",
                "name all of them; write `_` for one that you do not use",
                at=("as",),
            )
            return
        self.network.values[node.name] = values

    def _assemble(self) -> None:
        inputs = {node.name: self.network.values[node.name][0] for node in self.graph.inputs}
        outputs = {name: self._tensor(tensor) for name, tensor in self.graph.outputs.items()}
        constant = [name for name, value in outputs.items() if not _is_symbolic(value)]
        if constant:
            tensor = self.graph.outputs[constant[0]]
            self._report(
                self.graph.nodes[tensor.node],
                codes.NO_INPUT_DEPENDENCY,
                f"the output `{constant[0]}` depends on no input",
                "",
            )
            return
        try:
            self.network.model = keras.Model(
                inputs=inputs if len(inputs) > 1 else next(iter(inputs.values())),
                outputs=outputs if len(outputs) > 1 else next(iter(outputs.values())),
                name=name_in_keras(self.name),
            )
        except Exception as error:
            self.report.error(
                codes.REJECTED_BY_KERAS,
                f"Keras rejects the model: {plain(error)}",
                self.spec.positions.key(("layers",)),
            )
            return
        name_outputs(self.network.model, list(outputs))
        if self.graph.calls and all(node.trainable is False for node in self.graph.calls):
            self.network.model.trainable = False

    def _report(self, node: Node, code: Rule, message: str, help: str, at: tuple[str, ...] = ()) -> None:
        positions = self.spec.positions
        if at:
            span = positions.value((*node.path, *at))
        elif node.kind == "input":
            span = positions.key(node.path)
        else:
            span = head_span(node.path, self.spec.entry(node.path), positions)
        self.report.error(code, message, span, help=help)

    def _shapes(self, node: Node) -> str:
        """The shapes of a node's inputs, for a help line."""
        shapes = [f"`{tensor.node}` {shape_text(self._tensor(tensor).shape)}" for tensor in node.tensors()]
        return f"inputs: {', '.join(shapes)}" if shapes else ""


def name_outputs(model: Any, outputs: Iterable[str]) -> None:
    """Makes losses, metrics and targets use the outputs' names instead of Keras's layer names.

    Two calls of a shared layer have one layer name, and one of their losses would be missing from the history.
    """
    model.output_names = flat_order(outputs)


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, keras.KerasTensor)


@contextmanager
def _dtype_policy(policy: str | None) -> Iterator[None]:
    before = keras.config.dtype_policy()
    if policy is not None:
        keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _with_deep_stack(function: Callable[[], T], depth: int) -> T:
    """Calls a function with a larger stack: Keras's recursion overflows the usual one at a thousand layers."""
    if depth < _DEEP:
        return function()
    result: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(function())
        except BaseException as error:  # raised again in the calling thread
            failure.append(error)

    size, limit = threading.stack_size(), sys.getrecursionlimit()
    threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(max(limit, 60 * depth))
    try:
        thread = threading.Thread(target=work, name="kspec-build")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return result[0]
