"""Classes that only validation or test has: a model cannot learn a class it is never trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
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
    mapping: ColumnMapping,
    labels: Mapping[str, Labels],
    splits: Mapping[str, Array],
    output_specs: Mapping[str, OutputSpec],
    context: Context,
) -> None:
    """Warns of classes that training lacks, and of targets with a single class.

    Args:
        table: The whole table.
        mapping: Which columns are targets.
        labels: By output, the vocabulary of its target.
        splits: By split, the indices of its rows.
        output_specs: By output, what is known of it.
        context: Receives every problem.
    """
    for name, vocabulary in labels.items():
        known = output_specs.get(name)
        if not _is_classes(vocabulary, known.task if known else None, table.rows):
            continue
        if len(vocabulary.names) == 1:
            context.warning(
                codes.SINGLE_CLASS_TARGET,
                f"every example of `{name}` is `{vocabulary.names[0]}`, so there is nothing to classify",
                mapping.places[name],
                help="is it the right column?",
            )
            continue
        classes = vocabulary.indices(table.columns[mapping.targets[name][0]].values)
        seen = set(classes[splits["train"]].tolist())
        for split in ("validation", "test"):
            if split in splits:
                _check_split(name, split, seen, set(classes[splits[split]].tolist()), vocabulary, mapping, context)


def _check_split(
    name: str, split: str, seen: set[int], held: set[int], labels: Labels, mapping: ColumnMapping, context: Context
) -> None:
    path = mapping.places[name]
    unseen = [labels.names[index] for index in sorted(held - seen)]
    if not unseen:
        return
    more = f" and {len(unseen) - SHOWN} more" if len(unseen) > SHOWN else ""
    shown = ", ".join(f"`{label}`" for label in unseen[:SHOWN]) + more
    if not held & seen:
        context.error(
            codes.CLASS_UNSEEN_IN_TRAINING,
            f"the {split} and training splits share no class of `{name}`; {split} has {shown}",
            path,
            help="split at random, or with `stratify: true`",
        )
    else:
        context.warning(
            codes.CLASS_UNSEEN_IN_TRAINING,
            f"{shown} of `{name}` in the {split} split never occur{'s' if len(unseen) == 1 else ''} in training",
            path,
            help="`split: {stratify: true}` distributes each class over all splits",
        )


def _is_classes(labels: Labels, task: str | None, rows: int) -> bool:
    """Whether a target is of classes: by its task; if that is unknown, integers are classes if they are few."""
    if task is not None:
        return task != "regression"
    return labels.kind != "integer" or len(labels.names) <= min(FEW_CLASSES, rows // ROWS_PER_CLASS)
