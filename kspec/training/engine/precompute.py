"""A model cut in two: the prefix computed once over the data, and the core that every step runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec.analysis.hoisting import NetworkFacts, Prefix, bytes_per_example, find_prefix
from kspec.analysis.shapes.types import TensorType
from kspec.backend.keras_model import BuiltNetwork
from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.data.storage.mapped_arrays import empty
from kspec.ir import Graph, Node, Tensor
from kspec.ir.layer_patterns import networks_by_path
from kspec.training.engine.subgraph import Subgraph, TracedSubgraph

Array = np.ndarray[Any, Any]

MAX_PRECOMPUTED_BYTES = 1 << 30
"""The memory that precomputed values may take, for each split of the data."""
TOLERANCE = {2: 5e-2, 4: 3e-4, 8: 1e-8}
"""By the bytes of a number, how far two values for the same example may differ, as a fraction of the largest value.
Another order of summation changes the last bits; a dependency on other examples changes the first ones."""


class MixedExamples(Exception):
    """The values of an example depend on the other examples of its batch."""


class PrecomputedPrefix:
    """The two halves of a built model; both use its own layers.

    Args:
        model: The Keras model.
        graph: The graph that it was built from.
        network: Layers and tensors of the built graph.
        prefix: The part to compute once.
        bytes_each: Bytes that an example's precomputed values take.
    """

    def __init__(
        self, model: keras.Model, graph: Graph, network: BuiltNetwork, prefix: Prefix, bytes_each: int
    ) -> None:
        inputs = {node.name: network.values[node.name][0] for node in graph.inputs}
        self.has_frozen = prefix.has_frozen
        self.nodes = prefix.nodes
        self.bytes_each = bytes_each
        self.origins = {_key(tensor): tensor.node for tensor in prefix.boundary if tensor.node not in inputs}
        """By key, the node of each precomputed tensor."""
        self.boundary = tuple(_key(tensor) for tensor in prefix.boundary)
        """The keys of the tensors between its halves."""
        self._boundary = {_key(tensor): network.values[tensor.node][tensor.output] for tensor in prefix.boundary}
        self._inputs = inputs
        self._outputs = model.output

    @cached_property
    def subgraph(self) -> TracedSubgraph:
        """The part that runs once."""
        return TracedSubgraph(self._inputs, {key: self._boundary[key] for key in self.origins})

    @cached_property
    def core(self) -> Core:
        """The part that every step runs: from the precomputed tensors, and inputs that later nodes take, to outputs."""
        several = len(self._boundary) > 1
        return Core(self._boundary if several else next(iter(self._boundary.values())), self._outputs)

    def fits(self, batches: Batches) -> bool:
        """Whether the values for these examples fit in memory."""
        return batches.in_memory and self.bytes_each * batches.stored <= MAX_PRECOMPUTED_BYTES

    def __call__(self, batches: Batches, report_progress: Callable[[int], None] = lambda _: None) -> Batches:
        """Precomputes values for all examples.

        A frozen part runs in batches of the training's size: for the same bits, and the same need of memory.

        Args:
            batches: The examples as the model takes them.
            report_progress: Called with the number of examples computed.

        Returns:
            The same examples as the core takes them.

        Raises:
            MixedExamples: if an example's values change in the company of other examples.
        """
        count, size = batches.stored, batches.batch_size
        step = size if self.has_frozen else max(size, CHUNK_BYTES // max(1, batches.bytes_each))
        values: dict[str, Array] = {}
        for start in range(0, count, step):
            for key, part in self._compute(batches, slice(start, start + step)).items():
                if key not in values:
                    like = next(iter(batches.inputs.values()))
                    values[key] = empty((count, *part.shape[1:]), part.dtype, like)
                values[key][start : start + step] = part
            report_progress(min(start + step, count))
        sample = np.arange(0, count, max(1, count // size))[:size]
        if not all(_same(values[key][sample], again) for key, again in self._compute(batches, sample).items()):
            raise MixedExamples
        return batches.with_inputs(
            {key: values[key] if key in values else batches.inputs[key] for key in self._boundary}
        )

    def _compute(self, batches: Batches, rows: slice | Array) -> dict[str, Array]:
        tensors = {name: tf.constant(batches.inputs[name][rows]) for name in self._inputs}
        for name, tensor in self._inputs.items():
            if tensors[name].dtype != tensor.dtype:
                tensors[name] = tf.cast(tensors[name], tensor.dtype)
        return {key: tensor.numpy() for key, tensor in self.subgraph.run(tensors).items()}


class Core(keras.layers.Layer):
    """The rest of a model. It tracks the model's own layers, so that their losses are reset with it.

    It is no `keras.Model`: that would add nodes to the layers, and the whole model could no longer be saved.

    Args:
        inputs: Where it begins: tensors of the model, or a dict of them.
        outputs: The model's outputs.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        super().__init__(autocast=False)
        self.subgraph = Subgraph(inputs, outputs)
        self.tracked = self.subgraph.layers

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.subgraph.run(inputs, training)


