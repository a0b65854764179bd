"""What the training rows have in each column that new data must have: plain facts, from the training split alone.

Numbers, lists and texts of many rows are described by a part of these at even distances; the range of numbers is always
that of all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from kspec.analysis.index_limits import index_limits, lookups
from kspec.data.columns import ColumnMapping, window_columns
from kspec.data.network_specs import InputSpec
from kspec.data.parallel import in_parallel
from kspec.data.profile.distinct_values import count_texts
from kspec.data.storage.mapped_arrays import pieces, row_bytes, taken, without
from kspec.data.table import NUMERIC, Column, Table
from kspec.ir import Graph
from kspec.language.data import Data

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SAMPLED = 1 << 17
"""Of more rows, so many are looked at for quantiles, shares and lengths."""
COUNTED = 1 << 20
"""Of more rows, the categories of texts are those of a part."""
MAX_CATEGORIES = 1000
"""Columns with more distinct values have no categories."""
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
DECILES = tuple(number / 10 for number in range(1, 10))
IN_CACHE = 32
"""How many times less is looked at together than usual: so much stays in the processor's cache."""


def training_columns(
    table: Table,
    mapping: ColumnMapping,
    data: Data,
    train: Array,
    inputs: Mapping[str, InputSpec],
    graph: Graph | None,
) -> dict[str, dict[str, Any]]:
    """The facts of each column of an input or a target, and of those that order windows or compute others.

    Args:
        table: The table, before gaps are filled.
        mapping: The columns of each input and output.
        data: The `data` section.
        train: The indices of the training rows.
        inputs: The shape and dtype of each input: those of texts take numbers as texts.
        graph: The network, whose lookups take numbers as categories; None if it is not known.

    Returns:
        By column, plain JSON: `kind`, `rows`, `missing` and `sources` (the columns that it is computed from); of
        numbers `minimum`, `maximum`, `quantiles` and `bins`; of categories `categories`; of texts and lists `length`.
        `sampled` is the number of rows that the rest of it is known of, where these are not all.
    """
    names = dict.fromkeys([*mapping.input_columns, *mapping.target_columns, *window_columns(data.window)])
    names |= dict.fromkeys(source for name in [*names] for source in table.sources.get(name, ()))
    texts = _texts_of(mapping, inputs)
    columns = [_as_read(table.columns[name], name in texts) for name in names if name in table.columns]
    categories = _categories(mapping, graph)
    found = in_parallel(
        lambda column: _facts(column, train, column.name in categories), columns, len(columns) * len(train)
    )
    for column, facts in zip(columns, found, strict=True):
        if column.name in table.sources:
            facts["sources"] = list(table.sources[column.name])
    return {column.name: facts for column, facts in zip(columns, found, strict=True)}


def _texts_of(mapping: ColumnMapping, inputs: Mapping[str, InputSpec]) -> set[str]:
    """The columns that only inputs of texts take."""
    takes: dict[str, set[bool]] = {}
    for name, columns in mapping.inputs.items():
        for column in columns:
            takes.setdefault(column, set()).add(inputs[name].dtype == "string")
    return {column for column, are_texts in takes.items() if are_texts == {True}}


def _as_read(column: Column, is_text: bool) -> Column:
    """The column as its input takes it."""
    if not is_text or column.kind not in NUMERIC:
        return column
    return Column(column.name, "text", column.texts(), column.missing)


def _categories(mapping: ColumnMapping, graph: Graph | None) -> set[str]:
    """The columns whose numbers are categories, since a layer looks them up."""
    if graph is None:
        return set()
    sources = [*(each.source for each in index_limits(graph)), *(each.source for each in lookups(graph))]
    inputs = {source.name for source in sources if source.kind == "input"}
    return {column for name, columns in mapping.inputs.items() if name in inputs for column in columns}


def _facts(column: Column, train: Array, is_category: bool) -> dict[str, Any]:
    """The facts of a column.

    Args:
        column: The column.
        train: The indices of the training rows.
        is_category: Whether its numbers are categories.
    """
    rows = without(train, column.missing)
    facts: dict[str, Any] = {"kind": column.kind, "rows": len(train), "missing": len(train) - len(rows)}
    if column.values.ndim > 1:
        facts["shape"] = [int(length) for length in column.values.shape[1:]]
    if column.paths is not None or not len(rows):
        return facts
    sample = _sample(rows, SAMPLED)
    if column.kind == "text":
        facts |= _texts(column.values, rows)
    elif column.kind == "boolean":
        count = int(taken(column.values, sample).sum())
        facts |= {"categories": {"false": len(sample) - count, "true": count}}
    elif column.kind in NUMERIC:
        facts |= _range(column.values, rows) | _distribution(column.values[sample])
        if is_category:
            facts |= _number_categories(column.values[sample])
    elif column.kind == "array" and column.values.dtype.kind in "fiub":
        facts |= _range(column.values, rows)
    elif column.kind == "list":
        facts |= _lists([column.values[row] for row in sample.tolist()])
    return facts if len(sample) == len(rows) else facts | {"sampled": len(sample)}


