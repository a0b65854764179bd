"""KS423: a layer that computes more indices than the next one takes. Indices in the data: `kspec.data.index_check`."""

from __future__ import annotations

from kspec.analysis.index_limits import IndexLimit, computed_indices, index_limits, size_message
from kspec.diagnostics import Path, Report, codes
from kspec.language import Spec
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, replace


def check(context: RuleContext) -> None:
    """Compares the rows of each Embedding, or the classes of an encoding, with the indices of the layer before it."""
    for limit in index_limits(context.graph):
        count = computed_indices(limit.source)
        if count is not None and count > limit.size and limit.layer.name not in context.invalid_nodes:
            edits = replace(context, _place(context.spec, limit), str(count))
            report_count(limit, count, context.spec, context.report, edits)


def report_count(limit: IndexLimit, count: int, spec: Spec, report: Report, edits: Edits = ()) -> None:
    """Reports that a layer takes fewer indices than its source computes.

    Args:
        limit: The layer.
        count: How many indices its source computes.
        spec: The spec.
        report: Receives the error.
        edits: A fix.
    """
    report.error(
        codes.INVALID_EMBEDDING_INDEX,
        size_message(limit, f"`{limit.source.name}` gives indices up to {count - 1}"),
        spec.positions.value(_place(spec, limit)),
        help=f"write `{limit.argument}: {count}`",
        edits=edits,
    )


def _place(spec: Spec, limit: IndexLimit) -> Path:
    """The argument that states how many indices the layer takes."""
    entry = spec.entry(limit.layer.path)
    return (*limit.layer.path, "call" if entry.kind == "op" else entry.head, limit.argument)
