"""KS575: a network that sees the items that it is to predict."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from kspec.analysis.list_targets import list_targets
from kspec.diagnostics import codes
from kspec.ir import Feed, Node, Tensor
from kspec.language.sequences import ListTarget
from kspec.language.window import column_names
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import Output, node_span, trained_outputs

ATTENTION = frozenset({"Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"})
CONVOLUTIONS = frozenset({"Conv1D", "SeparableConv1D", "DepthwiseConv1D"})
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN"})
MASKS = ("attention_mask", "mask")
MOVING_OPS = frozenset({"roll", "flip"})
"""Ops after which a position no longer holds its own item."""


class _View(NamedTuple):
    """What a node sees of the items of a target.

    Args:
        ahead: How many items after each position; infinite for all of them.
        through: The layer that made it so many.
    """

    ahead: float
    through: Node


def check(context: RuleContext) -> None:
    """Looks for layers that see later positions, on the way from a column to an output that predicts its next items."""
    targets = list_targets(context.spec)
    for output in trained_outputs(context):
        target = targets.get(output.name)
        if target is None or not target.shift or output.shape is None or len(output.shape) < 3:
            continue
        node = _culprit(context, output, target)
        if node is None:
            continue
        layer = context.graph.callee(node)
        is_next = target.shift == 1
        context.report.warning(
            codes.TARGET_IN_SIGHT,
            f"`{output.name}` is to predict the {'next item' if is_next else f'item {target.shift} positions ahead'}, "
            f"and `{node.shown_name}` sees it",
            node_span(context, node),
            label=_reason(layer),
            help=_remedy(layer),
        )


def _culprit(context: RuleContext, output: Output, target: ListTarget) -> Node | None:
    """The layer through which an output sees the items that it predicts; None without one.

    A state or a mean of a whole list may well know them, as in an autoencoder: only tensors with the output's
    positions count.

    Args:
        context: The network.
        output: The output, of shape (None, length, units).
        target: Its target.
    """
    assert context.types is not None
    assert output.shape is not None
    graph, types, length = context.graph, context.types, output.shape[1]
    views: dict[str, _View] = {}

    def view(tensor: Tensor) -> _View | None:
        node = graph.nodes[tensor.node]
        if node.name not in views or node.kind == "input":
            return views.get(node.name)
        known = types.tensor(tensor)
        if known.shape is None or len(known.shape) < 2 or known.shape[1] != length:
            return None
        return views[node.name] if len(known.shape) > 2 or not known.dtype.startswith("float") else None

    def widest(feed: Feed) -> _View | None:
        found = [own for each in (feed if isinstance(feed, list) else [feed]) if (own := view(each)) is not None]
        return max(found, key=lambda own: own.ahead, default=None)

    for node in graph.nodes.values():
        if node.kind == "input":
            if _feeds(context, node, target.column):
                views[node.name] = _View(0, node)
            continue
        seen = [own for feed in node.feeds.values() if (own := widest(feed)) is not None]
        if not seen or node.head in MOVING_OPS:
            continue
        before = max(seen, key=lambda own: own.ahead)
        layer = graph.callee(node)
        if layer.head in ATTENTION:
            more = math.inf if _attends_to_all(node, widest) else 0
        else:
            more = _positions_ahead(layer)
        is_wider = before.ahead < target.shift and more > 0
        views[node.name] = _View(before.ahead + more, node if is_wider else before.through)
    last = view(output.tensor)
    return last.through if last is not None and last.ahead >= target.shift else None


def _feeds(context: RuleContext, node: Node, column: str) -> bool:
    """Whether a column feeds an input, as far as the spec says."""
    data = context.spec.document.data
    inputs: Any = data.inputs if data is not None else None
    is_only = len(context.graph.inputs) == 1
    if isinstance(inputs, dict):
        setting = inputs.get(node.name, node.name)
    elif inputs is not None:
        setting = inputs if is_only else []
    else:
        return is_only or node.name == column
    names = column_names(setting)
    return any(fnmatchcase(column, name) for name in (names if isinstance(names, list) else [names]))


def _attends_to_all(node: Node, widest: Any) -> bool:
    """Whether a call of attention takes values of the target's column, and hides no position from another.

    Args:
        node: The call.
        widest: What a feed sees of the column; None for one that does not depend on it.
    """
    if node.constants.get("use_causal_mask") or any(name in node.feeds or name in node.constants for name in MASKS):
        return False
    values = [feed[1:] if isinstance(feed, list) else feed for name, feed in node.feeds.items() if name != "query"]
    return any(widest(feed) is not None for feed in values)


def _positions_ahead(layer: Node) -> float:
    """How many positions after its own a layer sees."""
    arguments = layer.arguments
    if layer.head == "Bidirectional" or (layer.head in RECURRENT and arguments.get("go_backwards") is True):
        return math.inf
    if layer.head in CONVOLUTIONS and arguments.get("padding") == "same":
        size, dilation = _number(arguments.get("kernel_size")), _number(arguments.get("dilation_rate", 1))
        if size and dilation:
            return math.ceil((size - 1) * dilation / 2)
    return 0


def _number(value: Any) -> int:
    """A size along the only axis; 0 if it is not known."""
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _reason(layer: Node) -> str:
    if layer.head in ATTENTION:
        return "each position attends to all others"
    return "it sees positions on both sides" if layer.head in CONVOLUTIONS else "it reads from the end, too"


def _remedy(layer: Node) -> str:
    if layer.head in ATTENTION:
        return "hide later positions: `call: {use_causal_mask: true}`"
    if layer.head in CONVOLUTIONS:
        return "let it see earlier positions alone: `Conv1D` with `padding: causal`"
    if layer.head == "Bidirectional":
        inner = layer.arguments.get("layer")
        name = next(iter(inner)) if isinstance(inner, dict) and inner else "recurrent layer"
        return f"use the {f'`{name}`' if name != 'recurrent layer' else name} inside it alone, which reads forwards"
    return "remove `go_backwards`"
