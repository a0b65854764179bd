"""Columns of times."""

import numpy as np
import pytest

from kspec.data.times import parse_times, time_text


def parse(*texts):
    return parse_times(np.array(texts, dtype=object))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2024-01-31", "1949-12-01"], ["2024-01-31", "1949-12-01"]),
        (["2024-01-31T10:00", "2024-01-31T10:00:01.5"], ["2024-01-31T10:00", "2024-01-31T10:00:01.5"]),
        (["2024-01-31 10:00:00+02:00", "2024-01-31 10:00:00Z"], ["2024-01-31T08:00", "2024-01-31T10:00"]),
        (["1949-01", "1949-02"], ["1949-01-01", "1949-02-01"]),
        (["31.1.2024", "1.2.2024"], ["2024-01-31", "2024-02-01"]),
        (["02/01/2024", "31/01/2024"], ["2024-01-02", "2024-01-31"]),
        (["02/01/2024", "01/31/2024"], ["2024-02-01", "2024-01-31"]),
        (["1/1/2024", "2/1/2024", "1/2/2024"], ["2024-01-01", "2024-01-02", "2024-02-01"]),
        (["01/01/1960", "02/01/1960", "01/01/1961"], ["1960-01-01", "1960-02-01", "1961-01-01"]),
        (["31 Jan 2024", "1-February-2024"], ["2024-01-31", "2024-02-01"]),
        (["Jan 31, 2024", "Feb 1 2024"], ["2024-01-31", "2024-02-01"]),
        (["Jan 2024", "Dec 2023"], ["2024-01-01", "2023-12-01"]),
        (["2024Q1", "2023 q4"], ["2024-01-01", "2023-10-01"]),
    ],
)
def test_formats(texts, expected):
    times = parse(*texts)
    assert times.dtype == "datetime64[us]"
    assert times.tolist() == np.array(expected, "datetime64[us]").tolist()


@pytest.mark.parametrize(
    ("texts", "message", "wrong"),
    [
        (["2024-01-31", "soon"], "contains `soon`, which is no time", ["soon"]),
        (["2024-02-30", "2024-01-01"], "`2024-02-30`, which is no date of the calendar", ["2024-02-30"]),
        (["2024-01-01", "2024-01-02", "03.01.2024"], "several formats", ["03.01.2024"]),
        (
            ["2024-01-01T10:00Z", "2024-01-02T10:00Z", "2024-01-03T10:00"],
            "with and without a zone",
            ["2024-01-03T10:00"],
        ),
        (["31/01/2024", "01/31/2024"], "no one order of day and month", None),
        (["02/01/2024", "01/02/2024", "03/03/2024", "01/01/2024"], "day or the month first", None),
    ],
)
def test_texts_that_are_no_times(texts, message, wrong):
    problem = parse(*texts)
    assert message in problem.message
    assert wrong is None or problem.values == wrong


def test_times_in_words():
    assert time_text(np.datetime64("2024-01-31", "us")) == "2024-01-31"
    assert time_text(np.datetime64("2024-01-31T10:30", "us")) == "2024-01-31T10:30:00"
    assert time_text(np.int64(1961)) == "1961"
