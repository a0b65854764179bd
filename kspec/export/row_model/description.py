"""What an exported model takes of a row, and what its predictions mean: from a run and its contract."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kspec.analysis.index_limits import IndexLimit, Lookup, index_limits, lookups
from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract, InputContract
from kspec.data.targets.encoding import TargetEncoding
from kspec.export.row_model.outside import outside_graph, resizing_of
from kspec.export.row_model.pictures import Picture
from kspec.language.data import Data
from kspec.runs.run_loader import LoadedRun

MOST_COLUMNS = 1000
"""Of more columns, inputs are taken whole."""
_WHOLE = ("array", "list", "image", "audio")
"""Columns whose values are arrays: each is a tensor by itself."""


@dataclass(slots=True)
class RowColumn:
    """A column as a tensor.

    Args:
        name: The column.
        dtype: What the tensor has: `float32`, `float64` or `string`. Gaps are NaN, or the empty text.
        shape: Its shape without the batch; () for a value by row.
        fill: What a gap takes; None if a row with one has no prediction.
        by_neighbor: Whether a gap of training takes the value of another row, which no graph sees.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...] = ()
    fill: float | str | None = None
    by_neighbor: bool = False


@dataclass(slots=True)
class RowInput:
    """An input of the network, and the columns that it is made of.

    Args:
        name: The input.
        dtype: Its Keras dtype.
        shape: The shape of an example, None for an open length.
        columns: The columns, in order; an indicator of gaps is named after the column whose gaps it tells.
        indicators: Which of them are indicators.
        is_window: Whether it takes several rows: its first axis.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    columns: list[str]
    indicators: list[bool]
    is_window: bool = False

    @property
    def values(self) -> list[str]:
        """The columns without indicators."""
        return [name for name, flag in zip(self.columns, self.indicators, strict=True) if not flag]

    @property
    def has_indicators(self) -> bool:
        """Whether the graph computes some of its columns."""
        return any(self.indicators)

    @property
    def is_integer(self) -> bool:
        """Whether it takes whole numbers alone."""
        return "int" in self.dtype or self.dtype == "bool"

    @property
    def tensor_shape(self) -> tuple[int | None, ...]:
        """The shape of the tensor with its columns that are no indicators, without the batch."""
        if not self.has_indicators:
            return self.shape
        return (*(self.shape[:1] if self.is_window else ()), len(self.values))


@dataclass(slots=True)
class Description:
    """What an exported model takes and gives.

    Args:
        columns: By name, those that the graph takes; indicators, which it computes, are not among them.
        inputs: By name.
        encodings: By output, the classes of its target, its threshold and its scale.
        limits: The layers that take only some numbers of an input.
        closed: The lookups that take only known values of an input, with these values.
        outside: What the graph leaves to others, a sentence each.
        whole: Why columns are no tensors of their own; empty if they are.
        pictures: By column, the pictures that the graph can decode from the bytes of files.
    """

    columns: dict[str, RowColumn]
    inputs: dict[str, RowInput]
    encodings: dict[str, TargetEncoding]
    limits: list[IndexLimit] = field(default_factory=list)
    closed: list[tuple[Lookup, list[Any]]] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    whole: str = ""
    pictures: dict[str, Picture] = field(default_factory=dict)

    def fills(self, name: str) -> list[float | str | None]:
        """What gaps take in the columns of an input that are no indicators, in order."""
        return [self.columns[column].fill for column in self.inputs[name].values]


def describe(run: LoadedRun, contract: Contract, *, decodes: bool = False) -> Description:
    """The description of a run.

    Args:
        run: The loaded run.
        contract: Its contract.
        decodes: Whether the graph can decode pictures.
    """
    inputs = {name: _input(name, each, contract) for name, each in contract.inputs.items()}
    used = dict.fromkeys(name for each in inputs.values() for name in each.columns)
    whole = _why_whole(used, inputs, contract)
    columns = {name: _column(name, inputs, contract.columns[name]) for name in used}
    graph, known = run.analysis.graph, run.vocabularies()
    closed = [(each, _known(each, known)) for each in lookups(graph) if each.takes_only_known]
    data = run.spec.document.data
    pictures = _pictures(columns, inputs, contract, data) if decodes and not whole else {}
    return Description(
        columns=columns,
        inputs=inputs,
        encodings=run.encodings,
        limits=[each for each in index_limits(graph) if each.source.kind == "input"],
        closed=[(each, words) for each, words in closed if words],
        outside=outside_graph(contract, used, data, pictures),
        whole=whole,
        pictures=pictures,
    )


def _input(name: str, own: InputContract, contract: Contract) -> RowInput:
    columns, indicators = [], []
    for column in own.columns:
        source = _indicated(contract.columns[column])
        columns.append(source or column)
        indicators.append(bool(source))
    return RowInput(name, own.dtype, tuple(own.shape), columns, indicators, bool(own.window))


def _indicated(column: ColumnContract) -> str:
    """The column whose gaps a column tells; empty if it is no indicator."""
    return column.sources[0] if column.is_computed and not column.expression else ""


def _column(name: str, inputs: Mapping[str, RowInput], column: ColumnContract) -> RowColumn:
    takers = [each for each in inputs.values() if name in each.columns]
    of_value = [each for each in takers if name in each.values]
    dtype = _dtype([each.dtype for each in of_value] or ["string" if column.kind == "text" else "float32"])
    value = column.gap.value if column.gap.action in ("fill", "neighbor") else None
    if value is not None:
        value = str(value) if dtype == "string" else float(value)
    if column.kind in _WHOLE:
        is_alone = all(len(each.columns) == 1 for each in takers)
        return RowColumn(name, dtype, takers[0].shape if is_alone else tuple(column.shape))
    return RowColumn(name, dtype, fill=value, by_neighbor=column.gap.action == "neighbor")


def _pictures(
    columns: Mapping[str, RowColumn], inputs: Mapping[str, RowInput], contract: Contract, data: Data | None
) -> dict[str, Picture]:
    """The columns of pictures of a fixed size that one input takes.

    Args:
        columns: The columns.
        inputs: The inputs.
        contract: The contract of the run.
        data: The `data` section of the spec.
    """
    found = {}
    for name, column in columns.items():
        takers = [each for each in inputs.values() if name in each.columns]
        shape = tuple(length for length in column.shape if length is not None)
        if contract.columns[name].kind == "image" and len(takers) == 1 and len(shape) == len(column.shape):
            taker = takers[0]
            found[name] = Picture(taker.name, shape, column.dtype, resizing_of(name, data), taker.is_integer)
    return found


def _dtype(takes: Sequence[str]) -> str:
    """The dtype of a column's tensor: one that holds a gap, and the numbers of all its inputs."""
    if "string" in takes:
        return "string"
    return "float64" if any("int" in each or each in ("bool", "float64") for each in takes) else "float32"


