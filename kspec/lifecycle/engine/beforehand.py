"""A model cut in two: what is computed once over the data, and the core that every step goes through."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.graph import Graph
from kspec.targets.hoisting import hoisted

ANSWER_BYTES = 1 << 30
"""What the answers that are computed beforehand may take in memory, for one part of the data."""


class Beforehand:
    """The two halves of a built model; both have its own layers.

    Args:
        graph: What it was built from.
        values: By node, the Keras tensors that building gave.

    Attributes:
        core: A model from what the hoisted nodes answer (and the inputs that other nodes take) to the outputs.
    """

    def __init__(self, model: Any, graph: Graph, values: dict[str, list[Any]], nodes: list[str]) -> None:
        early = {*nodes, *(node.name for node in graph.inputs)}
        needed = graph.needed()
        late = [node for node in graph.calls if node.name in needed and node.name not in early]
        taken = list(dict.fromkeys(tensor.node for node in late for tensor in node.tensors() if tensor.node in early))
        self.names = [name.replace("/", ".") for name in taken]
        self._hoisted = {key: name for key, name in zip(self.names, taken, strict=True) if name in nodes}
        inputs = {node.name: values[node.name][0] for node in graph.inputs}
        ends = {key: values[name][0] for key, name in zip(self.names, taken, strict=True)}
        self._before = keras.Function(inputs, {key: ends[key] for key in self._hoisted})
        self.core = Core(ends if len(ends) > 1 else next(iter(ends.values())), model.output)

    def fits(self, batches: Batches) -> bool:
        """Whether the answers for these examples can be kept."""
        if not batches.in_memory:
            return False
        sizes = [_bytes(tensor) for tensor in self._before.outputs]
        return None not in sizes and sum(size or 0 for size in sizes) * batches.examples <= ANSWER_BYTES

    def __call__(self, batches: Batches) -> Batches:
        """The same examples as the core takes them."""
        step = max(1, CHUNK_BYTES // max(1, batches.bytes_each))
        parts = [
            self._before({name: tf.constant(array[start : start + step]) for name, array in batches.inputs.items()})
            for start in range(0, batches.examples, step)
        ]
        answers = {key: np.concatenate([part[key].numpy() for part in parts]) for key in self._hoisted}
        return batches.with_inputs({n: answers[n] if n in answers else batches.inputs[n] for n in self.names})


class Core(keras.layers.Layer):
    """What remains of a model: it runs the model's own layers, and knows them, so that their losses are reset with it.

    No `keras.Model`: that would make nodes of its own, on which the whole model could not be saved any more.

    Args:
        inputs: Where it begins: tensors of the model, or a dict of them.
        outputs: The model's.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        super().__init__(autocast=False)
        self.rest = _Rest(inputs, outputs)
        self.parts = [operation for operation in self.rest.operations if isinstance(operation, keras.Layer)]

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.rest.run(inputs, training)


class _Rest(keras.Function):
    """A part of a model's graph, in training or not."""

    def run(self, inputs: Any, training: bool | None) -> Any:
        def told(operation: Any) -> Any:
            if training is None or not getattr(operation, "_call_has_training_arg", False):
                return operation
            # the node remembers what was said when the model was built
            return lambda *args, **kwargs: operation(*args, **{**kwargs, "training": training})

        return self._run_through_graph(inputs, operation_fn=told)


def cut(model: Any, graph: Graph, values: dict[str, list[Any]]) -> Beforehand | None:
    """The model cut in two; None where nothing can be computed beforehand."""
    nodes = hoisted(graph)
    return Beforehand(model, graph, values, nodes) if nodes else None


def _bytes(tensor: Any) -> int | None:
    """Of one example's answer; None where its size is not known."""
    shape = tensor.shape[1:]
    if any(axis is None for axis in shape):
        return None
    each = {"string": 64, "bool": 1}.get(tensor.dtype)
    return int(np.prod(shape)) * (each or keras.backend.standardize_dtype(tensor.dtype).endswith("64") * 4 + 4)
