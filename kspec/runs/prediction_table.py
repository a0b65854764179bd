"""The table of predictions: its lines are made piece by piece, so that few of them are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from kspec.data import DataSplit
from kspec.data.targets.encoding import TargetEncoding
from kspec.runs.list_predictions import is_list, list_columns
from kspec.training.predict import (
    Column,
    actual_columns,
    deviation_columns,
    fits_table,
    node_columns,
    prediction_columns,
)

Array = np.ndarray[Any, Any]

PIECE = 50_000
"""The lines that are made together."""


def prediction_table(
    split: DataSplit,
    predictions: Mapping[str, Array],
    encodings: Mapping[str, TargetEncoding],
    nodes: Mapping[str, Array],
    places: Sequence[Column] = (),
    deviations: Mapping[str, Array] = MappingProxyType({}),
) -> Iterator[list[Any]]:
    """The lines of a table of predictions, its header first.

    Args:
        split: The examples.
        predictions: By output, shape (n,) or (n, k).
        encodings: By output, the classes and columns of its target.
        nodes: By name, values of predicted nodes; those of a rank above 2 are left out.
        places: Columns that say what each prediction is about, beside its row.
        deviations: By output, standard deviations in the shape of its predictions.

    Yields:
        A line for each example, and one without predictions for each that was left out, in the order of the file.
    """
    nodes = {name: values for name, values in nodes.items() if fits_table(values)}
    examples = _Examples(split, predictions, nodes, places, deviations)
    header = _columns(examples.take(slice(0, 1)), encodings)
    yield header.names()
    count, gaps = len(next(iter([*predictions.values(), *nodes.values()]))), split.left_out
    if not gaps:
        for start in range(0, count, PIECE):
            yield from _columns(examples.take(slice(start, min(start + PIECE, count))), encodings).lines()
        return
    texts = [split.kept_of_left_out[name] for name in split.kept]
    order = np.argsort(np.concatenate([split.rows[:count], np.asarray(gaps, split.rows.dtype)]), kind="stable")
    for start in range(0, len(order), PIECE):
        piece = order[start : start + PIECE]
        present = piece[piece < count]
        lines = iter(_columns(examples.take(present), encodings).lines() if len(present) else [])
        for at in piece.tolist():
            yield next(lines) if at < count else header.gap(gaps[at - count], [each[at - count] for each in texts])


class _Examples(NamedTuple):
    """Examples and what was computed for them; the arguments are those of `prediction_table`."""

    split: DataSplit
    predictions: Mapping[str, Array]
    nodes: Mapping[str, Array]
    places: Sequence[Column]
    deviations: Mapping[str, Array]

    def take(self, rows: Any) -> _Examples:
        """Some of the examples.

        Args:
            rows: A slice, or indices, shape (m,).
        """

        def taken(arrays: Mapping[str, Array]) -> dict[str, Array]:
            return {name: values[rows] for name, values in arrays.items()}

        split = self.split
        part = replace(
            split,
            rows=split.rows[rows],
            targets=taken(split.targets),
            absent=taken(split.absent),
            positions=taken(split.positions),
            names=None if split.names is None else list(_taken(split.names, rows)),
            kept=taken(split.kept),
        )
        places = [(name, _taken(values, rows)) for name, values in self.places]
        return _Examples(part, taken(self.predictions), taken(self.nodes), places, taken(self.deviations))


class _Columns(NamedTuple):
    """The columns of a piece of the table.

    Args:
        own: What names the example.
        kept: Columns of the data that predictions keep.
        results: What was predicted, and what it is about.
    """

    own: list[Column]
    kept: list[Column]
    results: list[Column]

    def names(self) -> list[str]:
        """The header."""
        return [name for columns in self for name, _ in columns]

    def lines(self) -> Iterator[list[Any]]:
        """A line for each example."""
        return map(list, zip(*(_plain(values) for columns in self for _, values in columns), strict=True))

    def gap(self, row: int, texts: list[str]) -> list[Any]:
        """The line of an example that was left out.

        Args:
            row: Its row.
            texts: What it has in the columns that are kept.
        """
        return [row, *[""] * (len(self.own) - 1), *texts, *[""] * len(self.results)]


def _columns(examples: _Examples, encodings: Mapping[str, TargetEncoding]) -> _Columns:
    """The columns of a few examples.

    Args:
        examples: The examples.
        encodings: By output, the classes and columns of its target.
    """
    split, results = examples.split, list(examples.places)
    own: list[Column] = [("row", split.rows)]
    if split.names is not None:
        own.append(("file", split.names))
    for output, prediction in examples.predictions.items():
        if is_list(prediction, encodings[output]):
            results += list_columns(split, output, prediction, encodings[output])
            continue
        results += prediction_columns(output, prediction, encodings[output])
        if output in examples.deviations:
            results += deviation_columns(output, examples.deviations[output], encodings[output])
        if output in split.targets:
            columns = actual_columns(output, split.targets[output], encodings[output])
            absent = split.absent.get(output)
            results += columns if absent is None else _with_blanks(columns, absent)
    for node, values in examples.nodes.items():
        results += node_columns(node, values)
    headings = {heading for heading, _ in [*own, *results]}
    kept = {f"{name}_kept" if name in headings else name: texts for name, texts in split.kept.items()}
    return _Columns(own, list(kept.items()), results)


def _taken(values: Array | Sequence[Any], rows: Any) -> Array | Sequence[Any]:
    """Some values of a column; a list stays one, as numbers in it are written with all their digits."""
    if isinstance(values, np.ndarray):
        return np.asarray(values[rows])
    return list(values[rows]) if isinstance(rows, slice) else [values[at] for at in rows]


def _with_blanks(columns: list[Column], absent: Array) -> list[Column]:
    """The columns of actual values, with "" for those that there are none of.

    Args:
        columns: The columns of an output.
        absent: Which examples have none, shape (n,), or which values of each, shape (n, k).
    """
    if absent.ndim == 2 and absent.shape[1] == len(columns):
        return [(name, _blanked(values, absent[:, at])) for at, (name, values) in enumerate(columns)]
    rows = np.asarray(absent.reshape(len(absent), -1).any(axis=1))
    return [(name, _blanked(values, rows)) for name, values in columns]


def _blanked(values: Array | Sequence[Any], absent: Array) -> list[Any]:
    """The values of a column, with "" for the examples that have none."""
    return ["" if gap else value for value, gap in zip(_plain(values), absent.tolist(), strict=False)]


def _plain(values: Array | Sequence[Any]) -> list[Any]:
    """Numbers as Python prints them, without digits that float32 does not have."""
    array = np.asarray(values)
    if array.dtype == np.float32:
        return [str(value) for value in array]
    return array.tolist() if isinstance(values, np.ndarray) else list(values)
