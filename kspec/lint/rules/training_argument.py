"""KS428: a call that says whether it is training, which Keras decides."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Looks for `call: {training: …}`: each step hands its own mode on to every layer that takes one."""
    for node in context.graph.calls:
        if node.constants.get("training") is None or node.faulty:
            continue
        context.report.warning(
            codes.INEFFECTIVE_TRAINING_ARGUMENT,
            f"`training` at `{node.name}` changes nothing: Keras puts the step's own mode in its place",
            context.spec.positions.key((*node.path, "call", "training")),
            help=_cure(node),
        )


def _cure(node: Node) -> str:
    if node.kind == "model" or node.head == "BatchNormalization":
        return "leave it out; a BatchNormalization rests where it is frozen, with `trainable: false`"
    return "leave it out: `fit` is training, `evaluate` and `predict` are not"
