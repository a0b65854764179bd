"""KS410: an op that a layer could replace, which has a name in Keras and appears in summaries."""

from __future__ import annotations

from kspec.analysis.shapes.registry import compute_dtype
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext

LAYERS = {
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "concatenate": "Concatenate",
    "relu": "ReLU",
    "softmax": "Softmax",
    "elu": "ELU",
}
"""Op → the layer that computes the same with its default arguments."""


def check(context: RuleContext) -> None:
    """Suggests the layer that does the same as an op."""
    for node in context.graph.calls:
        layer = LAYERS.get(node.head)
        if (
            node.kind == "op"
            and layer is not None
            and not (node.faulty or node.formula)
            and _is_layer_call(context, node)
        ):
            context.report.info(
                codes.LAYER_FOR_OP,
                f"`op: {node.head}` does what the layer `{layer}` does",
                context.spec.positions.value((*node.path, "op")),
                help=f"write `- {layer}`",
            )


def _is_layer_call(context: RuleContext, node: Node) -> bool:
    """Whether a layer would compute the same: it takes tensors of its dtype, of one rank, with a batch axis each."""
    assert context.types is not None
    if node.constants != ({"axis": -1} if node.head == "concatenate" else {}):
        return False
    tensors = [context.types.tensor(tensor) for tensor in node.tensors()]
    shapes = [tensor.shape for tensor in tensors]
    dtype = compute_dtype(context.spec.document.dtype_policy, "float32")
    batches = all(shape and shape[0] is None for shape in shapes)
    return batches and len({len(shape or ()) for shape in shapes}) == 1 and {each.dtype for each in tensors} == {dtype}