def _sample(rows: Array, most: int) -> Array:
    """Some of the rows at even distances; all if they are few."""
    import numpy

    return rows if len(rows) <= most else rows[numpy.arange(most) * len(rows) // most]


def _range(values: Array, rows: Array) -> dict[str, Any]:
    """The range of the finite numbers, with booleans as 0 and 1; nothing if there are none."""
    import numpy

    lows, highs = [], []
    for piece in pieces(len(rows), IN_CACHE * row_bytes(values)):
        part = values[rows[piece]]
        if part.dtype.kind == "f" and not numpy.isfinite(part.min() + part.max()):
            part = part[numpy.isfinite(part)]
        if part.dtype.kind == "b":
            part = part.view(numpy.uint8)
        if part.size:
            lows.append(part.min().item())
            highs.append(part.max().item())
    return {"minimum": min(lows), "maximum": max(highs)} if lows else {}


def number_facts(numbers: Array) -> dict[str, Any]:
    """The range, quantiles and bins of numbers that are not those of a column, shape (n,)."""
    import numpy

    return _range(numbers, numpy.arange(len(numbers))) | _distribution(numbers) if len(numbers) else {}


def _distribution(values: Array) -> dict[str, Any]:
    """Quantiles, and how many numbers lie between deciles; NumPy's both.

    Args:
        values: Numbers, shape (n,), n > 0.
    """
    import numpy

    numbers = values.astype(numpy.float64)
    numbers = numbers[numpy.isfinite(numbers)]
    if not len(numbers):
        return {}
    numbers.sort()  # all else takes far longer without order
    quantiles = numpy.quantile(numbers, [*QUANTILES, *DECILES])
    edges = numpy.unique(quantiles[len(QUANTILES) :])
    counts = numpy.diff([0, *numpy.searchsorted(numbers, edges), len(numbers)])
    return {
        "quantiles": {f"{share:g}": value for share, value in zip(QUANTILES, quantiles.tolist(), strict=False)},
        "bins": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def _number_categories(values: Array) -> dict[str, Any]:
    """How many rows have each number, if there are few numbers."""
    import numpy

    numbers, counts = numpy.unique(values, return_counts=True)
    if len(numbers) > MAX_CATEGORIES:
        return {}
    return {
        "categories": {number_label(number): n for number, n in zip(numbers.tolist(), counts.tolist(), strict=True)}
    }


def number_label(number: float) -> str:
    """A number as the name of a category: without a fraction if it has none."""
    return str(int(number)) if float(number).is_integer() else repr(number)


def _texts(values: Array, rows: Array) -> dict[str, Any]:
    """How many rows have each text, if there are few texts or most occur again, and how long texts are.

    Args:
        values: Texts, shape (n,).
        rows: The rows with a text.
    """
    import numpy

    part = taken(values, _sample(rows, COUNTED))
    distinct, counts = count_texts(part, numpy.zeros(len(part), bool), MAX_CATEGORIES)
    lengths = [len(text) for text in taken(part, _sample(numpy.arange(len(part)), SAMPLED)).tolist()]
    facts: dict[str, Any] = {"distinct": distinct, "length": _lengths(lengths)}
    if counts:
        order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        facts["categories"] = {str(text): int(count) for text, count in order}
    return facts if len(part) == len(rows) else facts | {"sampled": len(part)}


def _lists(rows: list[Array]) -> dict[str, Any]:
    """The range of the numbers in lists, and how long lists are."""
    import numpy

    facts: dict[str, Any] = {"length": _lengths([len(row) for row in rows])}
    known = [row.reshape(-1) for row in rows if len(row)]
    if known and all(row.dtype.kind in "fiub" for row in known):
        numbers = numpy.concatenate(known)
        facts |= _range(numbers, numpy.arange(len(numbers)))
    return facts


def _lengths(lengths: Collection[int]) -> dict[str, Any]:
    """The range and the median of lengths, and how many lie between their deciles."""
    import numpy

    numbers = numpy.array(list(lengths))
    if not len(numbers):
        return {}
    ends: Mapping[str, int] = {"minimum": int(numbers.min()), "maximum": int(numbers.max())}
    return {**ends, "median": float(numpy.median(numbers)), "bins": _distribution(numbers)["bins"]}
