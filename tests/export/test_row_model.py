"""Exports that take rows: loaded without kspec, they predict what `kspec predict` predicts for gaps and odd values."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from kspec.cli import main
from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract, Gap, Seen
from kspec.export.row_model.build import RowModel, RowTensor
from kspec.export.row_model.description import Description, RowColumn, RowInput
from kspec.export.row_model.made_rows import UNSEEN, made_rows, why_none
from kspec.export.row_model.row_values import tensors_of_examples, without_neighbors
from kspec.export.verification import _Case, _compare

SPEC = """\
kspec: 1
name: rows
data:
  csv: table.csv
  inputs: {x: [a, b], group: weight, %(texts)s}
  targets: {kind: kind, size: {column: size, scale: standard}}
  missing: {a: {fill: median, indicator: true}, b: drop_row, city: rome}
inputs:
  x: {shape: [3]}
  group: {shape: [], dtype: int32}
  place: {shape: [1], dtype: string}
layers:
  - Embedding: {input_dim: 3, output_dim: 2}
    from: group
    name: code
  - StringLookup: {output_mode: one_hot}
    from: place
    name: hot
  - Concatenate:
    from: [x, code, hot]
    name: all
  - Dense: {units: 1}
    name: kind
  - Dense: {units: 1}
    from: all
    name: size
