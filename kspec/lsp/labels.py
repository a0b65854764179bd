"""Shapes and parameter counts, in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.analysis.shapes.submodels import uncounted_weights
from kspec.analysis.shapes.types import InferredCall, TensorType
from kspec.ir import Node
from kspec.lsp.document import Network
from kspec.syntax.yaml_flow import shape_text

SHOWN_OUTPUTS = 3


def tensor_in_words(tensor: TensorType) -> str:
    """`(null, 10)`, with the dtype unless it is a float; empty if even the rank is unknown."""
    if tensor.shape is None:
        return ""
    dtype = "" if "float" in tensor.dtype else f" {tensor.dtype}"
    return shape_text(tensor.shape) + dtype


def shape_of(node: Node, network: Network) -> str:
    """The shapes of a node's outputs."""
    return shapes(network.types.calls[node.name].outputs)


def shapes(tensors: Sequence[TensorType]) -> str:
    """Several tensors in words; empty if nothing is known of any."""
    words = [tensor_in_words(tensor) for tensor in tensors]
    if not any(words):
        return ""
    return ", ".join(word or "?" for word in words[:SHOWN_OUTPUTS]) + (", …" if len(words) > SHOWN_OUTPUTS else "")


def input_types(node: Node, network: Network) -> list[TensorType]:
    """The types of a node's inputs."""
    return [network.types.tensor(tensor) for tensor in node.tensors()]


def shapes_through(model: Network) -> str:
    """The input and output shapes of a sub-model: `(null, 28, 28, 1) → (null, 16)`; empty if all are unknown."""
    inputs = shapes([model.types.calls[node.name].outputs[0] for node in model.graph.inputs])
    outputs = shapes([model.types.tensor(tensor) for tensor in model.graph.outputs.values()])
    return f"{inputs or '?'} → {outputs or '?'}" if inputs or outputs else ""


def model_call(name: str, caller: Network) -> InferredCall:
    """A call of a sub-model: the outputs for its declared inputs, and all of its weights."""
    model, types = caller.graph.models[name], caller.types.models[name]
    outputs = [types.tensor(tensor) for tensor in model.outputs.values()]
    return InferredCall(outputs, uncounted_weights(name, caller.graph, caller.types.models, set()))


def parameters(call: InferredCall) -> int | None:
    """The number of parameters of a layer; None if unknown."""
    return None if call.weights is None else sum(weight.size for weight in call.weights)


def trainable(call: InferredCall) -> int:
    """The number of trainable parameters of a layer."""
    return sum(weight.size for weight in call.weights or () if weight.trainable)


def count_of(number: int, noun: str = "parameter") -> str:
    """`1 parameter`, `1,020 parameters`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