def _why_whole(used: Sequence[str] | Mapping[str, Any], inputs: Mapping[str, RowInput], contract: Contract) -> str:
    """Why columns are no tensors of their own; empty if they are."""
    if contract.window is not None:
        return "examples are windows of rows"
    if len(used) > MOST_COLUMNS:
        return f"there are {len(used):,} columns"
    for name in used:
        takers = [each for each in inputs.values() if name in each.values]
        if len({each.dtype == "string" for each in takers}) > 1:
            return f"`{name}` is taken both as text and as a number"
        column = contract.columns[name]
        if column.kind in _WHOLE:
            is_alone = all(len(each.columns) == 1 for each in takers)
            is_open = not is_alone and (not column.shape or None in column.shape)
            if is_open or len({each.shape for each in takers}) > 1:
                return f"`{name}` has no single shape"
    return ""


def _known(lookup: Lookup, learned: Mapping[str, list[Any]]) -> list[Any]:
    stated = lookup.layer.arguments.get("vocabulary")
    words = list(stated) if isinstance(stated, list) else list(learned.get(lookup.layer.name, ()))
    mask = lookup.layer.arguments.get("mask_token")
    words = [str(word) if isinstance(word, str) else int(word) for word in words]  # not those of NumPy
    return words if mask is None or mask in words else [*words, mask]


def size_of(shape: Sequence[int | None]) -> int:
    """The number of values of a shape without open lengths."""
    return math.prod(length or 1 for length in shape)
