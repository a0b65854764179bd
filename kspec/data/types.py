"""The types of data sets: what inputs and outputs take, and the examples of each split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.analysis.target_scaling import scalings_from_json

if TYPE_CHECKING:
    import numpy as np

    from kspec.analysis.data_profile import DataProfile
    from kspec.data.missing.left_out import LeftOut
    from kspec.data.targets.labels import Labels
    from kspec.data.windows.places import WindowPlaces

    Array = np.ndarray[Any, Any]

SHOWN_NAMES = 6


@dataclass(slots=True)
class DataSplit:
    """The examples of one split, in the order of the file.

    Args:
        rows: Their row numbers in the file, from 1, without the header; shape (n,).
        inputs: By input, shape (n, …), in the dtype of the input; text as objects. Images that do not fit into memory
            are `kspec.data.files.images.ImageFiles`, which the batches decode; windows are
            `kspec.data.windows.arrays.WindowArray`, which they gather.
        targets: By output, as in the file: shape (n,) for one column, (n, k) for several.
        weights: By output, the sample weights, shape (n,).
        absent: By output, which examples have no actual value, or none that training knew, shape (n,), or
            (n, positions) of positions; their target is arbitrary.
        positions: By input or output that takes lists, which positions are real, shape (n, length); the rest is
            padding, and as a target arbitrary.
        names: The file of each example, if each example is a file.
        left_out: The row numbers of examples that the file has and the split lacks, ascending.
        reasons: Why these are left out, by their row numbers.
        notes: What the user must know of them, a sentence each: rows left out, categories unknown to the model.
        windows: Where each example stands in its series, if examples are windows.
        kept: By column that predictions keep, its text for each example, shape (n,).
        slices: By expression that slices an evaluation, its value for each example as a text, shape (n,).
        kept_of_left_out: The same for the examples that are left out.
        drawn: The examples of an epoch of training, as indices, where classes are balanced; shape (m,).
    """

    rows: Array
    inputs: dict[str, Any]
    targets: dict[str, Array] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    absent: dict[str, Array] = field(default_factory=dict)
    positions: dict[str, Array] = field(default_factory=dict)
    names: list[str] | None = None
    left_out: list[int] = field(default_factory=list)
    reasons: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    windows: WindowPlaces | None = None
    drawn: Array | None = None
    kept: dict[str, Array] = field(default_factory=dict)
    kept_of_left_out: dict[str, Array] = field(default_factory=dict)
    slices: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def epoch(self) -> int:
        """The number of examples in an epoch."""
        return len(self.rows) if self.drawn is None else len(self.drawn)


@dataclass(slots=True)
class Dataset:
    """The examples of a spec, ready for a model.

    Args:
        splits: `train` always; `validation` and `test` if they have examples.
        labels: By output, the vocabulary of a target that can be classes.
        fitted: What other data for the same model needs, as plain JSON: `fill` (column → fill value, computed from the
            training split), `usual` (as `kspec.data.missing.usual_values` returns it), `columns` (`inputs`, `targets`,
            `weights`: name → columns) and `types` (column that an expression reads → its type in the engine); also
            `width`, the number of columns of a table whose columns have only numbers, and `scales` (output → the scale
            of its target).
        profile: Facts about each column, and the rows per split.
        fingerprint: The SHA-256 of each file.
        unused: The columns that feed nothing.
        dropped: How many rows were dropped for missing values.
        filters: How many rows `where` and `distinct` left out, in words.
        left_out: How many rows are in no split, and why; empty if all are.
        balance: How classes are balanced, in words; empty if they are not.
        last: The last time in each split, as text; empty except for a split by time.
        vocabularies: By lookup layer, the values that it learns from the training split.
        notes: What the user must know of the other splits, a sentence each.
        encoders: By output whose target is texts, what encodes them, once the model is built.
        training: Facts about each column, of the training rows alone, as `training_columns` returns them.
    """

    splits: dict[str, DataSplit]
    labels: dict[str, Labels]
    fitted: dict[str, Any]
    profile: DataProfile
    fingerprint: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    dropped: int = 0
    filters: list[str] = field(default_factory=list)
    left_out: str = ""
    balance: str = ""
    last: dict[str, str] = field(default_factory=dict)
    vocabularies: dict[str, list[Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    encoders: dict[str, Any] = field(default_factory=dict)
    training: dict[str, dict[str, Any]] = field(default_factory=dict)

    def size(self, word: str, name: str) -> int | None:
        """The number of classes of an output's target (`classes_of`); None if it has none, and for other words."""
        labels = self.labels.get(name) if word == "classes_of" else None
        return None if labels is None else labels.count

    def describe(self) -> str:
        """One line for the user: rows per split, columns, classes, unused columns.

        For example: `569 rows: 398 train, 57 validation, 114 test; x from 10 columns; target y: no, yes; not used: id`.
        """
        rows = {name: len(split) for name, split in self.splits.items()}
        total = sum(rows.values())
        last = {name: f" (to {time})" for name, time in self.last.items()}
        counts = ", ".join(f"{count:,} {name}{last.get(name, '')}" for name, count in rows.items())
        word = "row" if self.splits["train"].windows is None else "window"
        facts = [f"{total:,} {word}{'s' if total != 1 else ''}: {counts}"]
        columns = self.fitted.get("columns", {}).get("inputs", {})
        facts += [_input_text(name, names) for name, names in columns.items()]
        for name, labels in self.labels.items():
            if labels.kind == "text" or len(labels.names) <= SHOWN_NAMES:
                facts.append(f"target {name}: {_listed(labels.names)}")
        for name, scaling in scalings_from_json(self.fitted).items():
            facts.append(f"target {name}: {scaling.describe()}")
        facts += self.filters
        if self.dropped:
            facts.append(f"{self.dropped:,} dropped for missing values")
        if self.left_out:
            facts.append(self.left_out)
        if self.balance:
            facts.append(self.balance)
        if self.unused:
            facts.append(f"not used: {_listed(self.unused)}")
        return "; ".join(facts)


def _input_text(name: str, columns: Sequence[str]) -> str:
    if len(columns) == 1:
        return f"{name} from {columns[0]}" if columns[0] != name else name
    return f"{name} from {len(columns)} columns"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown
