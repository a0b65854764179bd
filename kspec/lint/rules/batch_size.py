"""KS416: a batch that is larger than all there is to train on."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace

PATH = ("fit", "batch_size")


def check(context: RuleContext) -> None:
    """Compares a stated batch size with the number of training examples."""
    if context.profile is None or "batch_size" not in context.spec.document.fit.model_fields_set:
        return
    size, examples = context.spec.document.fit.batch_size, context.profile.parts.get("train", 0)
    if 0 < examples < size:
        context.report.warning(
            codes.OVERSIZED_BATCH,
            f"a batch of {size} is more than the {examples} training examples: each epoch is one step",
            context.spec.positions.value(PATH),
            help="32 is a usual size" if examples > 32 else f"at most {examples}",
            edits=replace(context, PATH, str(min(32, examples))),
        )
