"""What the checker found out of each node, in few words."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.checker.shapes.broadcasting import shown
from kspec.checker.shapes.types import Answer, TensorType
from kspec.editor.lsp.document import Understood
from kspec.graph import Node

SHOWN_OUTPUTS = 3


def tensor_in_words(tensor: TensorType) -> str:
    """`(null, 10)`, with the dtype where it is no float; empty where not even the rank is known."""
    if tensor.shape is None:
        return ""
    dtype = "" if "float" in tensor.dtype else f" {tensor.dtype}"
    return shown(tensor.shape) + dtype


def shape_of(node: Node, seen: Understood) -> str:
    """What a node gives: the shapes of its outputs."""
    return shapes(seen.analysis.types.answers[node.name].outputs)


def shapes(tensors: Sequence[TensorType]) -> str:
    """Several tensors in words; empty where nothing is known of any."""
    words = [tensor_in_words(tensor) for tensor in tensors]
    if not any(words):
        return ""
    return ", ".join(word or "?" for word in words[:SHOWN_OUTPUTS]) + (", …" if len(words) > SHOWN_OUTPUTS else "")


def taken(node: Node, seen: Understood) -> list[tuple[str, TensorType]]:
    """What a node takes: where each tensor comes from, and what it is."""
    return [(tensor.node, seen.analysis.types.tensor(tensor)) for tensor in node.tensors()]


def parameters(answer: Answer) -> int | None:
    """How many weights a layer has; None where it cannot be told."""
    return None if answer.weights is None else sum(weight.size for weight in answer.weights)


def trainable(answer: Answer) -> int:
    """Those of them that train."""
    return sum(weight.size for weight in answer.weights or () if weight.trainable)


def counted(number: int, noun: str = "parameter") -> str:
    """`1 parameter`, `1,020 parameters`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
