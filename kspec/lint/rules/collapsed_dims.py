"""KS422: convolutions over a picture of which one point is left."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.types import Shape
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import node_span

RANKS = {f"{kind}{n}D": n + 2 for n in (1, 2, 3) for kind in ("Conv", "MaxPooling", "AveragePooling", "SeparableConv",
                                                              "DepthwiseConv")}  # fmt: skip


def check(context: RuleContext) -> None:
    """Looks for the first convolution or pooling whose window is larger than the one point that its input has left."""
    for node in context.graph.calls:
        callee = context.graph.callee(node)
        rank = RANKS.get(callee.head)
        if rank is None or callee.kind != "layer" or callee.name in context.invalid_nodes or node.faulty:
            continue
        if not _is_a_point(_given(context, node), callee, rank) or not _sees_more(callee):
            continue
        if not _was_larger(context, rank) or not _shrank(context, node, rank):
            continue
        size = " x ".join("1" * (rank - 2)) if rank > 3 else "1 step"
        window = callee.arguments.get("kernel_size", callee.arguments.get("pool_size", 2))
        context.report.warning(
            codes.COLLAPSED_FEATURE_MAP,
            f"`{node.name}` looks for what stands side by side, and {'one point' if rank > 3 else 'one step'} "
            f"({size}) is left of its input: of its window of {_shown(window)}, all but one is padding",
            node_span(context, node),
            help="take out a pooling or a stride before it, or give larger inputs",
        )
        return


def _given(context: RuleContext, node: Node) -> Shape | None:
    assert context.types is not None
    tensor = next(node.tensors(), None)
    return context.types.tensor(tensor).shape if tensor is not None else None


def _spatial(shape: Shape, callee: Node) -> Shape:
    return shape[2:] if callee.arguments.get("data_format") == "channels_first" else shape[1:-1]


def _is_a_point(shape: Shape | None, callee: Node, rank: int) -> bool:
    return shape is not None and len(shape) == rank and all(axis == 1 for axis in _spatial(shape, callee))


def _sees_more(callee: Node) -> bool:
    """Whether its window has more than one point."""
    window: Any = callee.arguments.get("kernel_size", callee.arguments.get("pool_size", 2))
    sizes = window if isinstance(window, list) else [window]
    return any(isinstance(size, int) and size > 1 for size in sizes)


def _was_larger(context: RuleContext, rank: int) -> bool:
    """Whether some input has more than one point: not a network over single points by intention."""
    assert context.types is not None
    shapes = [context.types.calls[node.name].outputs[0].shape for node in context.graph.inputs]
    return any(shape is not None and len(shape) == rank and any(axis != 1 for axis in shape[1:-1]) for shape in shapes)


def _shrank(context: RuleContext, node: Node, rank: int) -> bool:
    """Whether convolutions and poolings made it a point: not a global pooling, nor a Reshape that begins anew."""
    while True:
        tensor = next(node.tensors(), None)
        if tensor is None:
            return False
        node = context.graph.nodes[tensor.node]
        callee = context.graph.callee(node)
        if callee.head in RANKS:
            given = _given(context, node)
            if given is not None and len(given) == rank and any(axis != 1 for axis in _spatial(given, callee)):
                return True
        elif callee.head == "Reshape" or callee.head.startswith("Global") or callee.kind in ("op", "input"):
            return False


def _shown(window: Any) -> str:
    return " x ".join(str(size) for size in window) if isinstance(window, list) else str(window)
