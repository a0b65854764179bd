"""Columns of times."""

import numpy as np
import pytest

from kspec.data.time_spelling import spell
from kspec.data.times import are_days, parse_times, time_text


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
        (["2024M01", "2023M12"], ["2024-01-01", "2023-12-01"]),
        (["2024 Jan", "2023 Sept"], ["2024-01-01", "2023-09-01"]),
        (["Jan-68", "Feb-69"], ["2068-01-01", "1969-02-01"]),
        (["31.12.68", "1.1.69"], ["2068-12-31", "1969-01-01"]),
        (["5/24/99", "5/25/99"], ["1999-05-24", "1999-05-25"]),
        (["24-Dec-99", "1-Jan-00"], ["1999-12-24", "2000-01-01"]),
        (["Jan-1-1995", "Feb-1-1995"], ["1995-01-01", "1995-02-01"]),
        (["Wed, 31 Jan 2024 10:00:00 UTC", "Thu, 1 Feb 2024 10:00:00 UTC"], ["2024-01-31T10:00", "2024-02-01T10:00"]),
        (["1/31/2024 12:05 AM", "1/31/2024 12:05 pm"], ["2024-01-31T00:05", "2024-01-31T12:05"]),
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
        (["2024-01-01 13:00 pm"], "no date of the calendar", None),
        (["Marie-24"], "no time", None),
        (["31/01/2024", "01/31/2024"], "no one order of day and month", None),
        (["02/01/2024", "01/02/2024", "03/03/2024", "01/01/2024"], "day or the month first", None),
    ],
)
def test_texts_that_are_no_times(texts, message, wrong):
    problem = parse(*texts)
    assert message in problem.message
    assert wrong is None or problem.values == wrong


@pytest.mark.parametrize(
    ("texts", "moment", "expected"),
    [
        (["2024-01-31", "2024-02-29"], "2024-03-01", "2024-03-01"),
        (["2024/01/31 10:00"], "2024-03-01T09:30", "2024/03/01 09:30"),
        (["9.10.2024", "10.10.2024"], "2024-03-01", "1.3.2024"),
        (["09.10.24", "10.10.24"], "2025-03-01", "01.03.25"),
        (["1/31/2024", "2/1/2024"], "2024-03-02", "3/2/2024"),
        (["31/1/2024", "1/2/2024"], "2024-03-02", "2/3/2024"),
        (["Jan 1 2000", "May 1 2000"], "2000-09-10", "Sep 10 2000"),
        (["JANUARY 2000", "MAY 2000"], "2000-09-10", "SEPTEMBER 2000"),
        (["2024Q1", "2024Q2"], "2024-07-01", "2024Q3"),
        (["2024M11", "2024M12"], "2025-01-01", "2025M01"),
        (["1/31/2024 11:05 AM", "1/31/2024 12:05 PM"], "2024-01-31T13:05", "1/31/2024 1:05 PM"),
        (["2024-01-01T10:00:00.5+02:00"], "2024-01-01T09:00:00.25", "2024-01-01T11:00:00.2+02:00"),
    ],
)
def test_times_are_written_as_their_column_writes_them(texts, moment, expected):
    assert spell([np.datetime64(moment, "us").item()], texts, parse(*texts).tolist()) == [expected]


def test_integers_that_are_days():
    assert [are_days(np.array(values)) for values in ([19580329, 20240131], [19581329], [1958, 1959], [1.5])] == [
        True,
        False,
        False,
        False,
    ]
    assert parse("19580329", "19580405").tolist() == np.array(["1958-03-29", "1958-04-05"], "datetime64[us]").tolist()


def test_times_in_words():
    assert time_text(np.datetime64("2024-01-31", "us")) == "2024-01-31"
    assert time_text(np.datetime64("2024-01-31T10:30", "us")) == "2024-01-31T10:30:00"
    assert time_text(np.int64(1961)) == "1961"
