"""What the data room is told and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from kspec.analysis.data_profile import DataProfile
    from kspec.data.labels import Labels

    Array = np.ndarray[Any, Any]


class InputSpec(NamedTuple):
    """What an input takes.

    Args:
        shape: Of one example, without the batch; None for an unknown length.
        dtype: Keras's name of its type; `string` for text.
    """

    shape: tuple[int | None, ...]
    dtype: str = "float32"


class OutputSpec(NamedTuple):
    """What is known of an output before its target is read.

    Args:
        task: The problem type, such as `regression`; None when it is not known.
        units: The size of its last axis; None when it is not known.
    """

    task: str | None = None
    units: int | None = None


@dataclass(slots=True)
class DataSplit:
    """The examples of one split, in the file's order.

    Args:
        rows: Their row numbers in the file, from 1, the header not counted; shape (n,).
        inputs: By input, shape (n, …), in the input's type; text as objects. Pictures too many for memory are
            `kspec.data.images.Pictures` instead, which the batches decode.
        targets: By output, as they stand in the file: shape (n,) for one column, (n, k) for several.
        weights: By output, shape (n,).
        names: Of the files, where each example is one.
    """

    rows: Array
    inputs: dict[str, Any]
    targets: dict[str, Array] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    names: list[str] | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True)
class Dataset:
    """The examples of a spec, ready for a model.

    Args:
        splits: `train` always; `validation` and `test` when they have examples.
        labels: By output, the vocabulary of a target that can be classes.
        fitted: What was learned from the training part and the columns used, as plain JSON: `fill` (column → value for
            what is missing) and `columns` (`inputs`, `targets`, `weights`: name → columns). Reading other data for the
            same model needs it.
        profile: Facts of each column, and rows per split.
        fingerprint: The sha256 of each file read.
        unused: Columns that feed nothing.
    """

    splits: dict[str, DataSplit]
    labels: dict[str, Labels]
    fitted: dict[str, Any]
    profile: DataProfile
    fingerprint: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    dropped: int = 0
    """Rows left out because a value is missing."""

    def describe(self) -> str:
        """One line for the user: rows per split, columns, classes, what is not used."""
        from kspec.data.profiling import describe

        return describe(self)
