"""Lists of unequal length: read, split, padded and cut."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kspec.data.lists.columns import items_of
from kspec.data.lists.padding import ListPlan, padded
from kspec.data.network_specs import OutputSpec
from kspec.data.profile.example_texts import example_texts
from tests.data.helpers import read

WORDS = "x: {shape: [3], dtype: string}"
SPLIT = "split: {order: true, validation: 0.2, test: 0.2}"


def _parquet(folder, **columns):
    pq.write_table(pa.table(columns), folder / "t.parquet")


@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize("truncating", ["post", "pre"])
def test_lists_are_padded_as_keras_pads_them(padding, truncating):
    from keras.utils import pad_sequences

    rows = [[1, 2, 3, 4, 5], [6], [], [7, 8]]
    plan = ListPlan(3, 0, None, padding, truncating)
    values, real = padded([np.array(row, int) for row in rows], plan, 0)
    assert np.array_equal(values, pad_sequences(rows, 3, padding=padding, truncating=truncating))
    assert np.array_equal(real, values != 0)


@pytest.mark.parametrize(
    ("text", "sep", "items"),
    [
        ("a  b ", " ", ["a", "b"]),
        ("1; 2", ";", ["1", "2"]),
        ("48", "", ["4", "8"]),
        ("", ";", []),
        ("a,,b", ",", ["a", "", "b"]),
    ],
)
def test_items_of_a_text(text, sep, items):
    assert items_of(text, sep) == items


def test_the_shape_of_the_input_is_the_length(tmp_path):
    _parquet(tmp_path, x=[["a"], ["b", "c"], ["d", "e", "f", "g"]] * 10, y=list(range(30)))
    data = read(tmp_path, f"{{parquet: t.parquet, inputs: {{x: {{column: x}}}}, targets: y, {SPLIT}}}", WORDS).data
    rows = data.splits["train"].inputs["x"]
    assert rows[:3].tolist() == [["a", "", ""], ["b", "c", ""], ["d", "e", "f"]]
    assert data.notes == ["the lists of `x` are cut to 3 at the end in 10 rows; the longest has 4"]
    assert data.profile.column("x").shape == (3,)


def test_the_training_split_decides_an_open_length(tmp_path):
    lists = [[1.5, 2.0], [3.0]] * 9 + [[1.0, 2.0, 3.0, 4.0]] * 12
    _parquet(tmp_path, x=lists, y=list(range(30)))
    setting = f"{{parquet: t.parquet, inputs: {{x: {{column: x, pad: -1, truncating: pre}}}}, targets: y, {SPLIT}}}"
    data = read(tmp_path, setting, "x: {shape: [null]}").data
    assert data.splits["train"].inputs["x"][:2].tolist() == [[1.5, 2.0], [3.0, -1.0]]
    assert data.splits["test"].inputs["x"][0].tolist() == [3.0, 4.0]
    assert data.fitted["columns"]["lists"]["x"]["length"] == 2


def test_lists_of_lists_are_vectors_of_steps(tmp_path):
    _parquet(tmp_path, x=[[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]] * 10, y=list(range(20)))
    setting = f"{{parquet: t.parquet, inputs: {{x: {{column: x}}}}, targets: y, {SPLIT}}}"
    data = read(tmp_path, setting, "x: {shape: [2, 2]}").data
    assert data.splits["train"].inputs["x"][0].tolist() == [[1, 2], [0, 0]]


def test_cells_are_split(tmp_path):
    lines = ["x,tag,w"] + ["007 8,a b,1 2", "9,c,3"] * 10
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    lists = 'inputs: {x: {column: x, sep: " "}}, targets: {y: {column: tag, sep: " "}}, weights: w'
    known = {"y": OutputSpec("multiclass_classification", 3, 3, steps=3)}
    both = [read(tmp_path, f"{{csv: t.csv, {lists}, {SPLIT}}}", shape, output_specs=known).data
            for shape in (WORDS, "x: {shape: [3]}")]  # fmt: skip
    texts, numbers = (data.splits["train"] for data in both)
    assert texts.inputs["x"][:2].tolist() == [["007", "8", ""], ["9", "", ""]]
    assert numbers.inputs["x"][:2].tolist() == [[7, 8, 0], [9, 0, 0]]
    assert texts.positions["y"][:2].tolist() == [[True, True, False], [True, False, False]]
    assert texts.targets["y"][0].tolist()[:2] == ["a", "b"]
    assert texts.weights["y"][:2].tolist() == [[1, 2, 0], [3, 0, 0]]
    assert example_texts(both[0], 2)[1].targets == {"y": "(1,): 'c'"}
    assert both[0].labels["y"].names == ["a", "b", "c"]
    assert both[0].profile.classes["y"]["train"] == {"a": 6, "b": 6, "c": 6}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("inputs: [x, n], targets: y", "the lists of `x` differ in length"),
        ("inputs: {x: {column: n}}, targets: y", "`x` takes lists, and `n` has one value in each row"),
        ("inputs: {x: {column: words}}, targets: y", '`x` takes numbers, but `words` has text: "a" in row 1'),
        ("inputs: {x: {column: bad}}, targets: y", "`bad` has a non-finite number in rows 1, 3, 5"),
    ],
)
def test_what_is_no_list_of_the_input(tmp_path, data, message):
    lists = [[1], [2, 3]] * 10
    words, bad = [["a"], ["b", "c"]] * 10, [[float("nan")], [1.0, 2.0]] * 10
    _parquet(tmp_path, x=lists, y=list(range(20)), n=list(range(20)), words=words, bad=bad)
    assert message in read(tmp_path, f"{{parquet: t.parquet, {data}, {SPLIT}}}", "x: {shape: [3]}").only


def test_files_with_lists_of_other_lengths_are_one_table(tmp_path):
    for name, rows in (("a", [[1], [2, 3]]), ("b", [[4], [5]])):
        pq.write_table(pa.table({"x": rows * 10, "y": list(range(20))}), tmp_path / f"{name}.parquet")
    setting = f"{{parquet: '*.parquet', inputs: {{x: {{column: x}}}}, targets: y, {SPLIT}}}"
    data = read(tmp_path, setting, "x: {shape: [2]}").data
    assert data.splits["test"].inputs["x"][-1].tolist() == [5, 0]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([["a"], ["a", "b", "c"]] + [["a"], ["a", "b"]] * 9, "in row 2: 3 and 2 items"),
        (
            [["a"], ["a"]] + [["a", "b"], ["a", "b"]] + [["a"], ["a", "b"]] * 8,
            "in rows 2, 3: 1 and 2 items in the first",
        ),
        ([["a"], ["a", "b"]] * 10, ""),
        ([["a", "b"], ["a"]] * 10, ""),  # a translation
    ],
)
def test_a_target_of_another_length_than_its_input(tmp_path, tags, message):
    _parquet(tmp_path, words=[["u"], ["v", "w"]] * 10, tags=tags)
    lists = "inputs: {x: {column: words}}, targets: {y: {column: tags}}"
    known = {"y": OutputSpec("multiclass_classification", 3, 3, steps=3)}
    found = read(tmp_path, f"{{parquet: t.parquet, {lists}, {SPLIT}}}", WORDS, output_specs=known)
    assert [each.code for each in found.report] == (["KS559"] if message else [])
    assert not message or f"the lists of `tags` and `words` differ in length {message}" in found.only
    assert found.data.splits["train"].positions["y"].shape == (12, 3)
