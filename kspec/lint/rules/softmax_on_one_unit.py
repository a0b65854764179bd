"""KS402: a softmax over one value, which is always 1."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import Activation, activation_at
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import (
    CATEGORICAL_CROSSENTROPIES,
    SPARSE_CROSSENTROPIES,
    activation_span,
    trained_outputs,
)


def check(context: RuleContext) -> None:
    """Finds softmaxes over an axis of size 1."""
    assert context.types is not None
    outputs = {o.activation.node.name: o for o in trained_outputs(context) if o.activation is not None}
    for node in context.graph.calls:
        if node.kind == "reuse" or node.faulty or node.name in context.invalid_nodes:
            continue
        activation = activation_at(context, node)
        shape = context.types.calls[node.name].outputs[0].shape
        if activation is None or activation.name != "softmax" or shape is None or len(shape) < 2 or shape[-1] != 1:
            continue
        if activation.axis not in (None, -1, len(shape) - 1):
            continue
        output = outputs.get(node.name)
        if output is not None:
            help = "write `sigmoid` for a yes/no target; for classes, use one unit per class"
            edits = replace(context, activation.path, "sigmoid")
            if edits and output.loss in CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES:
                edits += replace(context, output.loss_path, "binary_crossentropy")
        else:
            help, edits = _inside_network(activation, len(shape))
        context.report.error(
            codes.SOFTMAX_ON_ONE_UNIT,
            f"the softmax of `{node.name}` is over one value, so it always gives 1",
            activation_span(context, activation),
            help=help,
            edits=edits,
        )


def _inside_network(activation: Activation, rank: int) -> tuple[str, Edits]:
    if rank < 3:
        return "write `sigmoid` for a gate; a softmax needs several units", ()
    if activation.path is None:
        return "write `Softmax: {axis: 1}` for a softmax over the positions", ()
    return "for weights over the positions, remove it here and put `Softmax: {axis: 1}` after it", ()
