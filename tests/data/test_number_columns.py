"""Texts that are numbers with a unit."""

import numpy as np
import pytest

from kspec.data.context import Context
from kspec.data.expressions.derivation import derive
from kspec.data.number_columns import with_numbers
from kspec.data.table import Column, Table
from kspec.data.table_preview import _empty_spec
from kspec.diagnostics import Report


def numbers(texts, name="price"):
    """What the expression found for a column of texts gives, and what the table has in its place."""
    values = np.array(["" if text is None else text for text in texts], dtype=object)
    table = Table({name: Column(name, "text", values, np.array([text is None for text in texts]))}, len(texts))
    changed, new = with_numbers(table)
    if not new:
        return None
    spec = _empty_spec("spec.yaml", {"csv": "t.csv", "columns": {new[name].name: new[name].expression}})
    report = Report()
    derived = derive(table, spec.document.data, Context(spec, report, None)).table.columns[new[name].name]
    assert not list(report)
    found = np.where(derived.missing, np.nan, derived.values.astype(float))
    np.testing.assert_array_equal(found, changed.columns[name].values)
    return found.tolist()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["$5", "$7.5", "-$1", "$ 8"], [5, 7.5, -1, 8]),
        (["5%", "7 %", "12.5%"], [5, 7, 12.5]),
        (["1,234 €", "12,000 €", "5 €"], [1234, 12000, 5]),
        (["1.234,50 €", "12,00 €", "5,25 €"], [1234.5, 12, 5.25]),
        (["EUR 3", "EUR 4", "EUR 5"], [3, 4, 5]),
        (["70 kg", "81 kg", "90.5 kg"], [70, 81, 90.5]),
        (["$1,000", "$2,000,000", "$3"], [1000, 2_000_000, 3]),
        (["€3", "€4", "€5", "?"] * 2, [3, 4, 5, np.nan] * 2),
        (["5%", None, "6%", "7%"], [5, np.nan, 6, 7]),
        (["(50)", "7", "(1,200.5)", "8"], [-50, 7, -1200.5, 8]),
        (["$(54.50)", "($4)", "$19.25", "$7"], [-54.5, -4, 19.25, 7]),
        (["<0.5", "0.7", "> 100", "8", "9", "10"], [0.5, 0.7, 100, 8, 9, 10]),
    ],
)
def test_numbers_with_a_unit_are_read(texts, expected):
    np.testing.assert_array_equal(numbers(texts), expected)


def test_any_name_of_a_column_can_be_in_the_expression():
    for name in ("order", "Unit price", 'the "best"', "select"):
        assert numbers(["$5", "$6", "$7"], name) == [5, 6, 7]


@pytest.mark.parametrize(
    "texts",
    [
        ["1st", "2nd", "3rd"],  # each unit is another word
        ["Q1", "Q2", "Q3"],
        ["(030)", "(040)", "(089)"],  # codes of areas
        ["10:30-11", "11:30-12", "12:30-13"],
        ["2024-01-01", "2024-01-02", "2024-01-03"],
        ["36 months", "60 months", "36 months"],
        ["5 kg", "6 lb", "7 kg"],
        ["red", "green", "blue"],
        ["+49 30 123", "+49 30 124", "+49 30 125"],
    ],
)
def test_other_texts_are_no_numbers(texts):
    assert numbers(texts) is None
