"""Copies of a target, and drift between splits."""

import numpy as np
import pytest

from kspec.data.columns import ColumnMapping
from kspec.data.profile.doubts import find_copies, find_drift
from kspec.data.table import Column, Table

ROWS = 200
CHANCE = np.random.default_rng(3)
PRICE = CHANCE.uniform(1, 9, ROWS)
GRADE = CHANCE.integers(0, 3, ROWS)
NOISE = CHANCE.normal(size=ROWS)


def column(name, values):
    values = np.asarray(values)
    kind = {"f": "float", "i": "integer", "b": "boolean"}.get(values.dtype.kind, "text")
    values = values if kind != "text" else values.astype(object)
    return Column(name, kind, values, np.zeros(len(values), bool))


def copies(target, *inputs):
    columns = {"y": column("y", target), **{f"c{at}": column(f"c{at}", values) for at, values in enumerate(inputs)}}
    table = Table(columns, ROWS)
    return find_copies(table, ColumnMapping({"x": [name for name in columns if name != "y"]}, {"out": ["y"]}))


@pytest.mark.parametrize(
    ("target", "other"),
    [
        (PRICE, PRICE * -1.2 + 7),
        (PRICE, (PRICE * 1e300).astype(float)),
        (GRADE, np.array(["low", "middle", "high"])[GRADE]),
        (np.array(["no", "yes"])[GRADE % 2], GRADE % 2 == 1),
        (GRADE, GRADE + 10.0),
    ],
)
def test_a_column_in_other_words_or_units_is_a_copy(target, other):
    assert copies(target, NOISE, other) == {"c1": "y"}
    assert copies(target, other) == {}, "the only column is the task"


def test_the_past_of_a_copy_tells_nothing_of_rows_to_come():
    columns = {"y": column("y", PRICE), "known": column("known", PRICE), "z": column("z", NOISE)}
    mapping = ColumnMapping({"past": ["known", "z"]}, {"out": ["y"]}, windows={"past": "past"})
    table = Table(columns, ROWS)
    assert find_copies(table, mapping, ahead=1) == {}
    assert find_copies(table, mapping, ahead=0) == {"known": "y"}, "the window ends at the row of the target"


def test_a_few_errors_make_it_no_less_a_copy():
    other = GRADE.copy()
    other[:2] = (other[:2] + 1) % 3
    assert copies(GRADE, NOISE, other) == {"c1": "y"}


@pytest.mark.parametrize(
    "other",
    [
        PRICE + CHANCE.normal(scale=0.3, size=ROWS),
        np.ones(ROWS),
        np.where(GRADE == 0, 0, 1),  # only tells some of the classes
        np.where(np.arange(ROWS) == 5, np.nan, PRICE),
    ],
)
def test_other_columns_are_none(other):
    assert copies(PRICE, NOISE, other) == {}
    assert copies(GRADE, NOISE, other) == {}


def test_a_rare_class_is_not_outvoted():
    rare = (np.arange(ROWS) < 4).astype(int)
    assert copies(rare, NOISE, np.roll(rare, 2)) == {}


def drift(values, train, test):
    table = Table({"c": column("c", values)}, len(values))
    return find_drift(table, ColumnMapping({"x": ["c"]}), {"train": np.array(train, int), "test": np.array(test, int)})


def test_drift_is_the_largest_difference_of_the_cumulative_distributions():
    found = drift(np.arange(100.0), range(60), range(40, 100))
    assert found == {"c": ("test", pytest.approx(40 / 60))}


def test_drift_of_categories_is_half_the_sum_of_the_differences():
    values = ["a"] * 50 + ["b"] * 50 + ["a"] * 10 + ["b"] * 90
    assert drift(values, range(100), range(100, 200)) == {"c": ("test", pytest.approx(0.4))}


@pytest.mark.parametrize("seed", range(5))
def test_chance_is_no_drift(seed):
    order = np.random.default_rng(seed).permutation(ROWS)
    assert drift(PRICE, order[:170], order[170:]) == {}
    assert drift(np.array(["a", "b", "c"])[GRADE], order[:170], order[170:]) == {}
    many = np.array([f"city {number}" for number in np.random.default_rng(seed).integers(0, 40, ROWS)])
    assert drift(many, order[:160], order[160:]) == {}


def test_nothing_to_compare_with():
    assert drift(PRICE, range(ROWS), []) == {}
