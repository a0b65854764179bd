"""Predictions that are a list for each example: tags, texts of characters, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kspec.data.targets.encoding import TargetEncoding
from kspec.report.prediction_files import Table

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class ListPredictions:
    """The lists that an output has predicted, for the examples whose actual list is known.

    Args:
        output: The output.
        predicted: The items of each, as texts.
        actual: Likewise.
        rows: The row of each in the data, shape (n,).
        by_position: Whether the items of both stand for the same positions, as those of tags do.
        has_labels: Whether the items are labels, not numbers.
    """

    output: str
    predicted: list[list[str]]
    actual: list[list[str]]
    rows: Array
    by_position: bool
    has_labels: bool

    def __len__(self) -> int:
        return len(self.actual)


def lists_of_table(output: str, encoding: TargetEncoding, table: Table) -> ListPredictions | None:
    """The lists of an output in a table; None if it predicts none, or no actual list is known.

    Args:
        output: The output.
        encoding: The encoding of its target.
        table: The table.
    """
    if encoding.lists is None or not {output, f"{output}_actual", "row"} <= table.columns.keys():
        return None
    sep = encoding.encoder.sep if encoding.encoder is not None else encoding.lists.sep
    predicted, actual = (table.texts(name).tolist() for name in (output, f"{output}_actual"))
    known = np.array([bool(text) for text in actual], bool)
    if not known.any():
        return None
    items = [
        [_items(text, sep) for text, is_known in zip(texts, known, strict=True) if is_known]
        for texts in (predicted, actual)
    ]
    rows = table.numbers("row")[known].astype("int64")
    return ListPredictions(
        output,
        items[0],
        items[1],
        rows,
        encoding.predicts_positions and not encoding.is_free_form,
        encoding.labels is not None,
    )


def _items(text: str, sep: str | None) -> list[str]:
    if sep == "":
        return list(text)
    return text.split(" " if sep is None else sep) if text else []
