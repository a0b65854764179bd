"""KS626: a network that needs more memory than the budget of the spec has."""

from __future__ import annotations

from kspec.analysis.program import Analysis
from kspec.analysis.training_memory import training_memory
from kspec.diagnostics import codes
from kspec.language.byte_sizes import bytes_text
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Compares the weights, gradients and optimizer of training with the budget; activations and data come on top."""
    budget = context.spec.document.budget.bytes
    if budget is None or context.types is None:
        return
    analysis = Analysis(context.graph, context.types, context.settings)
    needed = training_memory(analysis, context.spec.document.dtype_policy)
    if needed is not None and needed.total > budget:
        context.report.error(
            codes.OVER_BUDGET,
            f"the weights, gradients and optimizer take {bytes_text(needed.total)}, more than the memory of the budget",
            context.spec.positions.value(("budget", "memory")),
            help="use fewer parameters, or raise the budget; `kspec summary` lists the parameters of each layer",
        )
