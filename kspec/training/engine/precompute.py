"""A model cut in two: what is computed once over the data, and the core that every step goes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec.analysis.hoisting import NetworkFacts, Prefix, bytes_of, find_prefix
from kspec.analysis.shapes.types import TensorType
from kspec.backend.keras_model import BuiltNetwork
from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.ir import Graph, Node, Tensor
from kspec.ir.layer_patterns import networks_by_path
from kspec.training.engine.subgraph import Part, Traced

ANSWER_BYTES = 1 << 30
"""What the answers that are computed beforehand may take in memory, for one part of the data."""
TOLERANCE = {2: 5e-2, 4: 3e-4, 8: 1e-8}
"""By the bytes of a number, how far answers to the same example may differ, as a part of the largest of them: sums of
another order differ in the last bits, what hangs on other examples in the first."""


class MixedExamples(Exception):
    """The answers for an example hang on those beside it."""


class PrecomputedPrefix:
    """The two halves of a built model; both have its own layers.

    Args:
        found: Where it is cut.
        bytes_each: What the answers for an example take.
    """

    def __init__(self, model: Any, graph: Graph, network: BuiltNetwork, found: Prefix, bytes_each: int) -> None:
        inputs = {node.name: network.values[node.name][0] for node in graph.inputs}
        ends = {_key(tensor): network.values[tensor.node][tensor.output] for tensor in found.boundary}
        self.found = found
        self.bytes_each = bytes_each
        self.ends = {_key(tensor): tensor.node for tensor in found.boundary if tensor.node not in inputs}
        self._begin, self._end = ends, model.output
        self._inputs = inputs

    @cached_property
    def first(self) -> Traced:
        """What is gone through once."""
        return Traced(self._inputs, {key: self._begin[key] for key in self.ends})

    @cached_property
    def core(self) -> Core:
        """A model from what the hoisted nodes answer (and the inputs that other nodes take) to the outputs."""
        return Core(self._begin if len(self._begin) > 1 else next(iter(self._begin.values())), self._end)

    def fits(self, batches: Batches) -> bool:
        """Whether the answers for these examples can be kept."""
        return batches.in_memory and self.bytes_each * batches.examples <= ANSWER_BYTES

    def __call__(self, batches: Batches, tell: Callable[[int], None] = lambda _: None) -> Batches:
        """The same examples as the core takes them.

        They are computed in batches as training has them, for its bits and for its need of memory.

        Args:
            tell: Called with how many are done.

        Raises:
            MixedExamples: when they turn out otherwise beside other examples.
        """
        count, size = batches.examples, batches.batch_size
        step = size if self.found.has_frozen else max(size, CHUNK_BYTES // max(1, batches.bytes_each))
        answers: dict[str, Any] = {}
        for start in range(0, count, step):
            for key, part in self._answers(batches, slice(start, start + step)).items():
                if key not in answers:
                    answers[key] = np.empty((count, *part.shape[1:]), part.dtype)
                answers[key][start : start + step] = part
            tell(min(start + step, count))
        apart = np.arange(0, count, max(1, count // size))[:size]
        if not all(_same(answers[key][apart], again) for key, again in self._answers(batches, apart).items()):
            raise MixedExamples
        return batches.with_inputs({n: answers[n] if n in answers else batches.inputs[n] for n in self._begin})

    def _answers(self, batches: Batches, rows: Any) -> dict[str, Any]:
        given = {name: tf.constant(batches.inputs[name][rows]) for name in self._inputs}
        types = {name: one.dtype for name, one in self._inputs.items()}
        cast = {n: one if one.dtype == types[n] else tf.cast(one, types[n]) for n, one in given.items()}
        return {key: answer.numpy() for key, answer in self.first.run(cast).items()}


class Core(keras.layers.Layer):
    """What remains of a model: it runs the model's own layers, and knows them, so that their losses are reset with it.

    No `keras.Model`: that would make nodes of its own, on which the whole model could not be saved any more.

    Args:
        inputs: Where it begins: tensors of the model, or a dict of them.
        outputs: The model's.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        super().__init__(autocast=False)
        self.rest = Part(inputs, outputs)
        self.parts = self.rest.layers

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.rest.run(inputs, training)


def precompute_prefix(
    model: Any, graph: Graph, network: BuiltNetwork, parts: Sequence[Batches], *, frozen: bool = True
) -> PrecomputedPrefix | None:
    """The model cut in two, as its layers are trainable now; None where nothing can be computed beforehand.

    Args:
        graph: What it was built from.
        parts: The examples; their answers must find room.
        frozen: Whether frozen parts too, or preprocessing alone.
    """
    facts = _facts(model, graph, network)
    while True:
        found = find_prefix(graph, facts, frozen=frozen)
        kept = [bytes_of(facts.tensor(tensor)) for tensor in found.boundary if graph.nodes[tensor.node].kind != "input"]
        if not found.nodes or None in kept:
            return None
        made = PrecomputedPrefix(model, graph, network, found, sum(size or 0 for size in kept))
        if not all(made.fits(part) for part in parts):
            return None
        acting = {id(layer) for layer in made.first.acting}
        changing = {node.name for node in graph.calls if id(network.layers.get(node.name)) in acting}
        masked = {made.ends[key] for key in made.first.masked}
        if not changing and not masked:
            return made
        facts.changing |= changing
        facts.masked |= masked


def _facts(model: Any, graph: Graph, network: BuiltNetwork) -> NetworkFacts:
    """What the built layers tell."""
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
    """What one output of a node is called among several tensors."""
    return tensor.node.replace("/", ".") + (f".{tensor.output}" if tensor.output else "")


def _same(ours: Any, theirs: Any) -> bool:
    """Whether two answers to the same examples are the same, last bits apart."""
    if ours.dtype.kind in "OSUbiu":
        return bool(np.array_equal(ours, theirs))
    first, second = (np.asarray(answers, "float64") for answers in (ours, theirs))
    most = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
    return bool(np.allclose(first, second, rtol=0, atol=TOLERANCE[ours.dtype.itemsize] * most, equal_nan=True))
