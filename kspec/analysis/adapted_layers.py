"""What layers that adapt to data learn from: their own input, or, at the end of a network, a target."""

from __future__ import annotations

from kspec.analysis.index_limits import extra_indices
from kspec.ir import Graph, Node
from kspec.ir.preset import is_preset
from kspec.ir.vocabulary_file import VocabularyFile
from kspec.language import Spec


def adapts(node: Node) -> bool:
    """Whether a node's layer learns from the training data before training."""
    return (
        node.kind == "layer"
        and node.catalog is not None
        and node.catalog.adapts
        and not node.faulty
        and not is_preset(node.arguments)
    )


def is_inverted(node: Node) -> bool:
    """Whether a layer turns what it would learn around: scaled values into values, indices into words."""
    return bool(node.arguments.get("invert"))


def stated_vocabulary_size(layer: Node, spec: Spec) -> int | None:
    """The size of a vocabulary that the spec lists or has in a file, with its special tokens; None if it is learned.

    Args:
        layer: The node with the arguments of a lookup.
        spec: Its spec, whose path policy holds for the file.
    """
    entries = layer.arguments.get("vocabulary")
    if isinstance(entries, str):
        count = VocabularyFile.read(entries, spec).entries
        return None if count is None else count + extra_indices(layer)
    if not isinstance(entries, list):
        return None
    mask, unknown = layer.arguments.get("mask_token"), layer.arguments.get("oov_token")
    if layer.head == "TextVectorization":
        mask, unknown = "", "[UNK]"
    elif unknown is None:
        unknown = -1 if layer.head == "IntegerLookup" else "[UNK]"
    extra = extra_indices(layer)
    unknowns = 1 if layer.head == "TextVectorization" else layer.arguments.get("num_oov_indices", 1)
    special = [mask] * (extra - unknowns) + [unknown] * unknowns
    return len(entries) + (0 if entries[:extra] == special else extra)


def target_to_learn(graph: Graph, node: Node) -> str | None:
    """The output whose target a `Normalization: {invert: true}` learns, because it computes that output.

    Such a layer scales predictions back, so it learns the scale of the values that are to be predicted.

    Args:
        graph: The spec's own network.
        node: The layer's node.
    """
    if node.head != "Normalization" or not is_inverted(node):
        return None
    for name, tensor in graph.outputs.items():
        if graph.callee(graph.nodes[tensor.node]).name == node.name:
            return name
    return None
