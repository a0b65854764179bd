"""KS421: two activations in a row."""

from __future__ import annotations

from kspec.diagnostics import Related, codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import Activation, activation_at
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import activation_span, node_span, times_used

BOUNDED = frozenset({"tanh", "softsign", "hard_tanh"})


def check(context: RuleContext) -> None:
    """Finds activations right after a layer that already ends with one."""
    outputs = {tensor.node for tensor in context.graph.outputs.values()}
    used = times_used(context)
    for node in context.graph.calls:
        second = activation_at(context, node)
        if second is None or second.name == "linear" or not _is_pure_activation(context, node) or node.faulty:
            continue
        tensor = next(node.tensors(), None)
        if tensor is None:
            continue
        before = context.graph.nodes[tensor.node]
        first = activation_at(context, before)
        if first is None or first.name == "linear" or {node.name, before.name} & context.invalid_nodes:
            continue
        if _is_intended(first, second, node.name in outputs):
            continue
        context.report.warning(
            codes.REPEATED_ACTIVATION,
            f"`{node.name}` applies {second.name} after {first.name}",
            node_span(context, node) if second.path is None else activation_span(context, second),
            help=f"remove one of the two, most likely the {first.name} of `{before.name}`",
            related=(Related(f"the {first.name}", activation_span(context, first)),),
            edits=replace(context, first.path, "linear") if used[before.name] == 1 else (),
        )


def _is_pure_activation(context: RuleContext, node: Node) -> bool:
    """Whether a node is nothing but an activation, of one tensor."""
    callee = context.graph.callee(node)
    alone = callee.kind == "op" or callee.head in ("Activation", "Softmax", "ReLU", "LeakyReLU", "ELU", "PReLU")
    return alone and len(list(node.tensors())) == 1


def _is_intended(first: Activation, second: Activation, is_output: bool) -> bool:
    """Whether two activations in a row are usual, as in attention: a softmax of bounded scores, or over positions."""
    if is_output or second.name not in ("softmax", "sparsemax"):
        return False
    return first.name in BOUNDED or second.axis not in (None, -1)
