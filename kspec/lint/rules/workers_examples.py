"""KS644, KS645: nodes whose values for an example depend on the other examples of its batch, which workers share."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.ir import Node, Tensor
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import node_span

MIXING = frozenset({"CutMix", "MixUp"})
"""Layers that mix the examples of a batch."""
PRODUCTS = frozenset({"einsum", "matmul", "tensordot", "dot", "inner", "outer", "vdot", "kron"})
"""Ops that multiply two tensors: each example by each, if the batch becomes another axis, too."""
AXES = ("axis", "axes")
"""The arguments of ops that name axes along which values are combined."""


def check(context: RuleContext) -> None:
    """Finds layers and ops that combine examples, and layers of which nothing is known."""
    if (context.spec.document.fit.workers or 1) == 1:
        return
    for node in context.graph.calls:
        if node.faulty or node.name in context.invalid_nodes:
            continue
        callee = context.graph.callee(node)
        if callee.kind == "layer" and callee.catalog is None and not callee.is_weight:
            context.report.warning(
                codes.UNKNOWN_TO_WORKERS,
                f"each worker calls `{node.shown_name}` on its part of a batch: right if `{callee.head}` treats every "
                "example by itself",
                node_span(context, node),
                help="make sure that it computes nothing from a whole batch, and that losses which it adds are means",
            )
        elif (callee.kind == "layer" and _mixes(callee)) or (node.kind == "op" and _combines(context, node)):
            context.report.error(
                codes.MIXED_EXAMPLES,
                f"`{node.shown_name}` combines the examples of a batch, of which each worker has a part",
                node_span(context, node),
                help="train in one process: remove `workers`",
            )


def _mixes(layer: Node) -> bool:
    """Whether a layer mixes examples, or pads them to the longest of their batch."""
    if layer.head != "TextVectorization":
        return layer.head in MIXING
    arguments = layer.arguments
    return arguments.get("output_mode", "int") == "int" and not arguments.get("output_sequence_length")


def _combines(context: RuleContext, node: Node) -> bool:
    """Whether an op combines examples: along the axis of the batch, or so that there is no such axis any more."""
    assert context.types is not None
    inputs = [context.types.tensor(tensor).shape for tensor in node.tensors()]
    batches = [shape for shape in inputs if shape and shape[0] is None]
    if not batches or node.head == "shape":
        return False
    outputs = [context.types.tensor(Tensor(node.name, place)).shape for place in range(max(1, len(node.outputs)))]
    if any(shape is not None and (not shape or shape[0] is not None) for shape in outputs):
        return True
    if node.head in PRODUCTS and any(shape and None in shape[1:] for shape in outputs):
        return all(None not in shape[1:] for shape in batches)
    ranks = {len(shape) for shape in batches}
    for name in AXES:
        axes = node.constants.get(name)
        for axis in axes if isinstance(axes, list) else [axes]:
            if (axis == 0 and not isinstance(axis, bool)) or (isinstance(axis, int) and -axis in ranks):
                return True
    return False
