"""Classes that the parts do not share: what training never sees cannot be learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.columns import Mapped
from kspec.data.context import Context
from kspec.data.labels import Labels
from kspec.data.table import Table
from kspec.data.types import OutputSpec
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FEW_CLASSES = 30
ROWS_PER_CLASS = 5
SHOWN = 3


def check_classes(
    table: Table,
    mapped: Mapped,
    labels: Mapping[str, Labels],
    split: Mapping[str, Array],
    output_specs: Mapping[str, OutputSpec],
    context: Context,
) -> None:
    """Warns of a class that validation or test has and training lacks, and of a target with one class alone."""
    for name, vocabulary in labels.items():
        known = output_specs.get(name)
        if not _is_classes(vocabulary, known.task if known else None, table.rows):
            continue
        if len(vocabulary.names) == 1:
            context.warning(
                codes.SINGLE_CLASS_TARGET,
                f"every example of `{name}` is `{vocabulary.names[0]}`: nothing is to be told apart",
                mapped.places[name],
                help="is it the right column?",
            )
            continue
        classes = vocabulary.indices(table.columns[mapped.targets[name][0]].values)
        seen = set(classes[split["train"]].tolist())
        for part in ("validation", "test"):
            if part in split:
                _check_part(name, part, seen, set(classes[split[part]].tolist()), vocabulary, mapped, context)


def _check_part(
    name: str, part: str, seen: set[int], held: set[int], labels: Labels, mapped: Mapped, context: Context
) -> None:
    path = mapped.places[name]
    unseen = [labels.names[index] for index in sorted(held - seen)]
    if not unseen:
        return
    more = f" and {len(unseen) - SHOWN} more" if len(unseen) > SHOWN else ""
    shown = ", ".join(f"`{label}`" for label in unseen[:SHOWN]) + more
    if not held & seen:
        context.error(
            codes.CLASS_UNSEEN_IN_TRAINING,
            f"the {part} part has no class of `{name}` in common with training; it has {shown}",
            path,
            help="split at random, or with `stratify: true`",
        )
    else:
        context.warning(
            codes.CLASS_UNSEEN_IN_TRAINING,
            f"the {part} part has {shown} of `{name}`, which no training row has",
            path,
            help="`split: {stratify: true}` shares each class out",
        )


def _is_classes(labels: Labels, task: str | None, rows: int) -> bool:
    """Whether a target is one of classes: by its task; where that is not known, whole numbers are when they are few."""
    if task is not None:
        return task != "regression"
    return labels.kind != "integer" or len(labels.names) <= min(FEW_CLASSES, rows // ROWS_PER_CLASS)
