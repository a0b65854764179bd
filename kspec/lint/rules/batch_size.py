"""KS416: a batch larger than the training data."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace

PATH = ("fit", "batch_size")


def check(context: RuleContext) -> None:
    """Compares the batch size, where the spec sets it, with the number of training examples."""
    if context.profile is None or "batch_size" not in context.spec.document.fit.model_fields_set:
        return
    size, examples = context.spec.document.fit.batch_size, context.profile.parts.get("train", 0)
    if 0 < examples < size:
        context.report.warning(
            codes.OVERSIZED_BATCH,
            f"the batch size {size} is more than the {examples} training examples, so each epoch is one step",
            context.spec.positions.value(PATH),
            help="32 is a common size" if examples > 32 else f"use at most {examples}",
            edits=replace(context, PATH, str(min(32, examples))),
        )
