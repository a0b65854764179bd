"""KS423: a layer that computes more indices than the next one takes. Indices in the data: `kspec.data.index_check`."""

from __future__ import annotations

from kspec.analysis.index_limits import computed_indices, index_limits, size_message
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import arguments_path
from kspec.lint.rules.shared.fixes import replace


def check(context: RuleContext) -> None:
    """Compares the rows of each Embedding, or the classes of an encoding, with the indices of the layer before it."""
    for limit in index_limits(context.graph):
        count = computed_indices(limit.source)
        if count is None or count <= limit.size or limit.layer.name in context.invalid_nodes:
            continue
        entry = context.spec.entry(limit.layer.path)
        place = (*limit.layer.path, "call") if entry.kind == "op" else arguments_path(context, limit.layer)
        path = (*place, limit.argument)
        context.report.error(
            codes.INVALID_EMBEDDING_INDEX,
            size_message(limit, f"`{limit.source.name}` gives indices up to {count - 1}"),
            context.spec.positions.value(path),
            help=f"write `{limit.argument}: {count}`",
            edits=replace(context, path, str(count)),
        )
