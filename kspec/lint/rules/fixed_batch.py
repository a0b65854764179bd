"""KS427: batches that are not of the size that an input fixes."""

from __future__ import annotations

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace

STEPS = ("fit", "evaluate", "predict")


def check(context: RuleContext) -> None:
    """Compares an input's `batch_size` with that of other inputs and of each step, and with the examples there are."""
    document = context.spec.document
    fixed = {name: given.batch_size for name, given in document.inputs.items() if given.batch_size is not None}
    if not fixed:
        return
    first, size = next(iter(fixed.items()))
    here: Path = ("inputs", first, "batch_size")
    for name, other in fixed.items():
        if other != size:
            _report(context, ("inputs", name, "batch_size"), f"the input `{name}`", other, first, size)
    for step in STEPS:
        settings = getattr(document, step)
        said = settings.batch_size if "batch_size" in settings.model_fields_set else None
        if said not in (None, size):
            _report(context, (step, "batch_size"), f"`{step}`", said, first, size)
    parts = context.profile.parts.items() if context.profile else ()
    uneven = ", ".join(f"{part} has {count} examples" for part, count in parts if count % size)
    if uneven:
        context.report.error(
            codes.FIXED_BATCH_MISMATCH,
            f"batches of {size} do not come out even: {uneven}",
            context.spec.positions.value(here),
            help=f"each part has a multiple of {size} examples; or leave `batch_size` out, if no layer is stateful",
        )


def _report(context: RuleContext, path: Path, owner: str, said: int, first: str, size: int) -> None:
    context.report.error(
        codes.FIXED_BATCH_MISMATCH,
        f"{owner} has batches of {said}, and the input `{first}` of {size}",
        context.spec.positions.value(path),
        help=f"write {size}, or leave it out",
        edits=replace(context, path, str(size)),
    )
