"""KS427: batches of another size than an input requires."""

from __future__ import annotations

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace

STEPS = ("fit", "evaluate", "predict")


def check(context: RuleContext) -> None:
    """Compares an input's `batch_size` with other inputs, with each step, and with the number of examples."""
    document = context.spec.document
    fixed = {name: each.batch_size for name, each in document.inputs.items() if each.batch_size is not None}
    if not fixed:
        return
    first, size = next(iter(fixed.items()))
    here: Path = ("inputs", first, "batch_size")
    for name, other in fixed.items():
        if other != size:
            _report(context, ("inputs", name, "batch_size"), f"the input `{name}`", other, first, size)
    for step in STEPS:
        settings = getattr(document, step)
        step_size = settings.batch_size if "batch_size" in settings.model_fields_set else None
        if step_size not in (None, size):
            _report(context, (step, "batch_size"), f"`{step}`", step_size, first, size)
    parts = context.profile.parts.items() if context.profile else ()
    uneven = ", ".join(f"{part} has {count} examples" for part, count in parts if count % size)
    if uneven:
        context.report.error(
            codes.FIXED_BATCH_MISMATCH,
            f"the batch size {size} does not divide the examples: {uneven}",
            context.spec.positions.value(here),
            help=f"give each split a multiple of {size} examples, or remove `batch_size` if no layer is stateful",
        )


def _report(context: RuleContext, path: Path, owner: str, batch_size: int, first: str, size: int) -> None:
    context.report.error(
        codes.FIXED_BATCH_MISMATCH,
        f"{owner} has the batch size {batch_size}, but the input `{first}` requires {size}",
        context.spec.positions.value(path),
        help=f"write {size}, or remove it",
        edits=replace(context, path, str(size)),
    )
