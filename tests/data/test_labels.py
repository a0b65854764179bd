"""Vocabularies, and targets in the form that a loss takes."""

import numpy as np
import pytest

from kspec.data.labels import Labels, UnknownLabel, encode, labels_of
from kspec.data.table import Column


def column(kind, values):
    values = np.array(values, dtype=object if kind == "text" else None)
    return Column("y", kind, values, np.zeros(len(values), bool))


TEXT = Labels("text", ["no", "yes"])


def test_vocabularies():
    assert labels_of(column("text", ["b", "a", "b"])) == Labels("text", ["a", "b"])
    assert labels_of(column("integer", [10, 9, 10])) == Labels("integer", ["9", "10"])
    assert labels_of(column("boolean", [True, False])) == Labels("boolean", ["false", "true"])
    assert labels_of(column("float", [0.5, 1])) is None
    assert Labels("integer", ["9", "10"]).values == [9, 10]
    assert Labels("boolean", ["false", "true"]).values == [False, True]
    assert Labels("integer", ["0", "1", "2"]).identity
    assert not Labels("integer", ["1", "2"]).identity
    assert Labels.from_json(TEXT.to_json()) == TEXT


def check(raw, labels, form, wanted, dtype):
    made = encode(np.array(raw, dtype=object if isinstance(raw[0], str) else None), labels, form)
    assert made.dtype == dtype
    assert made.tolist() == wanted


def test_target_forms():
    check(["yes", "no"], TEXT, "binary", [[1], [0]], "float32")
    check(["yes", "no"], TEXT, "integer", [1, 0], "int32")
    check(["yes", "no"], TEXT, "one_hot", [[0, 1], [1, 0]], "float32")
    check([1, 2, 1], Labels("integer", ["1", "2"]), "binary", [[0], [1], [0]], "float32")
    check([True, False], Labels("boolean", ["false", "true"]), "binary", [[1], [0]], "float32")
    check([1, 1], Labels("integer", ["1"]), "binary", [[1], [1]], "float32")
    check([0.5, 1.0], None, "binary", [[0.5], [1]], "float32")
    check([3, 5], Labels("integer", ["3", "5"]), "values", [[3], [5]], "float32")
    check([0.0, 2.0], None, "integer", [0, 2], "int32")
    check([0.0, 2.0], None, "one_hot", [[1, 0, 0], [0, 0, 1]], "float32")
    check([[0, 1], [1, 0]], None, "one_hot", [[0, 1], [1, 0]], "float32")
    check([[0, 1], [1, 0]], None, "integer", [1, 0], "int32")
    check([[0, 1], [1, 1]], None, "multi_label", [[0, 1], [1, 1]], "float32")
    check([[0.5, 1], [1, 1]], None, "values", [[0.5, 1], [1, 1]], "float32")


def test_arrays_keep_their_shape():
    raw = np.zeros((4, 13, 13, 1))
    assert encode(raw, None, "binary").shape == (4, 13, 13, 1)
    assert encode(raw.astype("int64"), None, "integer").shape == (4, 13, 13, 1)


def test_targets_that_cannot_be_encoded_raise():
    with pytest.raises(UnknownLabel) as caught:
        encode(np.array(["no", "maybe"], dtype=object), TEXT, "integer")
    assert (caught.value.value, caught.value.index) == ("maybe", 1)
    with pytest.raises(UnknownLabel):
        encode(np.array([3]), Labels("integer", ["1", "2"]), "integer")
    with pytest.raises(ValueError, match="3 classes"):
        encode(np.array([0, 1, 2]), Labels("integer", ["0", "1", "2"]), "binary")
    with pytest.raises(ValueError, match="text"):
        encode(np.array(["a"], dtype=object), Labels("text", ["a"]), "values")
    with pytest.raises(ValueError, match="must be integers"):
        encode(np.array([0.5]), None, "integer")
