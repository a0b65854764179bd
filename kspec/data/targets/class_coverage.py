"""Classes that only validation or test has: a model cannot learn a class it is never trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.network_specs import OutputSpec
from kspec.data.profile.class_counts import ClassCounts
from kspec.data.table import Table
from kspec.data.targets.labels import NUMBERS, Labels
from kspec.diagnostics import Path, codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FEW_CLASSES = 30
ROWS_PER_CLASS = 5
SHOWN = 3


def check_classes(
    table: Table,
    mapping: ColumnMapping,
    arrays: TableArrays,
    labels: Mapping[str, Labels],
    splits: Mapping[str, Array],
    output_specs: Mapping[str, OutputSpec],
    context: Context,
    counts: ClassCounts,
) -> None:
    """Warns of classes that training lacks, and of targets with a single class.

    Args:
        table: The whole table.
        mapping: Which columns are targets.
        arrays: The arrays of all rows.
        labels: By output, the vocabulary of its target.
        splits: By split, the indices of its rows.
        output_specs: By output, what is known of it.
        context: Receives every problem.
        counts: How many examples have each class.
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
        present = {
            split: {number for number, count in enumerate(own) if count} for split, own in counts.of(name).items()
        }
        help = _remedy(table, mapping.targets[name], arrays.targets[name], len(mapping.targets), context)
        for split in ("validation", "test"):
            if split in splits:
                _check_split(name, split, present, vocabulary, mapping.places[name], help, context)


def _check_split(
    name: str,
    split: str,
    present: Mapping[str, set[int]],
    labels: Labels,
    path: Path,
    help: str,
    context: Context,
) -> None:
    """Reports the classes of a split that training lacks.

    Args:
        name: The output.
        split: The split.
        present: By split, the classes of its examples.
        labels: The labels of the output's target.
        path: The setting that names the target.
        help: What to do.
        context: Receives the problem.
    """
    held, seen = present[split], present["train"]
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
            help=help,
        )
    else:
        context.warning(
            codes.CLASS_UNSEEN_IN_TRAINING,
            f"{shown} of `{name}` in the {split} split never occur{'s' if len(unseen) == 1 else ''} in training",
            path,
            help=help,
        )


def _remedy(table: Table, columns: Sequence[str], target: Array, targets: int, context: Context) -> str:
    """What to write so that each class of a target is in training.

    Args:
        table: The whole table.
        columns: The columns of the target.
        target: Its values, shape (rows, …).
        targets: The number of targets.
        context: The context with the spec.
    """
    data = context.spec.document.data
    assert data is not None
    if data.split.by is not None:
        return f"mark a row of it as `train` in the column `{data.split.by}`"
    if data.split.lists is not None:
        return f"name a row of it in `{data.split.lists['train']}`"
    if data.split.way in ("time", "order", "hash"):
        return "collect more rows of it, or make the other splits smaller"
    if table.row_splits is not None:
        return "move a row of it to the training file"
    if target.ndim > 1 and len(columns) == 1 and target.shape[1:] != (1,):
        return "collect more rows of it, or set another `seed`"
    alone = len(columns) == 1 and (targets > 1 or isinstance(data.split.stratify, str))
    if data.split.stratify in (True, columns[0]):
        if data.split.stratify is True and alone:
            return f"write `split: {{stratify: {columns[0]}}}`, which keeps a row of each class for training"
        return "collect more rows of it"
    wanted = columns[0] if alone and targets > 1 else "true"
    return f"write `split: {{stratify: {wanted}}}`, which keeps a row of each class for training"


def _is_classes(labels: Labels, task: str | None, rows: int) -> bool:
    """Whether a target is of classes: by its task; if that is unknown, integers are classes if they are few."""
    if task is not None:
        return task != "regression"
    return labels.kind not in NUMBERS or len(labels.names) <= min(FEW_CLASSES, rows // ROWS_PER_CLASS)
