"""Type promotion is Keras's, for all pairs and triples."""

from itertools import product

import keras
import pytest

from kspec.analysis.shapes.dtypes import WIDENS_TO, bytes_of, promote
from kspec.analysis.shapes.types import ShapeError

ALL = [*WIDENS_TO, "string", "float8_e4m3fn"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_promotion(count: int) -> None:
    for dtypes in product(ALL, repeat=count):
        try:
            theirs = keras.backend.result_type(*({"int": int, "float": float}.get(d, d) for d in dtypes))
        except ValueError:
            theirs = "raised"
        try:
            ours = promote(*dtypes)
        except ShapeError:
            ours = "raised"
        assert ours == theirs, dtypes


def test_the_width_of_an_element() -> None:
    for dtype in ("bool", "uint8", "int16", "bfloat16", "float16", "float32", "int64", "complex64", "complex128"):
        assert bytes_of(dtype) == keras.ops.ones((), dtype).numpy().dtype.itemsize
    assert bytes_of("float8_e5m2") == 1
