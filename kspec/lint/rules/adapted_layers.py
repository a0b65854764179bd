"""KS227: layers that would learn from values that training changes, or from the inverse of what they need."""

from __future__ import annotations

from kspec.analysis.adapted_layers import adapts, is_inverted, target_to_learn
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import node_span

PRESET = {"Normalization": "`mean` and `variance`", "StringLookup": "`vocabulary`", "IntegerLookup": "`vocabulary`"}
"""Layer → the arguments that state what it would learn."""


def check(context: RuleContext) -> None:
    """Checks what each layer that adapts would learn from."""
    changing = _changed_by_training(context)
    for node in context.graph.calls:
        if adapts(node) and not (context.spec.document.weights is not None and node.head == "Normalization"):
            if is_inverted(node):
                _check_inverted(context, node)
            elif any(tensor.node in changing for tensor in node.tensors()):
                context.report.warning(
                    codes.UNLEARNABLE_STATISTICS,
                    f"`{node.name}` adapts to its input before training, which then changes that input",
                    node_span(context, node),
                    help="write `BatchNormalization`" if node.head == "Normalization" else "adapt to an input instead",
                )


def _check_inverted(context: RuleContext, node: Node) -> None:
    assert context.settings is not None
    output = target_to_learn(context.graph, node)
    task = context.settings.outputs[output].task if output is not None else None
    if task == "regression":
        return
    if node.head != "Normalization":
        message = f"`{node.name}` cannot learn its vocabulary from indices"
        help = f"list it in {PRESET[node.head]}"
    else:
        reason = "is not at an output" if output is None else f"is not at a regression, but at a {task or 'loss'}"
        message = f"`{node.name}` scales values back, but {reason}, so there is no target whose scale it could learn"
        help = f"put it last, before a regression output, or state {PRESET[node.head]}"
    context.report.error(codes.UNLEARNABLE_STATISTICS, message, node_span(context, node), help=help)


def _changed_by_training(context: RuleContext) -> set[str]:
    """The nodes whose values depend on weights that train."""
    assert context.types is not None
    changing: set[str] = set()
    for node in context.graph.calls:
        callee = context.graph.callee(node)
        weights = context.types.calls[callee.name].weights if node.kind != "model" else None
        trains = node.kind in ("layer", "reuse") and any(weight.trainable for weight in weights or ())
        if (trains and callee.trainable is not False) or any(tensor.node in changing for tensor in node.tensors()):
            changing.add(node.name)
    return changing
