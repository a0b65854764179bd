"""KS417: a class without examples in the validation or test split."""

from __future__ import annotations

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, add_argument
from kspec.lint.rules.shared.outputs import Output, trained_outputs
from kspec.lint.rules.shared.targets import Target, target_of

SHOWN = 3
MANY = 50
SPLIT: Path = ("data", "split")


def check(context: RuleContext) -> None:
    """Finds classes that could be in every split but are not; those missing from training have KS507."""
    for output in trained_outputs(context):
        target = target_of(context, output.name)
        if target is None or output.settings.task not in ("binary_classification", "multiclass_classification"):
            continue
        if "train" in target.classes and len(target.labels) <= MANY:
            _check_output(context, output, target)


def _check_output(context: RuleContext, output: Output, target: Target) -> None:
    parts = target.classes
    total = {label: sum(part.get(label, 0) for part in parts.values()) for label in target.labels}
    enough = [label for label in parts["train"] if total[label] >= len(parts)]
    lacking: dict[tuple[str, ...], list[str]] = {}
    for part in ("validation", "test"):
        labels = tuple(label for label in enough if part in parts and label not in parts[part])
        if labels:
            lacking.setdefault(labels, []).append(part)
    path = SPLIT if SPLIT in context.spec.positions.values else ("data",)
    for labels, where in lacking.items():
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        shown = ", ".join(f"`{label}`" for label in labels[:SHOWN]) + more
        has = "splits have" if len(where) > 1 else "split has"
        help, edits = _remedy(context, output)
        context.report.warning(
            codes.CLASS_MISSING_IN_SPLIT,
            f"the {' and '.join(where)} {has} no {shown} of `{output.name}`, so their metrics do not cover it",
            context.spec.positions.key(path),
            help=help,
            edits=edits,
        )


def _remedy(context: RuleContext, output: Output) -> tuple[str, Edits]:
    data = context.spec.document.data
    assert data is not None
    if data.split.way in ("by", "lists"):
        return "move some of its rows there", ()
    if data.split.stratify or data.split.way in ("time", "order", "hash"):
        return "make the split larger, or collect more of its rows", ()
    if output.shape is not None and len(output.shape) > 2:  # labels at each position
        return "collect more of its rows, or set another `seed`", ()
    edits = add_argument(context, SPLIT, "stratify", "true")
    return "write `split: {stratify: true}`, which divides each class among the splits", edits
