"""A part of a model's graph: run in training or not, and looked at for what training does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import keras
import tensorflow as tf

READING = frozenset({
    "Assert", "Case", "If", "LookupTableFindV2", "LookupTableSizeV2", "PartitionedCall", "ReadVariableOp",
    "ResourceGather", "ResourceGatherNd", "StatefulPartitionedCall", "While",
})  # fmt: skip
"""Operations that TensorFlow counts among those with a state, and that leave it as it is: they read, or hold others."""


class Part(keras.Function):
    """A part of a model's graph, from tensors of it to tensors of it."""

    def run(
        self,
        inputs: Any,
        training: bool | None,
        around: Callable[[Any, Callable[[], Any]], Any] = lambda _, call: call(),
    ) -> Any:
        """Runs its layers.

        Args:
            around: Called with each of them and its call, in place of the call.
        """

        def told(operation: Any) -> Any:
            says = training is not None and getattr(operation, "_call_has_training_arg", False)

            def call(*args: Any, **kwargs: Any) -> Any:
                # the node remembers what was said when the model was built
                said = {**kwargs, "training": training} if says else kwargs
                return around(operation, lambda: operation(*args, **said))

            return call

        return self._run_through_graph(inputs, operation_fn=told)

    @property
    def layers(self) -> list[Any]:
        """The layers that it goes through."""
        return [operation for operation in self.operations if isinstance(operation, keras.Layer)]


class Traced:
    """A part, traced as a step of training calls it.

    Args:
        inputs: By name, the tensors of the model that it begins with; examples first.
        outputs: By name, those that it ends with.

    Attributes:
        run: Takes tensors by name, gives tensors by name.
        acting: The layers that do more in training than to answer: that draw, write to variables, or add losses.
        masked: The outputs that carry a mask.
    """

    def __init__(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        part = Part(inputs, outputs)
        made: list[tuple[Any, list[str]]] = []
        self.masked: set[str] = set()

        def watched(operation: Any, call: Callable[[], Any]) -> Any:
            graph = tf.compat.v1.get_default_graph()
            before = len(graph.get_operations())
            answer = call()
            made.append((operation, [one.name for one in graph.get_operations()[before:]]))
            return answer

        def run(given: dict[str, Any]) -> Any:
            answers = part.run(given, True, watched)
            self.masked.update(name for name, one in answers.items() if getattr(one, "_keras_mask", None) is not None)
            return answers

        signature = {name: tf.TensorSpec(tuple(one.shape), one.dtype) for name, one in inputs.items()}
        self.run = tf.function(run, input_signature=[signature], autograph=False).get_concrete_function()
        acting = _acting(self.run.graph.as_graph_def())
        self.acting = [operation for operation, names in made if not acting.isdisjoint(names)]
        self.acting += [layer for layer in part.layers if any(each._losses for each in layer._flatten_layers())]
        for layer in part.layers:  # what was added belongs to no step
            layer._clear_losses()


def _acting(graph: Any) -> set[str]:
    """The operations of a graph that do more than to compute from what they are given and from what they read."""
    registry = import_module("tensorflow.python.framework.op_def_registry")
    functions = {function.signature.name: function.node_def for function in graph.library.function}
    known: dict[str, bool] = {}

    def acts(node: Any) -> bool:
        definition = registry.get(node.op)
        if node.op not in functions and (definition is None or definition.is_stateful) and node.op not in READING:
            return True
        called = {node.op} & functions.keys()
        for value in node.attr.values():
            called |= {value.func.name, *(function.name for function in value.list.func)} & functions.keys()
        return any(any_acts(name) for name in called)

    def any_acts(name: str) -> bool:
        if name not in known:
            known[name] = False  # one that calls itself
            known[name] = _any(acts, functions[name])
        return known[name]

    return {node.name for node in graph.node if acts(node)}


def _any(acts: Callable[[Any], bool], nodes: Iterable[Any]) -> bool:
    return any(acts(node) for node in nodes)
