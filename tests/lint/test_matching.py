"""The matcher: which part of a value is not of its type, and what that part must be."""

import pytest

from kspec.catalog.types import ListOf, Number, ObjectOf, parse
from kspec.lint.matching import Mismatch, Reference, inspect, match
from kspec.syntax.deferred import FAILED


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int>=1", [1, 10, {"classes_of": "y"}, {"vocabulary_of": "x"}]),
        ("float[0,1)", [0, 0.5]),
        ("bool|null", [True, None]),
        ('"valid"|"same"', ["valid", "same"]),
        ("[int;2]|int", [[1, 2], 3]),
        ("{float}", [{}, {"a": 1, "b": 0.5}]),
        ("shape", [[], [3, None], [-1]]),
        ("dtype", ["float32"]),
        ("array", [1, [1, [2.5]]]),
        ("<initializer>|null", ["he_normal", {"HeNormal": {"seed": 1}}, {"Missspelt": None}, "my.module.Init", None]),
        ("<cell>", ["LSTMCell", {"LSTMCell": {}}]),
        ("path:read", ["anywhere.txt"]),
        ("any", ["x", None, [{}]]),
    ],
)
def test_a_value_of_the_type_has_no_mismatch(type_: str, values: list[object]) -> None:
    assert [match(value, parse(type_)) for value in values] == [[] for _ in values]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int>=1", [0, 1.0, True, "1", None, {"classes_of": 1}, {"other_of": "y"}]),
        ("float[0,1)", [1, -0.1, float("nan"), {"classes_of": "y"}]),
        ("bool", [1, "true"]),
        ("[int;2]", [[1], [1, 2, 3], 1]),
        ("{float}", [{"a": "1"}, [1]]),
        ("shape", [[0], ["a"], 3]),
        ("dtype", ["float"]),
        ("array", [["a"], "a"]),
        ("<initializer>", ["nonesuch", {"nonesuch": {}}, {"HeNormal": {}, "Zeros": {}}, 1]),
        ("null", [0, ""]),
    ],
)
def test_a_value_of_another_type_is_the_mismatch(type_: str, values: list[object]) -> None:
    expected = parse(type_)
    assert [match(value, expected) for value in values] == [[Mismatch((), expected, value)] for value in values]


def test_the_path_leads_to_the_item_that_does_not_match() -> None:
    positive = Number(integer=True, minimum=1)
    assert match([1, 0, "2"], ListOf(positive)) == [Mismatch((1,), positive, 0), Mismatch((2,), positive, "2")]
    assert match([[1, 2], [0, 2]], parse("[[int>=1;2]]|null")) == [Mismatch((1, 0), positive, 0)]


def test_values_that_could_not_be_computed_match() -> None:
    assert match(FAILED, parse("int")) == []
    assert match([FAILED, 1], parse("[int]")) == []


def test_what_lies_outside_the_value_is_referred_to() -> None:
    type_ = parse("[<layer>]")
    assert list(inspect(["Flatten", {"Dense": {"units": "ten"}}], type_)) == [
        Reference((0,), ObjectOf("layer"), "Flatten"),
        Reference((1,), ObjectOf("layer"), {"Dense": {"units": "ten"}}),
    ]
