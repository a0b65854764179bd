"""The graph → a functional Keras model, node by node, each under its own name."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import keras

from kspec.backend.keras_errors import plain
from kspec.backend.keras_objects import Maker, UnknownSize, import_class, keras_class
from kspec.diagnostics import Report, Rule, codes
from kspec.ir import Feed, Graph, Node, Tensor
from kspec.ir.entry_spans import head_span
from kspec.ir.node import flat_order
from kspec.ir.slices import parse_slices
from kspec.language import Spec
from kspec.syntax.yaml_flow import shape_text

Adapter = Callable[[Any, Node, "BuiltNetwork"], None]
"""Called with a layer that adapts, its node and what is built so far, before the layer is called."""

_DEEP = 200
"""Nodes from which on Keras's own recursion is given a stack of its own."""
_STACK_BYTES = 1 << 30

T = TypeVar("T")


@dataclass(slots=True)
class BuiltNetwork:
    """What building gives.

    Args:
        model: None where a node was refused.
        values: By node, the Keras tensors that its call gave.
        layers: By node, the Keras layer that it calls (not for ops).
        sizes: The sizes that the data decided, by word and name.
        models: By name, what building a sub-model gave.
    """

    model: Any = None
    values: dict[str, list[Any]] = field(default_factory=dict)
    layers: dict[str, Any] = field(default_factory=dict)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    models: dict[str, BuiltNetwork] = field(default_factory=dict)


def build_keras_model(
    spec: Spec, graph: Graph, report: Report, *, maker: Maker | None = None, adapt: Adapter | None = None
) -> BuiltNetwork:
    """Builds the model under the spec's seed and dtype policy.

    What Keras refuses is reported at the node's line; what depends on that node stays silent.

    Args:
        maker: Makes the objects; knows the data's sizes and the path rule's folders.
        adapt: Adapts the layers that learn from data; left out, they stay as they are.

    Returns:
        The model and, by node, its tensors and layers.
    """
    called = graph.called_models()
    networks = [graph, *(graph.models[name] for name in called)]
    maker = maker or Maker()

    def build() -> BuiltNetwork:
        keras.utils.set_random_seed(spec.document.seed)
        models: dict[str, BuiltNetwork] = {}
        with _dtype_policy(spec.document.dtype_policy):
            for name in called:
                inner = _Builder(spec, graph.models[name], report, maker, None, models, name.rpartition("/")[2])
                models[name] = inner.build()
                maker.models[name] = models[name].model
            return _Builder(spec, graph, report, maker, adapt, models, spec.name).build()

    return _with_deep_stack(build, max(len(network.nodes) for network in networks))


