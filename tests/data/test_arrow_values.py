"""What is read from the buffers of Arrow equals what `to_numpy` gives."""

import numpy as np
import pyarrow as pa
import pytest

from kspec.data.arrow_values import arrow_texts, nulls_of, values_of


@pytest.mark.parametrize(
    ("array", "fill"),
    [
        (pa.array([1, None, 3]), 0),
        (pa.array([1.5, None, 2.5]).slice(1), np.nan),
        (pa.array([True, False, None, True] * 9).slice(3, 20), False),
        (pa.array([1, 2, 3], pa.uint64()).slice(1, 1), 0),
        (pa.array([], pa.float64()), 0),
        (pa.nulls(0, pa.bool_()), False),
        (pa.array([None, None], pa.int64()), 7),
    ],
)
def test_values_and_nulls(array, fill):
    expected = array.fill_null(fill).to_numpy(zero_copy_only=False)
    np.testing.assert_array_equal(values_of(array, fill), expected)
    assert values_of(array, fill).dtype == expected.dtype
    np.testing.assert_array_equal(nulls_of(array), array.is_null().to_numpy(zero_copy_only=False))


def test_texts():
    assert arrow_texts(["", "ä", "null"]).to_pylist() == ["", "ä", "null"]
    assert arrow_texts([]).to_pylist() == []
