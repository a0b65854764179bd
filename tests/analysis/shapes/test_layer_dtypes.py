"""The dtypes that layers accept and return, against Keras on real tensors: what it states of them is not what it does."""

import pytest

import kspec
from tests.analysis.shapes.differential import Case, compare, grid, shape_error

TYPED = [
    Case("Conv2D", {"filters": 2, "kernel_size": 3}, [((8, 8, 3), "uint8")], code="KS301", late=True),
    Case("Concatenate", {}, [((1,), "string"), (1,)], code="KS301", late=True),
    Case("Concatenate", {}, [((1,), "bool"), ((1,), "int32")], code=""),
    Case("Dropout", {"rate": 0.5}, [((4,), "int32")], code="KS301", late=True),
    Case("Dropout", {"rate": 0}, [((4,), "int32")], code=""),
    *grid(
        "Add",
        [[((4,), "bool")] * 2, [((4,), "int32"), ((4,), "bool")], [((4,), "uint8"), (4,)]],
    ),
    *[
        case
        for name in ("Average", "Maximum", "Multiply", "Dot")
        for case in grid(name, [[((4,), one), ((4,), other)] for one in ("bool", "uint8", "int64") for other in
                                ("bool", "int32", "float32")], **({"axes": [1]} if name == "Dot" else {}))
    ],
    *[
        case
        for name, shape in {"Softmax": (4,), "ReLU": (4,), "PReLU": (4,), "Masking": (3, 4), "LSTM": (3, 4),
                            "MaxPooling1D": (6, 4), "AveragePooling1D": (6, 4), "GlobalMaxPooling1D": (6, 4),
                            "ZeroPadding1D": (6, 4), "UnitNormalization": (4,), "BatchNormalization": (4,)}.items()
        for case in grid(name, [[(shape, dtype)] for dtype in ("bool", "int32")],
                         **({"units": [3]} if name == "LSTM" else {}))
    ],
]  # fmt: skip


@pytest.mark.parametrize("case", TYPED, ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize(
    ("case", "message", "help"),
    [
        (TYPED[0], "expects floats, got uint8", "`Rescaling: {scale: ${1 / 255}}`"),
        (TYPED[1], "cannot join strings to float32", "`StringLookup`"),
        (TYPED[3], "expects floats, got int32", "`op: cast`"),
    ],
    ids=str,
)
def test_messages(case, message, help):
    error = shape_error(case)
    assert error.message == message
    assert help in error.help


@pytest.mark.parametrize("dtype", ["str", "stringx", "flaot32"])
def test_an_unknown_dtype_is_reported_once(dtype, tmp_path):
    lookup = "- StringLookup: {vocabulary: [a], output_mode: multi_hot}"
    text = f"kspec: 1\ninputs: {{x: {{shape: [2], dtype: {dtype}}}}}\nlayers:\n  {lookup}\n  - Dense: {{units: 1}}\n"
    (tmp_path / "spec.yaml").write_text(text)
    (diagnostic,) = kspec.check(tmp_path / "spec.yaml")
    assert diagnostic.message == f"unknown dtype `{dtype}`"
