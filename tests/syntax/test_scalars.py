"""Plain scalars resolve as in the YAML 1.2 core schema."""

import math

import pytest

from kspec.syntax.scalars import NumberTooLong, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("1.", 1.0),
        (".5", 0.5),
        ("+7", 7),
        ("-0", 0),
        ("007", 7),
        ("0o17", 15),
        ("0xFF", 255),
        ("~", None),
        ("", None),
        ("Null", None),
        ("TRUE", True),
        ("False", False),
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"),
        ("1e", "1e"),
        ("-", "-"),
        ("e5", "e5"),
        ("0b11", "0b11"),
        ("tRue", "tRue"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_core_schema(text, value):
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_nan():
    assert math.isnan(resolve(".nan"))


def test_long_numbers_are_rejected():
    with pytest.raises(NumberTooLong):
        resolve("9" * 5000)
