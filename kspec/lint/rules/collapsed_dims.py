"""KS422: convolutions or poolings over an input that has shrunk to one position."""

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
    """Finds the first convolution or pooling whose input has a single position, while its window is larger."""
    for node in context.graph.calls:
        callee = context.graph.callee(node)
        rank = RANKS.get(callee.head)
        if rank is None or callee.kind != "layer" or callee.name in context.invalid_nodes or node.faulty:
            continue
        if not _is_one_position(_input_shape(context, node), callee, rank) or not _has_larger_window(callee):
            continue
        if not _was_larger(context, rank) or not _shrank(context, node, rank):
            continue
        size = " x ".join("1" * (rank - 2)) if rank > 3 else "1 step"
        window = callee.arguments.get("kernel_size", callee.arguments.get("pool_size", 2))
        context.report.warning(
            codes.COLLAPSED_FEATURE_MAP,
            f"the input of `{node.name}` has shrunk to {size}, so all but one position of its window of "
            f"{_describe_window(window)} is padding",
            node_span(context, node),
            help="remove a pooling or a stride before it, or use larger inputs",
        )
        return


def _input_shape(context: RuleContext, node: Node) -> Shape | None:
    assert context.types is not None
    tensor = next(node.tensors(), None)
    return context.types.tensor(tensor).shape if tensor is not None else None


def _spatial(shape: Shape, callee: Node) -> Shape:
    return shape[2:] if callee.arguments.get("data_format") == "channels_first" else shape[1:-1]


def _is_one_position(shape: Shape | None, callee: Node, rank: int) -> bool:
    return shape is not None and len(shape) == rank and all(axis == 1 for axis in _spatial(shape, callee))


def _has_larger_window(callee: Node) -> bool:
    """Whether a layer's window has more than one position."""
    window: Any = callee.arguments.get("kernel_size", callee.arguments.get("pool_size", 2))
    sizes = window if isinstance(window, list) else [window]
    return any(isinstance(size, int) and size > 1 for size in sizes)


def _was_larger(context: RuleContext, rank: int) -> bool:
    """Whether some input has more than one position; a network over single positions is intended."""
    assert context.types is not None
    shapes = [context.types.calls[node.name].outputs[0].shape for node in context.graph.inputs]
    return any(shape is not None and len(shape) == rank and any(axis != 1 for axis in shape[1:-1]) for shape in shapes)


def _shrank(context: RuleContext, node: Node, rank: int) -> bool:
    """Whether convolutions or poolings shrank the input, rather than a global pooling or a Reshape."""
    while True:
        tensor = next(node.tensors(), None)
        if tensor is None:
            return False
        node = context.graph.nodes[tensor.node]
        callee = context.graph.callee(node)
        if callee.head in RANKS:
            shape = _input_shape(context, node)
            if shape is not None and len(shape) == rank and any(axis != 1 for axis in _spatial(shape, callee)):
                return True
        elif callee.head == "Reshape" or callee.head.startswith("Global") or callee.kind in ("op", "input"):
            return False


def _describe_window(window: Any) -> str:
    return " x ".join(str(size) for size in window) if isinstance(window, list) else str(window)
