"""Rows that are looked at together get what each would get by the contract alone."""

import itertools

import pytest

from kspec.contract.judge import judge
from kspec.serving.job import job_of
from kspec.serving.judging import RowJudge


@pytest.mark.parametrize("together", [False, True])
def test_columns_of_usual_numbers_hide_nothing(model, together):
    row_judge = RowJudge(model)
    assert set(row_judge._ranges) == {"a", "b"}
    low, high = row_judge._ranges["a"]
    values = [low, high, (low + high) / 2, high + 1, low - 1, 0, 10**400, None, "0.5", "tall", True]
    rows = [{"a": a, "b": b, "city": "oslo"} for a, b in itertools.product(values, (0.0, 99.0))]
    found = {}
    for some in [rows] if together else [[row] for row in rows]:
        columns = {name: [row[name] for row in some] for name in ("a", "b", "city")}
        job = job_of(model.fields, columns, len(some))
        row_judge.judge([job])
        start = len(found)
        for number in range(len(some)):
            codes = [each.code for each in job.warnings.get(number, ())]
            found[start + number] = (number in job.errors, codes)
    by_contract = judge(row_judge.contract, rows)
    for number in range(len(rows)):
        refused, codes = found[number]
        assert refused == bool(by_contract.refused[number])
        if not refused:
            assert codes == [each.code for each in by_contract.warnings.get(number, ())]
