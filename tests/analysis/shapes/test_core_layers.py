"""Dense layers and layers that change nothing, against Keras."""

import pytest

from tests.analysis.shapes.differential import Case, compare, grid, shape_error

DENSE = [
    *grid(
        "Dense", [[(8,)], [(4, 8)], [(None, 8)], [(2, 3, 8)], [((8,), "int32")]], units=[1, 5], use_bias=[..., False]
    ),
    *grid("Dense", [[(8,)], [(2, 8)]], units=[5], lora_rank=[2], use_bias=[..., False], activation=[..., "relu"]),
    *grid("Dense", [[(8,)], [((8,), "float16")]], units=[3], dtype=["float16", "mixed_bfloat16", "float64"]),
    Case("Dense", {"units": {"classes_of": "y"}}, [(8,)], code=""),
    Case("Dense", {"units": 2}, [()], code="KS301"),
    Case("Dense", {"units": 2}, [(None,)], code="KS301"),
    Case("Dense", {"units": 2}, [((8,), "string")], code="KS301", late=True),
]

EINSUM = [
    Case("EinsumDense", {"equation": equation, "output_shape": output}, [shape], code="")
    for equation, output, shape in [
        ("ab,bc->ac", 64, (32,)),
        ("ab,bc->ac", [6], (5,)),
        ("abc,cd->abd", [None, 64], (32, 128)),
        ("abc,cd->abd", [None, 64], (None, 128)),
        ("abc,cd->abd", [32, 64], (32, 128)),
        ("abc,cde->abde", [None, 4, 8], (10, 16)),
        ("abcd,cde->abe", [None, 16], (10, 4, 8)),
        ("...x,xy->...y", 64, (32, 128)),
        ("...x,xy->...y", [64], (128,)),
        ("...x,xy->...y", [64], (None, 128)),
        ("...bx,xy->...by", [3, 5], (3, 4)),
        ("...bx,xy->...by", [5], (4,)),
        ("ab...,bc->ac...", [6], (5, 7)),
        ("ab...,bc->ac...", [6], (5, None)),
        ("ab...,bc->ac...", [6], (5,)),
        ("abc,bd->adc", [7, None], (5, 3)),
        ("abc,bcd->ad", 4, (5, 3)),
    ]
]
EINSUM_BIAS = [
    *grid(
        "EinsumDense", [[(5, 7)]], equation=["abc,cde->abde"], output_shape=[[None, 4, 8]], bias_axes=["e", "d", "de"]
    ),
    *grid("EinsumDense", [[(5, 7)]], equation=["abc,cd->abd"], output_shape=[[5, 3], [None, 3]], bias_axes=["d"]),
    *grid("EinsumDense", [[(5, 7)]], equation=["abc,cd->abd"], output_shape=[[5, 3]], bias_axes=["bd", "b"]),
    *grid("EinsumDense", [[(4, 5)]], equation=["...x,xy->...y"], output_shape=[6], bias_axes=[None, "y"]),
    *grid("EinsumDense", [[(4, 5)]], equation=["ab...,bc->ac..."], output_shape=[6], bias_axes=["c"]),
    Case(
        "EinsumDense", {"equation": "ab,bc->ac", "output_shape": 6, "lora_rank": 2, "bias_axes": "c"}, [(5,)], code=""
    ),
    Case("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "lora_rank": 2}, [(5, 4)], code=""),
    Case("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 6}, [((5,), "int32")], code=""),
]
EINSUM_REFUSED = [
    Case("EinsumDense", {"equation": equation, "output_shape": output, **more}, [shape], code=code, late=late)
    for equation, output, shape, more, code, late in [
        ("ab,bc", 6, (5,), {}, "KS302", False),
        ("ab, bc -> ac", 6, (5,), {}, "KS302", False),
        ("ab...,bc->...ac", 6, (5,), {}, "KS302", False),
        ("ab,bd->ac", 6, (5,), {}, "KS302", False),
        ("ab,bcd->ac", 6, (5,), {}, "KS302", False),
        ("ab,bc->ac", 6, (5,), {"bias_axes": "z"}, "KS302", False),
        ("ab,bc->ac", 6, (None,), {}, "KS301", False),
        ("ab,bc->ac", None, (5,), {}, None, False),
        ("abc,cd->abd", [6], (5, 4), {}, "KS302", False),
        ("abc,cd->abd", [7, 6], (5, 4), {}, "KS301", False),
        ("abc,cd->abd", [7, 6], (None, 4), {}, "KS301", False),
        ("abc,cd->abd", [None, 6], (4,), {}, "KS301", False),
        ("ab,bc->ac", 6, (5, 4), {}, "KS301", True),
        ("abc,cd->abd", [None, 6], (None, 4), {"bias_axes": "bd"}, "KS301", False),
        ("ab,bc->ac", 6, ((5,), "string"), {}, "KS301", True),
    ]
]
"""The sixth of each: whether Keras refuses on data only."""

PLAIN = [
    *grid(
        "Identity",
        [[(4,)], [(None, 3)], [()], [((4,), "int32")], [((2,), "float16")], [((3,), "string")], [((3,), "bool")]],
        dtype=[..., "float16", "mixed_float16"],
    ),
    *grid("Masking", [[(5, 3)], [(None, 3)], [((5, 3), "int32")]], mask_value=[..., 1.0], dtype=[..., "bfloat16"]),
]

MISSES = [
    Case("EinsumDense", {"equation": equation, "output_shape": output}, [shape], miss=why)
    for equation, output, shape, why in [
        (
            "...x,xy->...y",
            6,
            (2, 3, 5),
            "Keras states the axes that `...` keeps in reverse; the values have them in order",
        ),
        ("ab,bc->ac", [6, 7], (5,), ""),  # Keras states an axis that the values do not have
        ("ab,bc->ac...", 6, (5,), "Keras takes a `...` that stands for nothing"),
    ]
]


@pytest.mark.parametrize("case", [*DENSE, *EINSUM, *EINSUM_BIAS, *EINSUM_REFUSED, *PLAIN, *MISSES], ids=str)
def test_as_keras(case):
    compare(case)


def test_messages():
    error = shape_error(Case("Dense", {"units": 2}, [(None,)]))
    assert error.message == "cannot create its weights: the last size of (null, null) is unknown"
    assert "StringLookup" in shape_error(Case("Dense", {"units": 2}, [((8,), "string")])).help