def precompute_prefix(
    model: keras.Model, graph: Graph, network: BuiltNetwork, splits: Sequence[Batches], *, frozen: bool = True
) -> PrecomputedPrefix | None:
    """Cuts a model in two, given the layers that train now.

    Args:
        model: The Keras model.
        graph: The graph that it was built from.
        network: Layers and tensors of the built graph.
        splits: The examples; their precomputed values must fit in memory.
        frozen: Precompute frozen layers too, not only preprocessing.

    Returns:
        None if nothing can be precomputed.
    """
    facts = _facts(model, graph, network)
    while True:
        part = find_prefix(graph, facts, frozen=frozen)
        sizes = [
            bytes_per_example(facts.tensor(tensor))
            for tensor in part.boundary
            if graph.nodes[tensor.node].kind != "input"
        ]
        if not part.nodes or None in sizes:
            return None
        prefix = PrecomputedPrefix(model, graph, network, part, sum(size or 0 for size in sizes))
        if not all(prefix.fits(split) for split in splits):
            return None
        impure = {id(layer) for layer in prefix.subgraph.side_effects}
        changing = {node.name for node in graph.calls if id(network.layers.get(node.name)) in impure}
        masked = {prefix.origins[key] for key in prefix.subgraph.masked}
        if not changing and not masked:
            return prefix
        facts.changing |= changing
        facts.masked |= masked


def _facts(model: Any, graph: Graph, network: BuiltNetwork) -> NetworkFacts:
    """What the built layers show."""
    learning = {id(weight) for weight in model.trainable_weights}
    trainable = {
        prefix + name: layer.trainable
        for prefix in networks_by_path(graph)
        for name, layer in (network.models[prefix[:-1]] if prefix else network).layers.items()
    }

    def learns(node: Node) -> bool:
        layer = network.layers.get(node.name)
        return layer is not None and any(id(weight) in learning for weight in layer.weights)

    def weighted(node: Node) -> bool:
        return bool(network.layers.get(node.name) is not None and network.layers[node.name].weights)

    def tensor(tensor: Tensor) -> TensorType:
        value = network.values[tensor.node][tensor.output]
        return TensorType(tuple(value.shape), keras.backend.standardize_dtype(value.dtype))

    return NetworkFacts(learns, weighted, tensor, trainable)


def _key(tensor: Tensor) -> str:
    """The name of a node's output among several tensors."""
    return tensor.node.replace("/", ".") + (f".{tensor.output}" if tensor.output else "")


def _same(first: Array, second: Array) -> bool:
    """Whether two values for the same examples are equal up to rounding."""
    if first.dtype.kind in "OSUbiu":
        return bool(np.array_equal(first, second))
    tolerance = TOLERANCE[first.dtype.itemsize]
    first, second = (np.asarray(values, "float64") for values in (first, second))
    largest = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
    return bool(np.allclose(first, second, rtol=0, atol=tolerance * largest, equal_nan=True))
