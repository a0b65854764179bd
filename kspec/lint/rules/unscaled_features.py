"""KS419: columns of very different scales that feed a Dense."""

from __future__ import annotations

import math

from kspec.analysis.data_profile import ColumnProfile
from kspec.catalog.layer_families import NOISE, UNCHANGED
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, insert_before
from kspec.lint.rules.shared.outputs import data_source
from kspec.lint.rules.shared.targets import columns_with

FACTOR = 100.0
LARGE = 10.0
WEIGHTED_SUMS = frozenset({"Dense", "EinsumDense"})
SCALE_KEEPING = NOISE | UNCHANGED | {"Flatten", "Reshape", "Concatenate"}


def check(context: RuleContext) -> None:
    """Finds inputs whose columns differ by a factor of 100 or more, and that feed a Dense unchanged."""
    if context.profile is None or data_source(context) == "synthetic":
        return
    for node in context.graph.inputs:
        sizes = {
            column.name: size
            for column in columns_with(context, f"input {node.name}")
            if (size := _size(column)) is not None
        }
        if len(sizes) < 2:
            continue
        small, large = min(sizes, key=lambda name: sizes[name]), max(sizes, key=lambda name: sizes[name])
        if sizes[large] < LARGE or sizes[large] < FACTOR * sizes[small] or not _feeds_dense(context, node):
            continue
        context.report.warning(
            codes.UNSCALED_COLUMNS,
            f"the columns of `{node.name}` have very different scales: `{small}` is about {sizes[small]:.2g}, "
            f"`{large}` about {sizes[large]:.2g}",
            context.spec.positions.key(node.path),
            help="put `Normalization` first, which gives each column mean 0 and variance 1",
            edits=_edits(context, node),
        )


def _size(column: ColumnProfile) -> float | None:
    """The scale of a column: the root mean square of its values; the largest value if that is at most 1."""
    low, high, mean, deviation = column.minimum, column.maximum, column.mean, column.deviation
    if column.type not in ("integer", "float") or low is None or high is None or mean is None or not deviation:
        return None
    largest = max(abs(low), abs(high))
    return largest if largest <= 1 else math.hypot(mean, deviation)


def _feeds_dense(context: RuleContext, node: Node) -> bool:
    """Whether a Dense receives the input's values unchanged."""
    waiting, seen = [node.name], {node.name}
    while waiting:
        name = waiting.pop()
        for user in context.graph.calls:
            if user.name in seen or not any(tensor.node == name for tensor in user.tensors()):
                continue
            head = context.graph.callee(user).head
            if head in WEIGHTED_SUMS:
                return True
            if head in SCALE_KEEPING:
                seen.add(user.name)
                waiting.append(user.name)
    return False


def _edits(context: RuleContext, node: Node) -> Edits:
    """Inserts Normalization before the first entry, if only that uses the input."""
    users = [user for user in context.graph.calls if any(tensor.node == node.name for tensor in user.tensors())]
    if len(users) != 1 or len(context.graph.inputs) > 1 or users[0].path != ("layers", 0):
        return ()
    return insert_before(context, users[0], "Normalization")