class _Builder:
    """Builds one network.

    Args:
        models: The sub-models that are built, by name.
        name: What the Keras model is called.
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
        for node in self.graph.nodes.values():
            if node.faulty or any(tensor.node not in self.network.values for tensor in node.tensors()):
                continue
            try:
                self._add(node)
            except UnknownSize as error:
                self._refuse(node, codes.SIZE_WITHOUT_DATA, str(error), "give the spec `data:`, or write the number")
            except Exception as error:
                self._refuse(
                    node, codes.REJECTED_BY_KERAS, f"Keras refuses `{node.name}`: {plain(error)}", self._shapes(node)
                )
        if not self.report.has_errors:
            self._assemble()
        return self.network

    def _build_application(self, node: Node) -> None:
        """A model of `keras.applications`, under the sub-model's name; weights from a file are loaded later."""
        assert node.catalog is not None
        arguments = self.maker.arguments(node.catalog, node.arguments, _keras_name(self.name))
        if node.catalog.parameters["weights"].default != arguments.get("weights", "imagenet"):
            arguments["weights"] = None
        try:
            model = keras_class(node.catalog.path)(**arguments)
        except Exception as error:
            self._refuse(node, codes.REJECTED_BY_KERAS, f"Keras refuses `{node.head}`: {plain(error)}", "")
            return
        model.name = _keras_name(self.name)  # given to it, some make their layers' names of it, or look widths up by it
        if node.trainable is False:
            model.trainable = False
        (given,) = self.graph.inputs
        self.network.values |= {given.name: [model.input], node.name: [model.output]}
        self.network.layers[node.name] = model
        self.network.model = model
        name_outputs(model, list(self.graph.outputs))

    def _add(self, node: Node) -> None:
        if node.kind == "input":
            given = self.spec.input(node.path)
            size = given.batch_size
            value = keras.Input(shape=tuple(given.shape), batch_size=size, dtype=given.dtype, name=node.name)
            self.network.values[node.name] = [value]
        elif node.kind == "op":
            self._add_op(node)
        elif node.kind == "model":
            self._add_model_call(node)
        else:
            self._add_layer_call(node)

    def _add_layer_call(self, node: Node) -> None:
        callee = self.graph.callee(node)
        if node.kind == "layer":
            layer = self._make_layer(node)
            if self.adapt is not None and node.catalog is not None and node.catalog.adapts:
                self.adapt(layer, node, self.network)
            self.network.layers[node.name] = layer
        else:
            layer = self.network.layers[node.name] = self.network.layers[callee.name]
        feeds = {name: self._feed(feed) for name, feed in node.feeds.items()}
        constants = self._constants(node)
        first = next(iter(feeds), None)
        value = layer(**constants) if first is None else layer(feeds.pop(first), **feeds, **constants)
        self._keep(node, value)
        if layer.weights and not any(_is_symbolic(v) for t in node.tensors() for v in self.network.values[t.node]):
            self._refuse(
                node,
                codes.NO_INPUT_DEPENDENCY,
                f"`{node.name}` has weights and takes only constants: Keras would lose its weights",
                "feed it from an input",
            )

    def _add_model_call(self, node: Node) -> None:
        inner = self.network.models.get(node.head)
        if inner is None or inner.model is None:  # what is wrong with it has been said
            return
        model = self.network.layers[node.name] = inner.model
        feeds = {name: self._feed(feed) for name, feed in node.feeds.items()}
        value = model(feeds if len(feeds) > 1 else next(iter(feeds.values())), **node.constants)
        outputs = self.graph.models[node.head].outputs
        self._keep(node, [value[name] for name in outputs] if len(outputs) > 1 else value)

    def _make_layer(self, node: Node) -> Any:
        name = _keras_name(node.name)
        if node.catalog is None:
            layer = import_class(node.head)(**node.arguments, name=name)
        else:
            arguments = self.maker.arguments(node.catalog, node.arguments, name)
            layer = keras_class(node.catalog.path)(**arguments, name=name)
        if node.trainable is not None:  # as an argument it would not reach the layers that this one holds
            layer.trainable = node.trainable
        return layer

    def _add_op(self, node: Node) -> None:
        assert node.catalog is not None
        feeds = {name: self._feed(feed) for name, feed in node.feeds.items()}
        constants = self._constants(node)
        spread = [t.name for t in node.catalog.tensors if t.form == "spread"]
        function = keras_class(node.catalog.path)
        before = {id(value) for feed in feeds.values() for value in (feed if isinstance(feed, list) else [feed])}
        if spread:
            leading = [constants.pop(c.name) for c in node.catalog.constants.values() if c.required]
            value = function(*leading, *feeds[spread[0]], **constants)
        else:
            value = function(**feeds, **constants)
        self._keep(node, value)
        _name_operations(self.network.values[node.name], before, _keras_name(node.name))

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

    def _feed(self, feed: Feed) -> Any:
        return [self._tensor(tensor) for tensor in feed] if isinstance(feed, list) else self._tensor(feed)

    def _tensor(self, tensor: Tensor) -> Any:
        return self.network.values[tensor.node][tensor.output]

    def _keep(self, node: Node, value: Any) -> None:
        values = (
            list(value.values())
            if isinstance(value, dict)
            else list(value)
            if isinstance(value, (list, tuple))
            else [value]
        )
        if node.outputs and len(node.outputs) != len(values):
            count = "one output" if len(values) == 1 else f"{len(values)} outputs"
            self._refuse(
                node,
                codes.WRONG_OUTPUT_COUNT,
                f"`{node.name}` gives {count}, and `as` names {len(node.outputs)}",
                "name all of them, `_` for one that is not wanted",
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
            self._refuse(
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
                name=_keras_name(self.name),
            )
        except Exception as error:
            self.report.error(
                codes.REJECTED_BY_KERAS,
                f"Keras refuses the model: {plain(error)}",
                self.spec.positions.key(("layers",)),
            )
            return
        name_outputs(self.network.model, list(outputs))
        if self.graph.calls and all(node.trainable is False for node in self.graph.calls):
            self.network.model.trainable = False

    def _refuse(self, node: Node, code: Rule, message: str, help: str, at: tuple[str, ...] = ()) -> None:
        positions = self.spec.positions
        if at:
            span = positions.value((*node.path, *at))
        elif node.kind == "input":
            span = positions.key(node.path)
        else:
            span = head_span(node.path, self.spec.entry(node.path), positions)
        self.report.error(code, message, span, help=help)

    def _shapes(self, node: Node) -> str:
        """What the node was given, for the help line."""
        shown = [f"`{tensor.node}` {shape_text(self._tensor(tensor).shape)}" for tensor in node.tensors()]
        return f"it takes {', '.join(shown)}" if shown else ""


def name_outputs(model: Any, outputs: Iterable[str]) -> None:
    """Losses, metrics and targets go by the outputs' names, not by Keras's layers'.

    Two calls of a shared layer have one layer name, and one of their losses would vanish from the history.
    """
    model.output_names = flat_order(outputs)


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, keras.KerasTensor)


def _keras_name(name: str) -> str:
    """Keras refuses slashes in names: `use/inner` is `use.inner` there."""
    return name.replace("/", ".")


def _name_operations(values: Iterable[Any], before: set[int], name: str) -> None:
    """Names what an op's call made after its node, in place of a counter of the whole process."""
    waiting = [value for value in values if _is_symbolic(value)]
    operations: dict[int, Any] = {}
    while waiting:
        value = waiting.pop()
        history = getattr(value, "_keras_history", None)
        if id(value) in before or history is None or id(history.operation) in operations:
            continue
        operations[id(history.operation)] = history.operation
        waiting.extend(history.operation._inbound_nodes[history.node_index].input_tensors)
    for number, operation in enumerate(operations.values()):
        operation.name = name if number == 0 else f"{name}.{number}"


@contextmanager
def _dtype_policy(policy: str | None) -> Any:
    before = keras.config.dtype_policy()
    if policy is not None:
        keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _with_deep_stack(function: Callable[[], T], depth: int) -> T:
    """Keras walks a model by recursion, and dies of it at a thousand layers; here it gets the room."""
    if depth < _DEEP:
        return function()
    result: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(function())
        except BaseException as error:  # handed to the caller's thread, where it is raised again
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
