"""KS409: a Dense that predicts at every position, while the target has one value per example."""

from __future__ import annotations

from kspec.analysis.list_targets import list_targets
from kspec.analysis.shapes.types import Shape
from kspec.catalog.layer_families import ACTIVATIONS, NOISE, NORMALIZATIONS, UNCHANGED
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.language.data import CLASS_FOLDERS
from kspec.language.targets import target_columns
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import activation_at
from kspec.lint.rules.shared.fixes import Edits, insert_before, replace
from kspec.lint.rules.shared.outputs import Output, data_source, node_span, times_used, trained_outputs
from kspec.lint.rules.shared.targets import horizon_of, target_of
from kspec.syntax.yaml_flow import shape_text

BY_POSITION = NOISE | UNCHANGED | NORMALIZATIONS | ACTIVATIONS | {"Dense"}
"""Layers that treat each position separately, or keep all of them."""
GROWING = frozenset({"UpSampling1D", "UpSampling2D", "UpSampling3D", "Conv1DTranspose", "Conv2DTranspose",
                     "Conv3DTranspose", "Reshape", "RepeatVector", "Resizing", "ZeroPadding2D"})  # fmt: skip
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D"})


def check(context: RuleContext) -> None:
    """Finds outputs of a Dense on an input of rank 3 or more, whose target has one value per example."""
    assert context.types is not None
    for output in trained_outputs(context):
        shape = output.shape
        if shape is None or len(shape) < 3 or output.settings.task is None:
            continue
        chain = _chain(context, output)
        if not any(node.head == "Dense" for node in chain) or not _expects_one_prediction(context, output):
            continue
        sizes = shape[1:-1]
        positions = "×".join(map(str, sizes))
        where = "every position of an unknown length" if None in sizes else f"each of {positions} positions"
        help, edits = _remedy(context, chain)
        context.report.warning(
            codes.PREDICTION_PER_POSITION,
            f"`{output.name}` predicts at {where}: its shape is {shape_text(shape)}",
            node_span(context, chain[-1]),
            help=help,
            edits=edits,
        )


def _chain(context: RuleContext, output: Output) -> list[Node]:
    """The nodes before an output that treat each position separately, from the output back."""
    chain: list[Node] = []
    tensor = output.tensor
    while True:
        node = context.graph.nodes[tensor.node]
        if node.kind != "layer" or not (
            node.head in BY_POSITION or (activation_at(context, node) and _is_pointwise(node))
        ):
            return chain
        chain.append(node)
        before = next(node.tensors(), None)
        if before is None:
            return chain
        tensor = before


def _is_pointwise(node: Node) -> bool:
    """Whether a layer sees one position at a time, unlike a convolution."""
    return not node.head.startswith(("Conv", "Depthwise", "Separable", "Einsum"))


def _expects_one_prediction(context: RuleContext, output: Output) -> bool:
    assert output.shape is not None
    source = data_source(context)
    if source == "synthetic" or horizon_of(context.spec) or output.name in list_targets(context.spec):
        return False
    target = target_of(context, output.name)
    if target is not None:
        return not target.shape or target.shape == (output.units,) != output.shape[1:2]
    if source in ("csv", *CLASS_FOLDERS):
        return not _names_several_columns(context, output.name)
    return source == "" and _lost_positions(context, output.shape)


def _names_several_columns(context: RuleContext, output: str) -> bool:
    """Whether the spec names several columns, a pattern or files as a target: they can be its positions."""
    data = context.spec.document.data
    columns = target_columns(data.targets, output) if data is not None else None
    names = columns if isinstance(columns, list) else [columns or ""]
    is_read = data is not None and names[0] in data.read  # a mask
    return is_read or len(names) > 1 or any(character in names[0] for character in "*?[")


def _lost_positions(context: RuleContext, shape: Shape) -> bool:
    """Whether the layers before have made the input smaller, and none makes it larger again."""
    assert context.types is not None
    if len(shape) < 4 or any(node.head in GROWING for node in context.graph.calls):
        return False
    spatial = shape[1:-1]
    for node in context.graph.inputs:
        input_shape = context.types.calls[node.name].outputs[0].shape
        if input_shape is not None and len(input_shape) == len(shape):
            smaller = [
                a is not None and b is not None and a < b for a, b in zip(spatial, input_shape[1:-1], strict=True)
            ]
            return all(smaller)
    return False


def _remedy(context: RuleContext, chain: list[Node]) -> tuple[str, Edits]:
    assert context.types is not None
    first = next(node for node in reversed(chain) if node.head == "Dense")
    before = next(first.tensors())
    giver = context.graph.callee(context.graph.nodes[before.node])
    shape = context.types.tensor(before).shape or ()
    used = times_used(context)
    if giver.head in RECURRENT and giver.arguments.get("return_sequences") is True:
        path = (*giver.path, context.spec.entry(giver.path).head, "return_sequences")
        edits = replace(context, path, "false") if used[giver.name] == 1 else ()
        return "remove `return_sequences` from the last recurrent layer, for one prediction per example", edits
    pooled = f"GlobalAveragePooling{len(shape) - 2}D"
    layer = "Flatten" if len(shape) > 3 and None not in shape[1:] else pooled
    other = f"`{pooled}`" if layer == "Flatten" else "`Flatten`"
    if None in shape[1:]:
        other = "a recurrent layer"
    alone = all(used[node.name] == 1 for node in chain[1:])
    edits = insert_before(context, first, layer) if alone and len(shape) < 6 else ()
    return f"put `{layer}` or {other} before `{first.name}`, for one prediction per example", edits
