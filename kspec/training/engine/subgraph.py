"""A part of a model's graph, run for training or inference, and checked for side effects of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import keras
import tensorflow as tf

PURE_OPS = frozenset({
    "Assert", "Case", "If", "LookupTableFindV2", "LookupTableSizeV2", "PartitionedCall", "ReadVariableOp",
    "ResourceGather", "ResourceGatherNd", "StatefulPartitionedCall", "While",
})  # fmt: skip
"""Operations that TensorFlow counts as stateful though they change no state: they read it, or call functions."""

Call = Callable[[], Any]
"""The call of one operation, its arguments bound."""


class Subgraph(keras.Function):
    """The part of a model's graph between two sets of its tensors."""

    def run(
        self,
        inputs: Any,
        training: bool | None,
        intercept: Callable[[keras.Operation, Call], Any] = lambda _, call: call(),
    ) -> Any:
        """Runs its operations.

        Args:
            inputs: Tensors, structured as the function's inputs.
            training: Passed to layers that take it; None keeps what they were built with.
            intercept: Called with each operation and its call, instead of the call.
        """

        def bind(operation: keras.Operation) -> Callable[..., Any]:
            takes_training = training is not None and getattr(operation, "_call_has_training_arg", False)

            def call(*args: Any, **kwargs: Any) -> Any:
                # else the node's own `training`, from when the model was built, would win
                arguments = {**kwargs, "training": training} if takes_training else kwargs
                return intercept(operation, lambda: operation(*args, **arguments))

            return call

        return self._run_through_graph(inputs, operation_fn=bind)

    @property
    def layers(self) -> list[keras.Layer]:
        """The layers that it runs."""
        return [operation for operation in self.operations if isinstance(operation, keras.Layer)]


class TracedSubgraph:
    """A subgraph, traced as a training step calls it.

    Args:
        inputs: By name, the model's tensors that it begins with; first axis examples.
        outputs: By name, the tensors that it ends with.

    Attributes:
        run: Takes tensors by name, returns tensors by name.
        side_effects: The layers that do more than compute in training: draw random numbers, write to variables, or
            add losses.
        masked: The outputs that carry a mask.
    """

    def __init__(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        subgraph = Subgraph(inputs, outputs)
        traced: list[tuple[keras.Operation, list[str]]] = []
        self.masked: set[str] = set()

        def record(operation: keras.Operation, call: Call) -> Any:
            graph = tf.compat.v1.get_default_graph()
            before = len(graph.get_operations())
            result = call()
            traced.append((operation, [created.name for created in graph.get_operations()[before:]]))
            return result

        def run(tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            results: dict[str, tf.Tensor] = subgraph.run(tensors, True, record)
            self.masked.update(
                name for name, tensor in results.items() if getattr(tensor, "_keras_mask", None) is not None
            )
            return results

        signature = {name: tf.TensorSpec(tuple(tensor.shape), tensor.dtype) for name, tensor in inputs.items()}
        self.run = tf.function(run, input_signature=[signature], autograph=False).get_concrete_function()
        impure = _impure_operations(self.run.graph.as_graph_def())
        self.side_effects = [operation for operation, names in traced if not impure.isdisjoint(names)]
        self.side_effects += [
            layer for layer in subgraph.layers if any(inner._losses for inner in layer._flatten_layers())
        ]
        for layer in subgraph.layers:  # losses added while tracing belong to no step
            layer._clear_losses()


def _impure_operations(graph: Any) -> set[str]:
    """The operations of a `GraphDef` that do more than compute from their inputs and from state that they read."""
    registry = import_module("tensorflow.python.framework.op_def_registry")
    functions = {function.signature.name: function.node_def for function in graph.library.function}
    known: dict[str, bool] = {}

    def is_impure(node: Any) -> bool:
        definition = registry.get(node.op)
        if node.op not in functions and (definition is None or definition.is_stateful) and node.op not in PURE_OPS:
            return True
        called = {node.op} & functions.keys()
        for value in node.attr.values():
            called |= {value.func.name, *(function.name for function in value.list.func)} & functions.keys()
        return any(is_impure_function(name) for name in called)

    def is_impure_function(name: str) -> bool:
        if name not in known:
            known[name] = False  # ends the recursion of a function that calls itself
            nodes: Iterable[Any] = functions[name]
            known[name] = any(is_impure(node) for node in nodes)
        return known[name]

    return {node.name for node in graph.node if is_impure(node)}
