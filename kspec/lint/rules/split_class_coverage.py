"""KS417: a class that validation or test has no example of."""

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
    """Looks for classes that could be in every part, and are not; those that training lacks have KS507."""
    for output in trained_outputs(context):
        target = target_of(context, output.name)
        if target is None or output.settings.task not in ("binary_classification", "multiclass_classification"):
            continue
        if "train" in target.classes and len(target.labels) <= MANY:
            _check(context, output, target)


def _check(context: RuleContext, output: Output, target: Target) -> None:
    parts = target.classes
    total = {label: sum(part.get(label, 0) for part in parts.values()) for label in target.labels}
    enough = [label for label in parts["train"] if total[label] >= len(parts)]
    lacking: dict[tuple[str, ...], list[str]] = {}
    for part in ("validation", "test"):
        found = tuple(label for label in enough if part in parts and label not in parts[part])
        if found:
            lacking.setdefault(found, []).append(part)
    path = SPLIT if SPLIT in context.spec.positions.values else ("data",)
    for labels, where in lacking.items():
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        shown = ", ".join(f"`{label}`" for label in labels[:SHOWN]) + more
        has = "parts have" if len(where) > 1 else "part has"
        help, edits = _cure(context, target)
        context.report.warning(
            codes.CLASS_MISSING_IN_SPLIT,
            f"the {' and '.join(where)} {has} no {shown} of `{output.name}`: what is measured there says nothing of it",
            context.spec.positions.key(path),
            help=help,
            edits=edits,
        )


def _cure(context: RuleContext, target: Target) -> tuple[str, Edits]:
    data = context.spec.document.data
    assert data is not None
    if data.split.by is not None or len(target.columns) > 1:
        return "put some of its rows there", ()
    if data.split.stratify:
        return "make the part larger, or gather more rows of it", ()
    edits = add_argument(context, SPLIT, "stratify", "true") if not isinstance(data.targets, dict) else ()
    return "`split: {stratify: true}` shares each class out", edits
