"""Columns that are put side by side when rows are taken."""

from __future__ import annotations

import numpy as np

from kspec.data.storage.stacked_columns import StackedColumns
from tests.data.test_index_check import check_of

COLUMNS = [np.arange(9.0), np.arange(18.0).reshape(9, 2), np.arange(9) % 2 == 0]


def test_rows_are_those_of_all_columns_together() -> None:
    stacked = StackedColumns(COLUMNS, np.dtype("float32"), (9, 4))
    whole = np.column_stack(COLUMNS).astype("float32")
    rows = np.array([7, 0, 3])
    assert len(stacked) == 9
    for found, expected in (
        (stacked.whole(), whole),
        (stacked[rows], whole[rows]),
        (stacked[whole[:, 0] > 5], whole[6:]),
    ):
        assert (found.dtype, found.tolist()) == (expected.dtype, expected.tolist())


def test_a_lookup_learns_from_them_as_from_an_array() -> None:
    columns = [np.array([3, 3, 5, 7]), np.array([9, 9, 9, 4])]
    learned = []
    for values in (np.stack(columns, 1), StackedColumns(columns, np.dtype("int64"), (4, 2))):
        check = check_of("IntegerLookup", "{x: {shape: [2], dtype: int64}}")
        check.learn({"x": values}, np.array([0, 1, 2]))
        learned.append(check.vocabularies)
    assert learned[0] == learned[1] == {"integer_lookup": [9, 3, 5]}
