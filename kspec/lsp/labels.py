"""What the checker found out of each node, in few words."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.analysis.shapes.submodels import uncounted_weights
from kspec.analysis.shapes.types import InferredCall, TensorType
from kspec.ir import Node
from kspec.lsp.document import Network
from kspec.syntax.yaml_flow import shape_text

SHOWN_OUTPUTS = 3


def tensor_in_words(tensor: TensorType) -> str:
    """`(null, 10)`, with the dtype where it is no float; empty where not even the rank is known."""
    if tensor.shape is None:
        return ""
    dtype = "" if "float" in tensor.dtype else f" {tensor.dtype}"
    return shape_text(tensor.shape) + dtype


def shape_of(node: Node, of: Network) -> str:
    """What a node gives: the shapes of its outputs."""
    return shapes(of.types.calls[node.name].outputs)


def shapes(tensors: Sequence[TensorType]) -> str:
    """Several tensors in words; empty where nothing is known of any."""
    words = [tensor_in_words(tensor) for tensor in tensors]
    if not any(words):
        return ""
    return ", ".join(word or "?" for word in words[:SHOWN_OUTPUTS]) + (", …" if len(words) > SHOWN_OUTPUTS else "")


def taken(node: Node, of: Network) -> list[TensorType]:
    """What a node takes."""
    return [of.types.tensor(tensor) for tensor in node.tensors()]


def way_through(model: Network) -> str:
    """What a sub-model makes of what it takes: `(null, 28, 28, 1) → (null, 16)`; empty where nothing is known of it."""
    given = shapes([model.types.calls[node.name].outputs[0] for node in model.graph.inputs])
    gives = shapes([model.types.tensor(tensor) for tensor in model.graph.outputs.values()])
    return f"{given or '?'} → {gives or '?'}" if given or gives else ""


def of_model(name: str, caller: Network) -> InferredCall:
    """A sub-model as a layer: what it gives of what it states, and all of its weights."""
    model, types = caller.graph.models[name], caller.types.models[name]
    outputs = [types.tensor(tensor) for tensor in model.outputs.values()]
    return InferredCall(outputs, uncounted_weights(name, caller.graph, caller.types.models, set()))


def parameters(answer: InferredCall) -> int | None:
    """How many weights a layer has; None where it cannot be told."""
    return None if answer.weights is None else sum(weight.size for weight in answer.weights)


def trainable(answer: InferredCall) -> int:
    """Those of them that train."""
    return sum(weight.size for weight in answer.weights or () if weight.trainable)


def counted(number: int, noun: str = "parameter") -> str:
    """`1 parameter`, `1,020 parameters`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
