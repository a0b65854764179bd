"""KS416: a batch that is larger than all there is to train on."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.argument_check import Checker
from kspec.lint.rules.shared.fixes import replace

PATH = ("fit", "batch_size")


def batch_size(checker: Checker) -> None:
    """Compares a stated batch size with the number of training examples."""
    if checker.profile is None or "batch_size" not in checker.spec.document.fit.model_fields_set:
        return
    size, examples = checker.spec.document.fit.batch_size, checker.profile.parts.get("train", 0)
    if 0 < examples < size:
        checker.report.warning(
            codes.OVERSIZED_BATCH,
            f"a batch of {size} is more than the {examples} training examples: each epoch is one step",
            checker.spec.positions.value(PATH),
            help="32 is a usual size" if examples > 32 else f"at most {examples}",
            edits=replace(checker, PATH, str(min(32, examples))),
        )