outputs: [kind, size]
compile: {loss: {kind: {binary_crossentropy: {from_logits: true}}}}
fit: {epochs: 1, batch_size: 8}
"""
TEXTS = SPEC % {"texts": "place: city"}
NUMBERS = (
    (SPEC % {"texts": ""})
    .replace(", }", "}")
    .replace(", city: rome", "")
    .replace("  place: {shape: [1], dtype: string}\n", "")
    .replace("  - StringLookup: {output_mode: one_hot}\n    from: place\n    name: hot\n", "")
    .replace("[x, code, hot]", "[x, code]")
)
NEW = """\
a,b,weight,city
0.5,1.5,1,oslo
,0.25,2,rome
-300,0.5,,lima
1,,1,oslo
2,1,7,oslo
1,1,2,nowhere
0,-2,1,
"""
"""The fourth row lacks a value that nothing fills, the fifth an index that the embedding has."""


@pytest.fixture
def run_of(project):
    """Runs a spec; returns what `kspec predict` says of new rows, by column, and these rows."""

    def call(text):
        assert main(["run", project(text)]) == 0
        Path("new.csv").write_text(NEW)
        assert main(["predict", "rows", "--data", "new.csv", "-o", "new_predictions.csv"]) == 0
        with open("new_predictions.csv", newline="") as file:
            lines = list(csv.DictReader(file))
        with open("new.csv", newline="") as file:
            return lines, list(csv.DictReader(file))

    return call


def number(text):
    return float(text) if text else math.nan


def check(lines, labels, probabilities, sizes):
    """Compares with the lines of `kspec predict`; a row that it refuses has no prediction."""
    assert [line["kind"] for line in lines] == labels
    for key, values in (("kind_probability", probabilities), ("size", sizes)):
        expected = np.array([number(line[key]) for line in lines])
        np.testing.assert_allclose(np.ravel(values), expected, rtol=1e-5, atol=1e-6)
    assert labels.count("") == 2


@pytest.mark.slow
def test_a_saved_model_and_a_keras_file_take_columns_and_give_labels(run_of, capsys):
    import keras
    import tensorflow as tf

    lines, rows = run_of(TEXTS)
    tensors = {name: tf.constant([number(row[name]) for row in rows], "float32") for name in ("a", "b")}
    tensors["weight"] = tf.constant([number(row["weight"]) for row in rows], "float64")
    tensors["city"] = tf.constant([row["city"] for row in rows])
    capsys.readouterr()
    for format in ("saved_model", "keras"):
        assert main(["export", "rows", "--to", format, "--format", "json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed["check"]["rows"] > 15
        assert printed["check"]["rows_refused"] > 0
        assert printed["check"]["largest_difference"] < 1e-4
        signature = json.loads(Path(printed["signature"]).read_text())
        assert {each["name"]: each["columns"] for each in signature["inputs"]} == {name: [name] for name in tensors}
        assert [each["meaning"] for each in signature["outputs"]] == ["label", "probability", "value"]
    signature = tf.saved_model.load("rows_saved_model").signatures["serving_default"]
    model = keras.models.load_model("rows.keras")
    for found in (signature(**tensors), model(tensors)):
        labels = [label.decode() for label in found["kind"].numpy()]
        check(lines, labels, found["kind_probability"].numpy(), found["size"].numpy())


@pytest.mark.slow
def test_onnx_and_litert_take_gaps_and_give_classes(run_of):
    import onnxruntime
    import tensorflow as tf
    from tensorflow.lite.tools import flatbuffer_utils

    lines, rows = run_of(NUMBERS)
    group = np.array([number(row["weight"] or "1") for row in rows], "int32")  # integers have no gap: 1 is usual
    arrays = {"x": np.array([[number(row["a"]), number(row["b"])] for row in rows], "float32"), "group": group}
    for format in ("onnx", "tflite"):
        assert main(["export", "rows", "--to", format]) == 0
    session = onnxruntime.InferenceSession("rows.onnx")
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(names, arrays), strict=True))
    labels = json.loads(session.get_modelmeta().custom_metadata_map["kspec_signature"])["outputs"][1]["labels"]
    lite = tf.lite.Interpreter("rows.tflite").get_signature_runner("serving_default")(**arrays)
    for each in (found, lite):
        spelled = ["" if number < 0 else labels[number] for number in np.ravel(each["kind_class"])]
        check(lines, spelled, each["kind"], each["size"])
    contents = flatbuffer_utils.read_model("rows.tflite")
    entry = next(each for each in contents.metadata if each.name in ("kspec_signature", b"kspec_signature"))
    stored = json.loads(bytes(contents.buffers[entry.buffer].data))
    assert stored == {key: value for key, value in signature_of("rows.tflite").items() if key != "contract"}
    assert signature_of("rows.onnx")["format"] == "onnx"  # each has its own


def signature_of(name):
    return json.loads(Path(f"{name}.signature.json").read_text())


def test_rows_are_made_from_a_contract():
    amount = ColumnContract(
        name="amount", kind="number", dtype="float32", inputs=["x"], seen=Seen(rows=9, minimum=1, maximum=3)
    )
    city = ColumnContract(
        name="city", kind="text", dtype="string", inputs=["y"], seen=Seen(rows=9, categories={"oslo": 5, "rome": 4})
    )
    near = amount.model_copy(update={"name": "near", "gap": Gap(action="neighbor")})
    contract = Contract(columns={each.name: each for each in (amount, city, near)})
    assert why_none(contract) == ""
    rows = made_rows(contract)
    assert {len(values) for values in rows.values()} == {8 + 5 + 2 + 4}
    assert rows["city"].count(None) == rows["amount"].count(None) == 1
    assert None not in rows["near"]  # another row would fill it
    assert UNSEEN in rows["city"]
    assert {23.0, -19.0, math.inf} < set(rows["amount"])


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (ColumnContract(name="ratio", kind="number", sources=["a"], expression="a / 2"), "computed by an expression"),
        (ColumnContract(name="photo", kind="image"), "is a picture"),
        (ColumnContract(name="steps", kind="array", shape=[None, 2]), "open length"),
    ],
)
def test_no_rows_are_made_of_what_has_no_values_by_itself(column, reason):
    assert reason in why_none(Contract(columns={column.name: column}))


@pytest.mark.slow
def test_a_graph_decodes_pictures():
    import tensorflow as tf

    from kspec.export.row_model.pictures import Picture, picture_files

    picture = Picture("image", (4, 6, 3), "float32", "stretch", is_rounded=False)
    pixels = np.arange(72, dtype="uint8").reshape(4, 6, 3)
    found = picture.decode(tf.constant([tf.io.encode_png(pixels).numpy(), b""])).numpy()
    assert np.array_equal(found[0], pixels)
    assert np.isnan(found[1]).all()  # no picture: the row has no prediction
    scan = Picture("scan", (4, 6), "float32", "pad", is_rounded=True)
    files, arrays = picture_files({"photo": picture, "page": scan}, 2)
    for column, each in (("photo", picture), ("page", scan)):
        assert arrays[each.input].shape == (2, *each.shape)
        assert np.array_equal(each.decode(tf.constant(files[column])).numpy(), arrays[each.input])


def test_windows_have_gaps_where_their_indicators_say_so():
    columns = {
        "a": RowColumn("a", "float32", fill=7.0),
        "b": RowColumn("b", "float32", fill=9.0, by_neighbor=True),
    }
    past = RowInput("past", "float32", (2, 4), ["a", "a", "b", "b"], [False, True, False, True], is_window=True)
    tensor = RowTensor("past", "float32", past.tensor_shape, ["a", "b"])
    rows = RowModel(None, False, False, {"past": tensor}, {}, Description(columns, {"past": past}, {}))
    examples = {"past": np.array([[[1, 0, 2, 0], [7, 1, 3, 0]], [[7, 1, 4, 1], [5, 0, 6, 0]]], "float32")}
    seen = without_neighbors(rows, examples)  # what `b` took of another row counts as known
    assert seen["past"][1, 0].tolist() == [7, 1, 4, 0]
    found = tensors_of_examples(rows, seen)["past"]
    np.testing.assert_array_equal(found, [[[1, 2], [math.nan, 3]], [[math.nan, 4], [5, 6]]])


def test_predictions_in_bfloat16_are_compared_as_numbers():
    from ml_dtypes import bfloat16

    one, other = np.array([[0.5], [0.25]], bfloat16), np.array([0.501, 0.25], "float32")
    assert _compare(_Case({"y": one}, {"y": other}, 1e-2))[1] == ""
    assert _compare(_Case({"y": one}, {"y": other + 0.1}, 1e-2))[1] == "y"
