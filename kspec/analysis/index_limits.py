"""Which values of an input the layers of a network can take: the rows of an Embedding, the entries of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kspec.ir import Graph, Node
from kspec.ir.preset import is_preset
from kspec.ir.slices import parse_slices
from kspec.ir.tensor_origin import TensorOrigin, trace_origin

SAME_TENSOR = frozenset({"Identity", "Masking", "cast", "copy", "convert_to_tensor"})
"""Layers and ops that pass every value of their input on, in the same shape."""
SAME_VALUES = SAME_TENSOR | {"Reshape", "Flatten", "RepeatVector", "Permute", "reshape", "expand_dims", "squeeze",
                             "transpose", "ravel", "get_item"}  # fmt: skip
"""Layers and ops that pass values of their input on, and compute none."""
JOINS = frozenset({"Concatenate", "concatenate", "stack", "hstack", "vstack"})
"""Layers and ops that pass the values of all their inputs on."""
LOOKUPS = frozenset({"StringLookup", "IntegerLookup"})
_SIZES = {
    "Embedding": "input_dim",
    "ReversibleEmbedding": "input_dim",
    "CategoryEncoding": "num_tokens",
    "one_hot": "num_classes",
    "multi_hot": "num_classes",
}
"""Layer or op that takes indices → the argument that states how many there are."""


_TAKES = {
    "Embedding": "has {size} rows, for indices up to {last}",
    "ReversibleEmbedding": "has {size} rows, for indices up to {last}",
    "CategoryEncoding": "encodes the numbers up to {last}",
    "one_hot": "encodes the classes up to {last}",
    "multi_hot": "encodes the classes up to {last}",
}


@dataclass(frozen=True, slots=True)
class IndexLimit:
    """A layer or op that takes indices, and what they come from.

    Args:
        call: The node that calls it.
        layer: The node with its arguments.
        size: The number of indices: it takes 0 to `size - 1`.
        argument: The argument that states the size.
        source: What the indices come from: an input, or a layer that computes indices.
        selections: The indices of `get_item` between an input and the layer, in order.
    """

    call: Node
    layer: Node
    size: int
    argument: str
    source: Node
    selections: tuple[Any, ...] = ()

    @property
    def lowest(self) -> int:
        """The smallest index without a complaint: `one_hot` gives zeros for -1, which stands for no class."""
        return -1 if self.layer.kind == "op" else 0


@dataclass(frozen=True, slots=True)
class Lookup:
    """A `StringLookup` or `IntegerLookup` of the values of an input.

    Args:
        call: The node that calls it.
        layer: The node with its arguments.
        source: The input.
        selections: The indices of `get_item` between the input and the layer, in order.
    """

    call: Node
    layer: Node
    source: Node
    selections: tuple[Any, ...] = ()

    @property
    def takes_only_known(self) -> bool:
        """Whether a value that is not in the vocabulary is an error."""
        return bool(self.layer.arguments.get("num_oov_indices", 1) == 0)

    @property
    def is_learned(self) -> bool:
        """Whether the vocabulary is learned from the training data."""
        return not is_preset(self.layer.arguments)


def index_limits(graph: Graph) -> Iterator[IndexLimit]:
    """The layers and ops of a network and its sub-models that take indices, whose source is known."""
    for inner, call, around in _calls(graph, ()):
        layer = inner.callee(call)
        argument = _SIZES.get(layer.head, "")
        size = layer.arguments.get(argument, layer.constants.get(argument))
        if layer.faulty or not isinstance(size, int) or isinstance(size, bool) or size < 1:
            continue
        tensor = next(call.tensors(), None)
        if tensor is not None:
            for source, selections in _sources(trace_origin(inner, tensor, around)):
                yield IndexLimit(call, layer, size, argument, source, selections)


def size_message(limit: IndexLimit, but: str) -> str:
    """The sentence about an index that is too large.

    Args:
        limit: The layer.
        but: Which index that is, and where.
    """
    takes = _TAKES[limit.layer.head].format(size=limit.size, last=limit.size - 1)
    return f"`{limit.layer.name}` {takes}, but {but}"


def lookups(graph: Graph) -> Iterator[Lookup]:
    """The lookups of a network and its sub-models that receive the values of an input."""
    for inner, call, around in _calls(graph, ()):
        layer = inner.callee(call)
        tensor = next(call.tensors(), None)
        if layer.faulty or layer.head not in LOOKUPS or layer.arguments.get("invert") or tensor is None:
            continue
        for source, selections in _sources(trace_origin(inner, tensor, around)):
            if source.kind == "input":
                yield Lookup(call, layer, source, selections)


def computed_indices(layer: Node) -> int | None:
    """How many indices a layer computes, from its arguments alone; None if it computes none, or learns them.

    Args:
        layer: The node with its arguments.
    """
    arguments = layer.arguments
    if layer.faulty or arguments.get("output_mode", "int") != "int" or arguments.get("invert"):
        return None
    count: Any = None
    if layer.head == "Hashing":
        count = arguments.get("num_bins")
    elif layer.head == "Discretization":
        boundaries = arguments.get("bin_boundaries")
        count = len(boundaries) + 1 if isinstance(boundaries, list) else arguments.get("num_bins")
    elif layer.head in (*LOOKUPS, "TextVectorization") and isinstance(arguments.get("vocabulary"), list):
        count = len(arguments["vocabulary"]) + extra_indices(layer)
    return count if isinstance(count, int) else None


def extra_indices(layer: Node) -> int:
    """The number of indices of a lookup before those of its vocabulary: for padding and for unknown values."""
    if layer.head == "TextVectorization":
        return 2
    unknown = layer.arguments.get("num_oov_indices", 1)
    padded = layer.arguments.get("mask_token") is not None and layer.arguments.get("output_mode", "int") == "int"
    return int(padded) + (unknown if isinstance(unknown, int) else 1)


def _calls(
    graph: Graph, around: tuple[tuple[Graph, Node], ...]
) -> Iterator[tuple[Graph, Node, tuple[tuple[Graph, Node], ...]]]:
    """Every call, with its network and the calls of sub-models around it."""
    for node in graph.calls:
        if node.faulty:
            continue
        model = graph.models.get(node.head) if node.kind == "model" else None
        if model is not None:
            yield from _calls(model, (*around, (graph, node)))
        else:
            yield graph, node, around


def _sources(origin: TensorOrigin, selections: tuple[Any, ...] = ()) -> Iterator[tuple[Node, tuple[Any, ...]]]:
    """The inputs and layers whose values reach a tensor unchanged, with the selections on the way."""
    callee = origin.callee
    if callee.head in JOINS and not selections:
        for tensor in origin.node.tensors():
            yield from _sources(trace_origin(origin.graph, tensor, origin.around))
        return
    before = origin.before() if callee.head in SAME_VALUES and not callee.faulty else None
    if before is None:
        yield callee, selections
    elif callee.head == "get_item":
        yield from _sources(before, (parse_slices(origin.node.constants.get("key", "...")), *selections))
    elif not selections or callee.head in SAME_TENSOR:  # a part of what has been reshaped is not followed
        yield from _sources(before, selections)
