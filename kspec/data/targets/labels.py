"""Labels: the classes of a target, spelled as in the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from kspec.data.storage.mapped_arrays import by_rows, made_of, row_bytes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LabelKind = Literal["text", "integer", "float", "boolean", "column"]
NUMBERS = ("integer", "float")
SPELLINGS = (("false", "true"), ("False", "True"), ("FALSE", "TRUE"))
"""How files spell booleans."""


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
        kind: What the target contains. Numbers are sorted as numbers, false before true, texts by code point. `column`:
            each class has a column, and the largest value of a row marks its class.
        names: Each class as text, spelled as in the data.
        are_numbers: Whether a label is the number of its class, as in Keras. So are floats and the elements of arrays;
            one column of integers or texts is numbered in sorted order, unless the integers fit the units.
        ignored: The label that the loss ignores (Keras's `ignore_class`), which is no class.
        columns: How each of several yes/no columns spells false and true; empty for one column, and for numbers alone.
    """

    kind: LabelKind
    names: list[str]
    are_numbers: bool = False
    ignored: int | None = None
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> list[Any]:
        """Each class as a value of the raw target: text, int, float or bool."""
        if self.kind == "boolean" and len(self.names) == 2:
            return [False, True]
        parse: Any = {"integer": int, "float": float, "boolean": lambda name: name.lower() == "true"}.get(
            self.kind, str
        )
        return [parse(name) for name in self.names]

    def of_column(self, number: int) -> Labels:
        """The labels of one of several columns, as it spells them."""
        return replace(self, names=list(self.columns[number]), columns=()) if self.columns else self

    @property
    def identity(self) -> bool:
        """Whether the number of each class is its value: 0 … n-1, or booleans."""
        if self.kind in ("text", "column"):
            return False
        return [int(value) for value in self.values] == list(range(len(self.names)))

    @property
    def count(self) -> int:
        """The number of classes, which is the number of units that they need."""
        if self.are_numbers and self.names:
            return max(int(value) for value in self.values) + 1
        return len(self.names)

    def are_of_columns(self, raw: Array, rank: int) -> bool:
        """Whether each column of an example has these labels, as several yes/no columns have.

        Args:
            raw: The raw target, shape (n, …).
            rank: The rank of the output, including the batch.
        """
        return self.kind != "column" and raw.ndim == rank and raw.shape[-1] > 1

    def text(self, value: Any) -> str:
        """A value of the raw target, spelled as in `names`."""
        match self.kind:
            case "integer":
                return str(int(value))
            case "float":
                return str(float(value))
            case "boolean":
                if len(self.names) == 2:
                    return self.names[bool(value)]
                return next((pair for pair in SPELLINGS if set(self.names) & set(pair)), SPELLINGS[0])[bool(value)]
        return str(value)

    def of_units(self, units: int | None) -> Labels:
        """The classes of an output with so many units.

        Labels that are numbers from 0 to `units - 1` are their own class numbers, even if some do not occur.

        Args:
            units: The units of the output, 2 for one sigmoid unit; None if unknown.
        """
        if self.kind == "boolean":
            return replace(self, names=[self.text(False), self.text(True)])
        if self.kind not in NUMBERS or (units is None and not self.are_numbers):
            return self
        numbers = [int(value) for value in self.values]
        units = self.count if units is None else units
        if any(not 0 <= number < units for number in numbers):
            return self
        return replace(self, names=[self.text(number) for number in range(units)], are_numbers=True)

    def find(self, label: Any) -> int | None:
        """The class of a label as a spec writes it: `1` for `1.0`, `True` for `true`; None if it is no class."""
        written = str(label)
        if written in self.names:
            return self.names.index(written)
        if self.kind == "boolean":
            spellings = [[name.lower() for name in names] for names in (self.names, *self.columns)]
            return next((names.index(written.lower()) for names in spellings if written.lower() in names), None)
        if self.kind in NUMBERS:
            try:
                return self.values.index(float(written))
            except ValueError:
                return None
        return None

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"kind": self.kind, "names": self.names}
        value |= {"are_numbers": self.are_numbers, "ignored": self.ignored}
        return value | ({"columns": [list(pair) for pair in self.columns]} if self.columns else {})

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Labels:
        columns = tuple((pair[0], pair[1]) for pair in value.get("columns", ()))
        return cls(value["kind"], list(value["names"]), value.get("are_numbers", False), value.get("ignored"), columns)

    def indices(self, raw: Array) -> Array:
        """The class of each element, int32, in the shape of `raw`, without its last axis if each class has a column.

        An ignored label keeps its number.

        Raises:
            UnknownLabel: If a value is not a class.
        """
        import numpy

        if self.kind == "column":
            return by_rows(lambda rows: numpy.asarray(rows.argmax(axis=-1), numpy.int32), raw)

        def found(piece: slice) -> Array:
            classes, unknown = self._find_all(raw[piece])
            if unknown.any():
                index = int(unknown.argmax())
                row = index // (unknown.size // len(unknown))
                raise UnknownLabel(raw[piece].ravel()[index], piece.start + row)
            return classes

        return made_of(raw.shape, numpy.int32, found, raw, row_bytes(raw))

    def are_unknown(self, raw: Array) -> Array:
        """Which elements are no class: booleans in the shape of `raw`."""
        import numpy

        return numpy.zeros(raw.shape, bool) if self.kind == "column" else self._find_all(raw)[1]

    def _find_all(self, raw: Array) -> tuple[Array, Array]:
        """The class of each element, int32, and whether it is unknown, each in the shape of `raw`."""
        import numpy

        if self.kind == "text":
            index = {name: number for number, name in enumerate(self.names)}
            numbers = (index.get(str(value), -1) for value in raw.ravel().tolist())
            classes = numpy.fromiter(numbers, numpy.int32, raw.size).reshape(raw.shape)
            return classes, classes < 0
        values = numpy.array([int(value) for value in self.values], dtype=numpy.int64)
        ignored = numpy.zeros(raw.shape, bool) if self.ignored is None else raw == self.ignored
        if not len(values):
            return raw.astype(numpy.int32), ~ignored
        classes = numpy.minimum(numpy.searchsorted(values, raw), len(values) - 1)
        unknown = (values[classes] != raw) & ~ignored
        return numpy.where(ignored, raw, classes).astype(numpy.int32), unknown

    def is_ignored(self, raw: Array) -> Array:
        """Which elements have the label that the loss ignores: booleans in the shape of `indices(raw)`."""
        import numpy

        if self.ignored is None:
            return numpy.zeros(raw.shape if self.kind != "column" else raw.shape[:-1], bool)
        matches: Array = (self.indices(raw) if self.kind in ("text", "column") else raw) == self.ignored
        return matches
