"""KS578: a layer that cannot encode the texts of a target."""

from __future__ import annotations

from typing import Any

from kspec import catalog
from kspec.analysis.list_targets import list_targets
from kspec.diagnostics import Path, codes, did_you_mean
from kspec.language.sequences import ENCODERS, ListTarget
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import Output, trained_outputs

_LAYERS = " or ".join(f"`{name}`" for name in ENCODERS)


def check(context: RuleContext) -> None:
    """Looks at the layer of each target that is encoded."""
    targets = list_targets(context.spec)
    for output in trained_outputs(context):
        setting = targets.get(output.name)
        if setting is not None and setting.through is not None:
            _check(context, output, setting, ("data", "targets", output.name, "through"))


def _check(context: RuleContext, output: Output, setting: ListTarget, path: Path) -> None:
    """Checks the layer of one target.

    Args:
        context: The network.
        output: The output.
        setting: Its target.
        path: Where the layer is stated.
    """

    def report(message: str, help: str, label: str = "") -> None:
        context.report.error(codes.TARGET_LAYER, message, context.spec.positions.value(path), label=label, help=help)

    through, graph = setting.through, context.graph
    arguments: dict[str, Any]
    if isinstance(through, str):
        node = graph.nodes.get(through)
        if node is None:
            known = [each.name for each in graph.calls if graph.callee(each).head in ENCODERS]
            available = f"available layers: {', '.join(known)}" if known else f"name a {_LAYERS} of the network"
            report(f"unknown node `{through}`", available, did_you_mean(through, list(graph.nodes)))
            return
        layer = graph.callee(node)
        head, arguments = layer.head, layer.arguments
        if head not in ENCODERS:
            report(f"`{through}` does not encode texts: it is no {_LAYERS}", f"name a {_LAYERS}, or write one here")
            return
        if through not in graph.needed_nodes():
            help = f"remove it from the network and write it here: `through: {{{head}: {{...}}}}`"
            report(f"`{through}` reaches no output, so nothing trains with what it has learned", help)
            return
    elif through is not None:
        head, arguments = next(iter(through.items()))
        entry = catalog.find("layer", head)
        for name in arguments if entry is not None else ():
            if entry is not None and name not in entry.parameters:
                report(f"`{head}` has no argument `{name}`", f"arguments: {', '.join(entry.parameters)}")
                return
    mode = arguments.get("output_mode", "int")
    if mode != "int" or arguments.get("ragged") or arguments.get("invert"):
        wrong = f"`output_mode: {mode}`" if mode != "int" else "`ragged`" if arguments.get("ragged") else "`invert`"
        report(f"with {wrong}, `{head}` gives no index for each item of a target", "remove it, or use another layer")
    elif output.loss == "CTC" and head == "StringLookup" and arguments.get("num_oov_indices") == 0:
        if arguments.get("mask_token") is None:
            report(
                "index 0 is the blank of CTC, and here it is that of an item",
                'remove `num_oov_indices: 0`, or set `mask_token: ""`',
            )
    elif output.loss != "CTC" and head == "TextVectorization" and _is_open(output):
        report(
            f"`{output.name}` has no fixed number of positions, and its target needs one",
            f"set `output_sequence_length` of the `{head}` before it",
        )


def _is_open(output: Output) -> bool:
    """Whether an output predicts at an unknown number of positions."""
    return output.shape is not None and len(output.shape) > 2 and output.shape[1] is None
