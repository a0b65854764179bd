"""KS212: a layer with weights, or a model output, that depends on no input."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.ir.entry_spans import head_span
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Reports calls that Keras would evaluate once, while building the model, and so lose their weights."""
    constant = context.graph.constant_nodes()
    needed = context.graph.needed_nodes()
    for node in context.graph.calls:
        if node.name in constant and node.name in needed and node.kind != "op" and _has_weights(context, node):
            context.report.error(
                codes.NO_INPUT_DEPENDENCY,
                f"`{node.name}` has weights but takes only constants: Keras would lose its weights",
                head_span(node.path, context.spec.entry(node.path), context.spec.positions),
                help="let one of its inputs depend on an input of the network",
            )
    for name, tensor in context.graph.outputs.items():
        if tensor.node in constant:
            node = context.graph.nodes[tensor.node]
            context.report.error(
                codes.NO_INPUT_DEPENDENCY,
                f"the output `{name}` depends on no input",
                head_span(node.path, context.spec.entry(node.path), context.spec.positions),
                help="let it depend on an input, or leave it out of `outputs`",
            )


def _has_weights(context: RuleContext, node: Node) -> bool:
    """Whether a call's layer or sub-model has weights; one whose number is unknown has some."""
    assert context.types is not None
    if node.kind != "model":
        return context.types.calls[context.graph.callee(node).name].weights != []
    inner = context.types.models.get(node.head)
    return inner is not None and any(call.weights != [] for call in inner.calls.values())
