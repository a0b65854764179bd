"""KS402: a softmax over one number, which is always 1."""

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
    """Looks for a softmax whose last axis, over which it shares out the probability, has the size 1."""
    assert context.types is not None
    answers = {o.activation.node.name: o for o in trained_outputs(context) if o.activation is not None}
    for node in context.graph.calls:
        if node.kind == "reuse" or node.faulty or node.name in context.invalid_nodes:
            continue
        found = activation_at(context, node)
        shape = context.types.calls[node.name].outputs[0].shape
        if found is None or found.name != "softmax" or shape is None or len(shape) < 2 or shape[-1] != 1:
            continue
        if found.axis not in (None, -1, len(shape) - 1):
            continue
        output = answers.get(node.name)
        if output is not None:
            help = "write `sigmoid` for a yes or no; for classes, as many units as there are classes"
            edits = replace(context, found.path, "sigmoid")
            if edits and output.loss in CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES:
                edits += replace(context, output.loss_path, "binary_crossentropy")
        else:
            help, edits = _elsewhere(found, len(shape))
        context.report.error(
            codes.SOFTMAX_ON_ONE_UNIT,
            f"the softmax of `{node.name}` is over one number, and that always gives 1",
            activation_span(context, found),
            help=help,
            edits=edits,
        )


def _elsewhere(found: Activation, rank: int) -> tuple[str, Edits]:
    if rank < 3:
        return "a gate takes `sigmoid`; a softmax takes several units", ()
    if found.path is None:
        return "a softmax over the positions is `Softmax: {axis: 1}`", ()
    return "for weights of the positions leave it out here, and put `Softmax: {axis: 1}` after it", ()
