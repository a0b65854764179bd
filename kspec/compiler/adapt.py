"""Adapts preprocessing layers on the training split, and supplies the sizes that data decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.analysis.adapted_layers import target_to_learn
from kspec.backend.keras_objects import NeedsData, no_sizes
from kspec.data import Dataset
from kspec.ir import Graph, Node
from kspec.ir.preset import is_preset
from kspec.language import Spec

if TYPE_CHECKING:
    from kspec.backend.keras_model import BuiltNetwork
    from kspec.data.pipeline import Batches

_BATCH_SIZE = 1024
MAX_ADAPTED_BYTES = 1 << 29
"""Layers learn from larger arrays batch by batch, since Keras copies what they learn from at once."""


class Adapter:
    """Adapts layers in their order, each before what follows it is built.

    Args:
        spec: The spec.
        graph: Its graph.
        dataset: None if the spec has no data, or it is not read.
        must_adapt: Whether adapting without data is an error; else the layer stays as it is (for a summary).
    """

    def __init__(self, spec: Spec, graph: Graph, dataset: Dataset | None, must_adapt: bool) -> None:
        self.spec = spec
        self.graph = graph
        self.dataset = dataset
        self.must_adapt = must_adapt
        self.layers: dict[str, Any] = {}
        self.preset: set[str] = set()

    def size(self, word: str, name: str) -> int:
        """The size of a vocabulary (`vocabulary_of`, a layer) or of a target's classes (`classes_of`, an output).

        Raises:
            NeedsData: if there is no data.
        """
        if word == "vocabulary_of":
            layer = self.layers.get(name)
            if layer is not None and (self.dataset is not None or name in self.preset):
                return int(layer.vocabulary_size())
        elif self.dataset is not None and (size := self.dataset.size(word, name)) is not None:
            return size
        return no_sizes(word, name)

    def __call__(self, layer: Any, node: Node, network: BuiltNetwork) -> None:
        """Adapts a layer on what reaches it, or on the target that it scales predictions back to.

        Raises:
            NeedsData: if there is no data, and there must be.
        """
        self.layers[node.name] = layer
        if is_preset(node.arguments):
            self.preset.add(node.name)
        weights_follow = self.spec.document.weights is not None and node.head == "Normalization"  # its state is weights
        if weights_follow or is_preset(node.arguments):
            return
        if self.dataset is None:
            if self.must_adapt:
                raise NeedsData(f"`{node.name}` learns from the training data, and the spec has none")
            return
        if (output := target_to_learn(self.graph, node)) is not None:
            target = self.dataset.splits["train"].targets[output]
            shape = network.values[next(node.tensors()).node][next(node.tensors()).output].shape
            layer.adapt(target.reshape(len(target), *shape[1:]).astype("float32"))
            return
        feed = next(iter(node.feeds.values()))
        tensor = feed[0] if isinstance(feed, list) else feed
        inputs = self.dataset.splits["train"].inputs
        if tensor.node in inputs and self.spec.document.inputs.get(tensor.node):
            _adapt_on_input(layer, inputs[tensor.node])
        else:
            _adapt_on_tensor(layer, inputs, network, network.values[tensor.node][tensor.output])


def _adapt_on_input(layer: Any, values: Any) -> None:
    """Adapts a layer on an input, shape (n, …)."""
    import numpy as np

    from kspec.data.files.decoded_files import BUDGET
    from kspec.data.windows.arrays import copied_if_small

    values = copied_if_small(values, BUDGET)
    is_numbers = isinstance(values, np.ndarray) and values.dtype.kind in "fiub"
    if is_numbers and values.nbytes <= MAX_ADAPTED_BYTES:
        layer.adapt(values)
    else:
        layer.adapt(_batches({"input": values}).dataset())


def _adapt_on_tensor(layer: Any, inputs: Mapping[str, Any], network: BuiltNetwork, tensor: Any) -> None:
    """Adapts a layer on a tensor of the network, computed from the inputs."""
    import keras

    names = list(inputs)
    function = keras.Function([network.values[name][0] for name in names], tensor)

    def compute(batch: Any) -> Any:
        return function([batch[name] for name in names] if isinstance(batch, dict) else [batch])

    layer.adapt(_batches(inputs).dataset().map(compute))


def _batches(inputs: Mapping[str, Any]) -> Batches:
    from kspec.data.pipeline import Batches

    return Batches(inputs, {}, {}, batch_size=_BATCH_SIZE, shuffle=False, seed=0)
