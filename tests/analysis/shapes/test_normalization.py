"""Normalization against Keras."""

import pytest

from tests.analysis.shapes.differential import Case, compare, grid, inferred, shape_error, unknown_rank

INPUTS = [[(8,)], [(3, 8)], [(4, 4, 8)], [(None, 8)], [(3, None)], [()], [((3, 8), "int32")]]
AXES = [..., 0, 1, 2, -2, 3, -4]
LISTS = [[-1], [1, 2], [-1, -2], [2, 1], [-1, 1], [1, 5]]

CASES = [
    *grid("BatchNormalization", INPUTS, axis=AXES),
    *grid("BatchNormalization", INPUTS[:2], center=[..., False], scale=[..., False], renorm=[..., True]),
    *grid("LayerNormalization", INPUTS, axis=[*AXES, *LISTS]),
    *grid("LayerNormalization", INPUTS, center=[False], scale=[..., False], axis=[..., [1, 2]]),
    *grid("RMSNormalization", INPUTS, axis=[*AXES, *LISTS]),
    *grid("UnitNormalization", INPUTS, axis=[*AXES, *LISTS]),
    *grid("GroupNormalization", INPUTS, groups=[4], axis=AXES),
    *grid("GroupNormalization", INPUTS[:4], groups=[..., -1, 0, 1, 3, 8], center=[..., False], scale=[..., False]),
]
DTYPES = [
    case
    for name, more in {
        "BatchNormalization": {},
        "LayerNormalization": {},
        "RMSNormalization": {},
        "UnitNormalization": {},
        "GroupNormalization": {"groups": [2]},
    }.items()
    for case in grid(name, [[((8,), "float16")], [((8,), "int32")]], dtype=[..., "float16", "mixed_bfloat16"], **more)
]
STATED = [
    Case("BatchNormalization", {"axis": 3}, [(3, 8)], code="KS301"),
    Case("BatchNormalization", {"axis": 0}, [(3, 8)], code="KS301"),
    Case("GroupNormalization", {}, [(8,)], code="KS301"),
    Case("GroupNormalization", {"groups": 3}, [(8,)], code="KS301"),
    Case("BatchNormalization", {}, {"inputs": (3, 8), "mask": ((3,), "bool")}, code=""),
    Case("BatchNormalization", {"axis": 0}, [(8,)], batch=4, code=""),
    Case("BatchNormalization", {}, [((8,), "string")], code="KS301", late=True),
    Case("LayerNormalization", {}, [((8,), "string")], code="KS301", late=True),
]


@pytest.mark.parametrize("case", [*CASES, *DTYPES, *STATED], ids=str)
def test_as_keras(case):
    compare(case)


def test_averages_are_not_trained():
    weights = inferred(Case("BatchNormalization", {}, [(8,)])).weights
    assert [weight.trainable for weight in weights] == [True, True, False, False]


def test_an_unknown_rank_is_kept():
    assert unknown_rank(Case("BatchNormalization", {}, [(8,)])).weights is None
    assert unknown_rank(Case("UnitNormalization", {}, [(8,)])).weights == []


def test_messages():
    error = shape_error(Case("BatchNormalization", {"axis": 3}, [(3, 8)]))
    assert error.message == "has no axis 3 in its input (null, 3, 8)"
    error = shape_error(Case("BatchNormalization", {"axis": 0}, [(3, 8)]))
    assert error.help == "choose an axis other than the batch"
    error = shape_error(Case("GroupNormalization", {}, [(8,)]))
    assert error.message == "cannot divide the 8 channels of (null, 8) into 32 groups"
