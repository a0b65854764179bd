"""Corners and samples of a search space, and the regions in which points share a mistake."""

import itertools

import pytest

from kspec.compiler.search.points import MAX_CORNERS, corners, samples, space_size
from kspec.compiler.search.regions import regions
from kspec.language.sweep_ranges import Range


def ranges(**heads):
    return {name: Range.model_validate(head) for name, head in heads.items()}


def test_corners_are_all_combinations_of_extreme_values():
    space = ranges(a={"choice": [1, "x"]}, b={"log": [1e-3, 1.0]}, c={"int": [2, 2]})
    assert [tuple(point.values()) for point in corners(space)] == list(itertools.product([1, "x"], [1e-3, 1.0], [2]))


def test_corners_of_a_large_space_have_each_extreme_value():
    space = ranges(**{f"x{n}": {"choice": list(range(n + 2))} for n in range(9)})
    found = corners(space)
    assert len(found) == MAX_CORNERS
    assert all({point[name] for point in found} == set(range_.choice) for name, range_ in space.items())


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ({"int": [1, 7], "step": 3}, {1, 4, 7}),
        ({"int": [1, 3], "log": True}, {1, 2, 3}),
        ({"uniform": [0.0, 1.0], "step": 0.25}, {0.0, 0.25, 0.5, 0.75, 1.0}),
        ({"choice": ["a", "b"]}, {"a", "b"}),
    ],
)
def test_samples_of_a_finite_space_are_its_points(head, values):
    space = ranges(a=head)
    assert space_size(space) == len(values)
    assert {point["a"] for point in samples(space, 50)} == values


def test_samples_lie_in_their_ranges_by_orders_of_magnitude():
    found = [point["a"] for point in samples(ranges(a={"log": [1e-4, 1.0]}), 400)]
    assert len(set(found)) == 400
    assert 1e-4 <= min(found) < 1e-3 < 0.1 < max(found) <= 1.0
    assert 150 < sum(value < 1e-2 for value in found) < 250


GRID = [{"a": a, "b": b, "c": c} for a in range(5) for b in "xyz" for c in (0.5, 1.5)]
SPACE = ranges(a={"int": [0, 4]}, b={"choice": ["x", "y", "z"]}, c={"uniform": [0.5, 1.5]})


@pytest.mark.parametrize(
    ("wrong", "texts"),
    [
        (lambda p: p["a"] >= 3, ["`a` ≥ 3"]),
        (lambda p: p["a"] == 2 and p["b"] == "x" and p["c"] > 1, ["`a: 2` with `b: x` and `c` ≥ 1.5"]),
        (lambda p: p["b"] == "y", ["`b: y`"]),
        (lambda p: p["a"] <= 1 and p["b"] == "z", ["`a` ≤ 1 with `b: z`"]),
        (lambda p: p["a"] == 4 or (p["a"] == 2 and p["c"] > 1), ["`a: 4`", "`a: 2` with `c` ≥ 1.5"]),
    ],
)
def test_regions_hold_the_points_with_the_mistake_alone(wrong, texts):
    found = regions(SPACE, GRID, [wrong(point) for point in GRID])
    assert [region.text(SPACE) for region in found] == texts
    inside = [index for region in found for index in region.points]
    assert sorted(inside) == [index for index, point in enumerate(GRID) if wrong(point)]
