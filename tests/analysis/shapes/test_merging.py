"""Layers that take several tensors, against Keras."""

from itertools import product

import pytest

from tests.analysis.shapes.differential import Case, compare, grid, shape_error, unknown_rank

SHAPES = [(), (4,), (1,), (None,), (3, 4), (1, 4), (None, 4), (3, None), (2, 3, 4)]
PAIRS = [list(pair) for pair in product(SHAPES, repeat=2)]
THREES = [
    [(4,), (1,), (4,)],
    [(4,), (4,), (5,)],
    [(3, 4), (4,), (1, 1)],
    [(None,), (4,), (5,)],
    [(4,)],
    [(3,), (4, 3), ()],
]

ADDED = [
    *grid("Add", PAIRS),
    *[case for name in ("Average", "Maximum", "Minimum", "Multiply", "Subtract") for case in grid(name, PAIRS[9:33])],
    *[case for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract") for case in grid(name, THREES)],
    *grid(
        "Add", [[((4,), "int32"), ((4,), "float32")], [((4,), "int32")] * 2], dtype=[..., "float16", "mixed_float16"]
    ),
    Case("Multiply", {}, [(4,), (4,)], batch=5),
]
CONCATENATED = [
    *grid("Concatenate", PAIRS, axis=[..., 0]),
    *grid("Concatenate", [pair for pair in PAIRS if pair != [(None,), ()]], axis=[1]),
    *grid("Concatenate", [[(3, 4), (3, 5)], [(3, 4), (2, 4)], [(2, 3, 4), (2, 5, 4)]], axis=[1, 2, -1, -2, -3, 3, -4]),
    *grid("Concatenate", [*THREES, [(3, 4), (None, 4), (2, 4)], [(3, 4), (None, 4), (3, 5)]], axis=[..., 1]),
    *grid("Concatenate", [[((4,), "int32")] * 2, [((4,), "int32"), (3,)]], dtype=[..., "float16"]),
]
DOTTED = [
    *grid(
        "Dot", [[(4,), (4,)], [(3, 4), (4,)], [(3, 4), (5, 4)], [(None, 4), (None, 4)], [(3,), (4,)]], axes=[-1, 1, 2]
    ),
    *grid(
        "Dot", [[(3, 4), (4, 3)], [(2, 3, 4), (4, 5)], [(2, 3, 4), (3, 5, 4)]], axes=[[1, 2], [2, 1], [3, 1], [-1, -2]]
    ),
    *grid(
        "Dot", [[(3, 4), (3, 4)], [(3, None), (3, None)], [(3, None), (3, 4)]], axes=[-1, -2, 1], normalize=[..., True]
    ),
    *grid("Dot", [[(3,), (3,), (3,)], [(3,)]], axes=[1]),
    *grid("Dot", [[((4,), "int32"), ((4,), "int32")]], axes=[1], dtype=[..., "float16"]),
]
STATED = [
    Case("Add", {}, [(4,), (5,)], code="KS301"),
    Case("Subtract", {}, [(4,), (4,), (4,)], code="KS301"),
    Case("Concatenate", {"axis": 1}, [(3, 4), (3, 5)], code="KS301"),
    Case("Concatenate", {"axis": 4}, [(3, 4), (3, 4)], code="KS301"),
    Case("Dot", {"axes": 1}, [(3,), (4,)], code="KS301"),
    Case("Dot", {"axes": -1}, [(), ()], code="KS301"),
]
ON_DATA = [
    Case("Dot", {"axes": 0}, [(3,), (3,)], code="KS301", late=True),
    Case("Concatenate", {"axis": 1}, [(None,), ()], code="KS301", late=True),
    Case("Add", {}, [((3,), "bool"), ((3,), "string")], code="KS301", late=True),
    Case("Multiply", {}, [((3,), "string"), ((3,), "string")], code="KS301", late=True),
]


@pytest.mark.parametrize("case", [*ADDED, *CONCATENATED, *DOTTED, *STATED, *ON_DATA], ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize("name", ["Add", "Subtract", "Concatenate", "Dot"])
def test_an_unknown_rank_is_kept(name):
    found = unknown_rank(Case(name, {"axes": 1} if name == "Dot" else {}, [(4,), (4,)]))
    assert found.outputs[0].shape is None


def test_messages():
    error = shape_error(Case("Add", {}, [(4,), (5,)]))
    assert error.message == "cannot combine (null, 4) and (null, 5)"
    error = shape_error(Case("Concatenate", {}, [(3, 4), (2, 4)]))
    assert error.message == "cannot concatenate (null, 3, 4) and (null, 2, 4), which differ in more than axis 2"
    error = shape_error(Case("Subtract", {}, [(4,), (4,), (4,)]))
    assert error.message == "expects exactly two inputs, got 3"
