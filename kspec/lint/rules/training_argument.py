"""KS428: a `training` argument of a call, which Keras overrides."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Finds `call: {training: …}`: each step passes its own mode to every layer that takes one."""
    for node in context.graph.calls:
        if node.constants.get("training") is None or node.faulty:
            continue
        context.report.warning(
            codes.INEFFECTIVE_TRAINING_ARGUMENT,
            f"`training` of `{node.name}` has no effect: Keras overrides it with the mode of each step",
            context.spec.positions.key((*node.path, "call", "training")),
            help=_remedy(node),
        )


def _remedy(node: Node) -> str:
    if node.kind == "model" or node.head == "BatchNormalization":
        return "remove it; to keep a BatchNormalization from updating, freeze it with `trainable: false`"
    return "remove it: `fit` is training, `evaluate` and `predict` are not"
