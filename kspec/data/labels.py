"""Labels: the vocabulary of a target, and the encoding of targets for a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

    from kspec.analysis.settings import TargetForm
    from kspec.data.table import Column

    Array = np.ndarray[Any, Any]

LabelKind = Literal["text", "integer", "boolean"]


class UnknownLabel(ValueError):
    """A value that is not in the vocabulary; `index` is the first row with it."""

    def __init__(self, value: Any, index: int) -> None:
        super().__init__(f"`{value}` is not a label")
        self.value = value
        self.index = index


@dataclass(frozen=True, slots=True)
class Labels:
    """The classes of a target, in sorted order: class 0 is `names[0]`.

    Args:
        kind: What the column contains. Integers are sorted as numbers, false before true, texts by code point.
        names: Each class as text.
    """

    kind: LabelKind
    names: list[str]

    @property
    def values(self) -> list[Any]:
        """Each class as a value of the raw target: text, int or bool."""
        if self.kind == "text":
            return list(self.names)
        return [int(name) for name in self.names] if self.kind == "integer" else [name == "true" for name in self.names]

    @property
    def identity(self) -> bool:
        """Whether the index of each class is its value: integers 0 … n-1, or booleans."""
        return self.kind != "text" and [int(value) for value in self.values] == list(range(len(self.names)))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "names": self.names}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Labels:
        return cls(value["kind"], list(value["names"]))

    def indices(self, raw: Array) -> Array:
        """The class of each example, int32, shape (n,).

        Raises:
            UnknownLabel: If a value is not a class.
        """
        import numpy

        if self.kind == "text":
            index = {name: number for number, name in enumerate(self.names)}
            classes = numpy.fromiter((index.get(value, -1) for value in raw.tolist()), numpy.int32, len(raw))
            _check_known(raw, classes < 0)
            return classes
        values = numpy.array([int(value) for value in self.values], dtype=numpy.int64)
        if not len(values):
            _check_known(raw, numpy.ones(len(raw), bool))
            return numpy.zeros(0, numpy.int32)
        classes = numpy.minimum(numpy.searchsorted(values, raw), len(values) - 1)
        _check_known(raw, values[classes] != raw)
        return classes.astype(numpy.int32)


def _check_known(raw: Array, unknown: Array) -> None:
    if unknown.any():
        index = int(unknown.argmax())
        raise UnknownLabel(raw[index], index)


def labels_of(column: Column) -> Labels | None:
    """The vocabulary of a target column; None if it cannot be classes (floats, several numbers per row)."""
    import numpy

    values = column.values[~column.missing]
    if column.kind == "text":
        return Labels("text", sorted(set(values.tolist())))
    if column.kind == "boolean":
        return Labels("boolean", ["true" if value else "false" for value in numpy.unique(values)])
    if column.kind == "integer":
        return Labels("integer", [str(int(value)) for value in numpy.unique(values)])
    return None


def encode(raw: Array, labels: Labels | None, form: TargetForm) -> Array:
    """Encodes a raw target in the form that a loss takes.

    Args:
        raw: As in `DataSplit.targets`: shape (n,) for one column, (n, k) for several, (n, …) for arrays.
        labels: The vocabulary of the target, if it has one.
        form: `binary`: float32, (n, 1), 0 or 1 in the order of the vocabulary. `integer`: int32, (n,); the argmax of
            one-hot columns. `one_hot`: float32, (n, classes); several columns stay as they are. `multi_label`: float32,
            (n, k). `values`: float32, (n, k), unchanged.

    Raises:
        UnknownLabel: If a value is not in the vocabulary.
        ValueError: If the target cannot take the form (text as values, more than two classes as binary).
    """
    import numpy

    if form == "values":
        if raw.dtype.kind not in "fiub":
            raise ValueError("text is not a number")
        return _column(raw.astype(numpy.float32))
    if raw.ndim > 1:
        if form == "integer" and raw.dtype.kind == "f":
            return raw.argmax(axis=-1).astype(numpy.int32) if raw.ndim == 2 else raw.astype(numpy.int32)
        if form == "integer":
            one_hot = raw.ndim == 2 and raw.shape[1] > 1
            return (raw.argmax(axis=1) if one_hot else raw).astype(numpy.int32)
        return raw.astype(numpy.float32)
    if form in ("binary", "multi_label"):
        if labels is not None and len(labels.names) > 2:
            raise ValueError(f"{len(labels.names)} classes are too many for a binary target")
        classes = raw if labels is None else labels.indices(raw)
        if labels is not None and len(labels.names) == 1 and labels.kind != "text":
            classes = raw
        return _column(classes.astype(numpy.float32))
    classes = labels.indices(raw) if labels is not None else _class_numbers(raw)
    if form == "integer":
        return classes
    count = len(labels.names) if labels is not None else int(classes.max(initial=-1)) + 1
    return numpy.eye(count, dtype=numpy.float32)[classes]


def _class_numbers(raw: Array) -> Array:
    """The classes of floats such as 0.0, 1.0, 2.0."""
    import numpy

    classes = raw.astype(numpy.int32)
    if (classes != raw).any() or (classes < 0).any():
        raise ValueError("classes must be integers from 0")
    return classes


def _column(values: Array) -> Array:
    """Reshapes (n,) to (n, 1)."""
    return values.reshape(-1, 1) if values.ndim == 1 else values
