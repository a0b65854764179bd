"""States of callbacks as JSON and arrays."""

import json

import keras
import ml_dtypes
import numpy as np
import pytest

from kspec.training.checkpoints.values import NotPlain, decode, encode


def there_and_back(value, current=None):
    arrays = []
    return decode(json.loads(json.dumps(encode(value, arrays))), arrays, current)


def test_values_keep_their_types():
    value = {"a": [1, 2.5, None, True, "x", float("inf")], 3: (np.float32(0.1), np.arange(3)), "b": ()}
    again = there_and_back(value)
    assert again["a"] == value["a"]
    assert [type(item) for item in again["a"]] == [type(item) for item in value["a"]]
    assert type(again[3]) is tuple
    assert (again[3][0], again[3][0].dtype) == (np.float32(0.1), np.float32)
    assert np.array_equal(again[3][1], np.arange(3))
    assert again["b"] == ()


def test_a_variable_stays_itself_and_gets_its_value():
    average = keras.Variable(np.array([1.0, 2.0], "float32"))
    arrays = []
    saved = encode([average], arrays)
    average.assign([0.0, 0.0])
    assert decode(saved, arrays, [average])[0] is average
    assert average.numpy().tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="float32"):
        decode(saved, [np.zeros(3, "float32")], [average])


@pytest.mark.parametrize("value", [print, object(), {1.5: 1}, [open], np.array(["text"]), {"a": {2, 3}}])
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(NotPlain):
        encode(value, [])


@pytest.mark.parametrize("saved", [{"array": 7}, {"array": True}, {"list": 1}, {"dict": [[1]]}, {"set": []}, {}, [1]])
def test_other_json_is_refused(saved):
    with pytest.raises(ValueError, match="holds no value"):
        decode(saved, [np.zeros(2)])


def test_bfloat16_is_an_array():
    value = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    assert np.array_equal(there_and_back(value), value)
