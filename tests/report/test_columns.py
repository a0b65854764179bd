"""What a column is, for each form of input."""

from __future__ import annotations

import numpy as np
import pytest

from kspec.report.numbers.columns import input_columns


def _numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_columns_stacked_in_one_input() -> None:
    x = _numbers(20, 3)
    columns = input_columns({"x": x}, {"x": ["a", "b", "c"]}, {})
    assert [(column.name, column.kind) for column in columns] == [("a", "number"), ("b", "number"), ("c", "number")]
    order = np.random.default_rng(1).permutation(20)
    changed = columns[1].permuted({"x": x}, order)["x"]
    np.testing.assert_array_equal(changed[:, 1], x[order, 1])
    np.testing.assert_array_equal(changed[:, [0, 2]], x[:, [0, 2]])
    np.testing.assert_array_equal(columns[1].values({"x": x}), x[:, 1])


@pytest.mark.parametrize("dtype", [object, "U8"])
def test_a_category_and_a_text(dtype: object) -> None:
    inputs = {
        "city": np.array(["Bonn", "Rome"] * 30, dtype).reshape(60, 1),
        "story": np.array([f"text {i}" for i in range(60)], dtype),
    }
    city, story = input_columns(inputs, {"city": ["city"], "story": ["story"]}, {})
    assert (city.kind, story.kind) == ("category", "whole")
    assert (city.replaced(inputs, "Rome")["city"] == "Rome").all()
    assert set(city.values(inputs)) == {"Bonn", "Rome"}
    order = np.arange(60)[::-1]
    np.testing.assert_array_equal(story.permuted(inputs, order)["story"], inputs["story"][::-1])


def test_a_column_of_several_inputs_is_permuted_in_all_of_them() -> None:
    inputs = {"wide": _numbers(10, 2), "deep": _numbers(10, 1)}
    inputs["deep"][:, 0] = inputs["wide"][:, 1]
    columns = input_columns(inputs, {"wide": ["a", "b"], "deep": ["b"]}, {})
    assert [column.name for column in columns] == ["a", "b"]
    order = np.arange(10)[::-1]
    changed = columns[1].permuted(inputs, order)
    np.testing.assert_array_equal(changed["wide"][:, 1], inputs["wide"][::-1, 1])
    np.testing.assert_array_equal(changed["deep"], inputs["deep"][::-1])


def test_one_hot_columns_are_one_category() -> None:
    x = np.concatenate([np.eye(3)[np.arange(12) % 3], _numbers(12, 1)], axis=1).astype("float32")
    names = ["colour_red", "colour_green", "colour_blue", "size"]
    colour, size = input_columns({"x": x}, {"x": names}, {})
    assert (colour.name, colour.kind, colour.options) == ("colour", "category", ("red", "green", "blue"))
    assert size.name == "size"
    assert colour.values({"x": x}).tolist()[:3] == ["red", "green", "blue"]
    changed = colour.replaced({"x": x}, "blue")["x"]
    np.testing.assert_array_equal(changed[:, :3], np.tile([0, 0, 1], (12, 1)))
    np.testing.assert_array_equal(changed[:, 3], x[:, 3])


def test_a_column_of_windows_moves_with_all_its_rows() -> None:
    x = _numbers(9, 5, 2)
    first, second = input_columns({"past": x}, {"past": ["a", "b"]}, {"past": "past"})
    order = np.arange(9)[::-1]
    changed = first.permuted({"past": x}, order)["past"]
    np.testing.assert_array_equal(changed[:, :, 0], x[::-1, :, 0])
    np.testing.assert_array_equal(changed[:, :, 1], x[:, :, 1])
    np.testing.assert_array_equal(second.values({"past": x}), x[:, -1, 1])


def test_arrays_lists_and_pictures() -> None:
    inputs = {"vector": _numbers(8, 3), "words": np.zeros((8, 6), "int32"), "picture": _numbers(8, 4, 4, 1)}
    columns = input_columns(inputs, {"vector": ["v"], "words": ["w"], "picture": ["p"]}, {}, lists=["words"])
    assert [(c.name, c.kind) for c in columns] == [
        ("v[0]", "number"), ("v[1]", "number"), ("v[2]", "number"), ("w", "whole"), ("p", "whole"),
    ]  # fmt: skip
    order = np.arange(8)[::-1]
    np.testing.assert_array_equal(columns[4].permuted(inputs, order)["picture"], inputs["picture"][::-1])
