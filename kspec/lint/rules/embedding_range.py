"""KS423: an index outside an Embedding's rows."""

from __future__ import annotations

from kspec.analysis.data_profile import ColumnProfile
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import arguments_path
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import node_span
from kspec.lint.rules.shared.targets import columns_with

KEEPS_VALUES = frozenset({"Reshape", "Flatten", "Identity", "RepeatVector", "Permute", "cast", "reshape",
                          "expand_dims", "squeeze", "transpose", "Masking"})  # fmt: skip


def check(context: RuleContext) -> None:
    """Compares the `input_dim` of each Embedding with the indices that reach it."""
    for node in context.graph.calls:
        callee = context.graph.callee(node)
        rows = callee.arguments.get("input_dim")
        if callee.head != "Embedding" or node.faulty or callee.name in context.invalid_nodes:
            continue
        if isinstance(rows, int) and not isinstance(rows, bool):
            _check_embedding(context, node, callee, rows)


def _check_embedding(context: RuleContext, node: Node, callee: Node, rows: int) -> None:
    source = _index_source(context, node)
    if source is None:
        return
    path = (*arguments_path(context, callee), "input_dim")
    if source.kind != "input":
        bins = source.arguments.get("num_bins")
        if source.head == "Hashing" and isinstance(bins, int) and bins > rows:
            _too_few(context, path, callee, rows, bins - 1, f"`{source.name}` gives indices")
        return
    columns = columns_with(context, f"input {source.name}")
    least, largest = _least(columns), _largest(columns)
    if least is not None and least.minimum is not None and least.minimum < 0:
        context.report.error(
            codes.INVALID_EMBEDDING_INDEX,
            f"`{callee.name}` needs indices from 0, but `{least.name}` goes down to {least.minimum:g}",
            node_span(context, node),
            help="map the numbers with `IntegerLookup` first, or number them from 0 in the data",
        )
    elif largest is not None and largest.maximum is not None and largest.maximum >= rows:
        _too_few(context, path, callee, rows, int(largest.maximum), f"`{largest.name}` goes")


def _too_few(
    context: RuleContext, path: tuple[str | int, ...], callee: Node, rows: int, largest: int, who: str
) -> None:
    context.report.error(
        codes.INVALID_EMBEDDING_INDEX,
        f"`{callee.name}` has {rows} rows, for indices up to {rows - 1}, but {who} up to {largest}",
        context.spec.positions.value(path),
        help=f"write `input_dim: {largest + 1}`",
        edits=replace(context, path, str(largest + 1)),
    )


def _index_source(context: RuleContext, node: Node) -> Node | None:
    """The input, or the layer that computes indices, whose values reach an Embedding unchanged."""
    while True:
        tensor = next(node.tensors(), None)
        if tensor is None:
            return None
        node = context.graph.nodes[tensor.node]
        callee = context.graph.callee(node)
        if node.kind == "input" or callee.head == "Hashing":
            return callee
        if callee.head not in KEEPS_VALUES:
            return None


def _least(columns: tuple[ColumnProfile, ...]) -> ColumnProfile | None:
    return min((c for c in columns if c.minimum is not None), key=lambda c: c.minimum or 0.0, default=None)


def _largest(columns: tuple[ColumnProfile, ...]) -> ColumnProfile | None:
    return max((c for c in columns if c.maximum is not None), key=lambda c: c.maximum or 0.0, default=None)
