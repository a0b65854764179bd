"""The sources parquet, npz, images and synthetic."""

import importlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kspec.compiler.compile import compile_spec
from kspec.data import OutputSpec
from kspec.data.files import decoded_files, images
from kspec.data.sources import source_of
from kspec.language.data import SOURCES
from tests.data.helpers import read

ALL_TRAIN = "split: {validation: 0, test: 0}"


def test_parquet_columns(tmp_path):
    arrow = pa.table(
        {
            "a": pa.array([1, 2, None], pa.int8()),
            "f": pa.array([0.5, float("nan"), 2], pa.float32()),
            "d": pa.array(["u", "v", "u"]).dictionary_encode(),
            "b": pa.array([True, False, True]),
            "l": pa.array([[1, 2], [3, 4], [5, 6]]),
            "s": pa.array([b"q"] * 3),
            "y": pa.array(["p", "q", "p"], pa.large_string()),
        }
    )
    pq.write_table(arrow, tmp_path / "t.parquet")
    data = read(
        tmp_path,
        f"{{parquet: t.parquet, inputs: {{x: [a, b, l]}}, targets: y, missing: {{a: 7, f: 9}}, {ALL_TRAIN}}}",
        "x: {shape: [4]}, d: {shape: [1], dtype: string}, f: {shape: [1]}",
    ).data
    train = data.splits["train"]
    assert train.inputs["x"].tolist() == [[1, 1, 1, 2], [2, 0, 3, 4], [7, 1, 5, 6]]
    assert train.inputs["d"].ravel().tolist() == ["u", "v", "u"]
    assert train.inputs["f"].ravel().tolist() == [0.5, 9, 2]
    assert data.labels["y"].names == ["p", "q"]
    assert data.unused == ["s"]
    result = read(tmp_path, "{parquet: t.parquet, inputs: s, targets: y}")
    assert "KS508 column `s` cannot be used: its type binary" in result.only


def test_each_split_can_have_its_own_parquet_file(tmp_path):
    pq.write_table(pa.table({"a": [1, 2], "y": [0, 1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": [1.5], "y": [1]}), tmp_path / "b.parquet")
    data = read(tmp_path, "{parquet: {train: a.parquet, test: b.parquet}, targets: y}", "x: {shape: [1]}").data
    assert data.splits["test"].inputs["x"].tolist() == [[1.5]]


def test_a_file_that_is_not_parquet_is_an_error(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    assert (
        "KS504 cannot read `t.csv`: it is not a Parquet file |  | use `csv: t.csv`"
        in read(tmp_path, "{parquet: t.csv}").only
    )
    pq.write_table(pa.table({"a": pa.array([], pa.int8())}), tmp_path / "t.parquet")
    assert "KS506 `t.parquet` has no rows" in read(tmp_path, "{parquet: t.parquet}").only


def test_npz_arrays(tmp_path):
    np.savez(tmp_path / "t.npz", x=np.arange(24).reshape(4, 2, 3), y=np.array(["a", "b", "a", "b"]), size=np.int64(4))
    train = read(tmp_path, f"{{npz: t.npz, {ALL_TRAIN}}}", "x: {shape: [2, 3]}").data.splits["train"]
    np.testing.assert_array_equal(train.inputs["x"], np.arange(24).reshape(4, 2, 3))
    assert train.inputs["x"].dtype == np.float32
    assert train.targets["y"].tolist() == ["a", "b", "a", "b"]
    result = read(tmp_path, f"{{npz: t.npz, {ALL_TRAIN}}}", "x: {shape: [6, 1], dtype: int16}")
    assert result.data.splits["train"].inputs["x"].shape == (4, 6, 1)
    result = read(tmp_path, f"{{npz: t.npz, {ALL_TRAIN}}}", "x: {shape: [2, 4]}")
    assert "KS505 `x` has shape [2, 4], 8 values per example, but `x` has shape [2, 3]" in result.only


def test_invalid_npz_files_are_errors(tmp_path):
    y = np.zeros(3)
    np.savez(tmp_path / "objects.npz", x=np.array([1, "a", None], dtype=object), y=y)
    np.savez(tmp_path / "lengths.npz", x=np.zeros((4, 2)), y=y)
    np.savez(tmp_path / "splits.npz", x_train=np.zeros((4, 2)), x_test=y)
    np.savez(tmp_path / "nan.npz", x=np.array([[1, 2], [np.nan, 2], [1, 2]]), y=y)
    np.save(tmp_path / "one.npy", y)
    (tmp_path / "text.npz").write_text("hello")
    for name, expected in [
        ("objects.npz", "KS504 `objects.npz` contains Python objects"),
        (
            "lengths.npz",
            "KS505 the arrays of `lengths.npz` have different numbers of examples: `x` has 4, `y` has 3",
        ),
        ("splits.npz", "`npz: {path: splits.npz, train: {x: x_train, y: y_train}, test: {…}}`"),
        ("nan.npz", "KS511 `x` has a non-finite number in row 2"),
        ("one.npy", "KS504 `one.npy` is not an npz file"),
        ("text.npz", "KS504 `text.npz` is not an npz file"),
    ]:
        assert expected in read(tmp_path, f"{{npz: {name}, targets: y, {ALL_TRAIN}}}").problems[0]


def picture(path, value, size=(4, 6), channels=3, kind="png"):
    import tensorflow as tf

    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((*size, channels), value, np.uint8)
    pixels[0, 0] = 255 - value
    encode = {"png": tf.io.encode_png, "jpg": tf.io.encode_jpeg}[kind]
    path.write_bytes(encode(pixels).numpy())


@pytest.fixture
def pets(tmp_path):
    for number in range(6):
        picture(tmp_path / "pets" / "dog" / f"{number}.png", 10 * number)
        picture(tmp_path / "pets" / "cat" / "more" / f"{number}.jpg", 100 + number, kind="jpg")
    (tmp_path / "pets" / ".hidden").mkdir()
    return tmp_path


def test_files_that_are_not_read_are_counted(tmp_path, pets):
    (tmp_path / "pets" / "cat" / "notes.txt").write_text("no picture")
    for number in range(2):
        picture(tmp_path / "pets" / "fox" / f"{number}.heic", 10)
    (tmp_path / "pets" / "eel").mkdir()
    (tmp_path / "pets" / ".thumbnails").write_text("x")
    result = read(pets, f"{{images: pets, {ALL_TRAIN}}}", "photo: {shape: [4, 4, 3]}")
    assert result.only.startswith(
        "KS521 3 files in `pets` are not read: 2 .heic, 1 .txt; `eel`, `fox` are no classes: no image was found there |"
    )
    assert set(result.data.splits["train"].targets["y"]) == {"cat", "dog"}


@pytest.mark.parametrize(("shape", "channels"), [("[4, 6, 3]", 3), ("[8, 5, 3]", 3), ("[4, 6, 1]", 1)])
def test_images_equal_those_of_keras(pets, shape, channels):
    import keras

    data = read(pets, f"{{images: pets, {ALL_TRAIN}}}", f"photo: {{shape: {shape}}}").data
    train = data.splits["train"]
    size = tuple(int(n) for n in shape.strip("[]").split(",")[:2])
    color = {3: "rgb", 1: "grayscale"}[channels]
    theirs = keras.utils.image_dataset_from_directory(
        pets / "pets", image_size=size, color_mode=color, shuffle=False, batch_size=None, verbose=False
    )
    pixels, classes = zip(*theirs, strict=True)
    np.testing.assert_array_equal(train.inputs["photo"], np.stack(pixels))
    assert train.inputs["photo"].dtype == np.float32
    assert data.labels["y"].indices(train.targets["y"]).tolist() == [int(label) for label in classes]
    assert train.names[0] == "pets/cat/more/0.jpg"
    assert list(data.fingerprint) == ["pets"]


def test_image_shapes_follow_the_input(pets):
    data = read(pets, f"{{images: pets, {ALL_TRAIN}}}", "x: {shape: [4, 6], dtype: uint8}").data
    assert data.splits["train"].inputs["x"].shape == (12, 4, 6)
    assert data.splits["train"].inputs["x"].dtype == np.uint8
    assert read(pets, "{images: pets}", "x: {shape: [null, null, 3]}").data.splits["train"].inputs["x"].shape[1:] == (
        4,
        6,
        3,
    )
    for shape in ("[24]", "[4, 6, 2]", "[1, 4, 6, 3]"):
        assert "KS505" in read(pets, "{images: pets}", f"x: {{shape: {shape}}}").only
    picture(pets / "pets" / "cat" / "other.png", 1, (9, 9))
    assert (
        "leaves the image size open, but the images differ"
        in read(pets, "{images: pets}", "x: {shape: [null, null, 3]}").only
    )


def test_images_that_do_not_fit_into_memory_are_decoded_by_batch(pets, monkeypatch):
    from kspec.data.pipeline import Batches

    whole = read(pets, "{images: pets}", "x: {shape: [8, 8, 1]}").data.splits["train"]
    monkeypatch.setattr(decoded_files, "BUDGET", 100)
    split = read(pets, "{images: pets}", "x: {shape: [8, 8, 1]}").data.splits["train"]
    assert isinstance(split.inputs["x"], images.ImageFiles)
    assert split.inputs["x"].shape == whole.inputs["x"].shape
    batches = Batches(split.inputs, {}, {}, batch_size=3, shuffle=True, seed=1)
    made = np.concatenate(list(batches.dataset().as_numpy_iterator()))
    np.testing.assert_array_equal(made, whole.inputs["x"][batches.order(0)])


def test_undecodable_images_are_named(pets):
    (pets / "pets" / "dog" / "9.png").write_bytes(b"not a picture")
    result = read(pets, "{images: pets}", "x: {shape: [4, 6, 3]}")
    assert "KS516 `pets/dog/9.png` cannot be decoded as an image" in result.only
    assert result.pointed == "pets"


def test_folders_without_class_folders_are_errors(pets):
    (pets / "empty").mkdir()
    picture(pets / "flat" / "1.png", 1)
    picture(pets / "parts" / "train" / "cat" / "1.png", 1)
    picture(pets / "parts" / "val" / "cat" / "1.png", 1)
    for folder, expected in [
        ("empty", "KS501 no images in `empty`"),
        ("flat", "KS501 the images in `flat` are not in class folders"),
        ("parts", "write `images: {train: parts/train, validation: parts/val}`"),
        ("pet", "did you mean `pets`?"),
        ("flat/1.png", "is a file, not a folder"),
    ]:
        assert expected in read(pets, f"{{images: {folder}}}", "x: {shape: [4, 6, 3]}").only


def test_each_split_can_have_its_own_folder(pets):
    for part in ("a", "b"):
        for label in ("cat", "dog"):
            picture(pets / part / label / "1.png", 1)
    data = read(pets, "{images: {train: a, test: b}}", "x: {shape: [4, 6, 3]}").data
    assert {name: split.names for name, split in data.splits.items()} == {
        "train": ["a/cat/1.png", "a/dog/1.png"],
        "test": ["b/cat/1.png", "b/dog/1.png"],
    }


def test_synthetic_examples_fit_the_inputs(tmp_path):
    inputs = (
        "x: {shape: [3, 2]}, n: {shape: [null], dtype: int32}, t: {shape: [], dtype: string}, "
        "p: {shape: [4, 4, 1], dtype: uint8}, b: {shape: [1], dtype: bool}"
    )
    data = read(tmp_path, "{synthetic: {examples: 100, classes: 3}}", inputs).data
    train = data.splits["train"]
    assert len(train) == 60
    assert {name: (array.shape[1:], array.dtype.str) for name, array in train.inputs.items()} == {
        "x": ((3, 2), "<f4"),
        "n": ((32,), "<i4"),
        "t": ((), "|O"),
        "p": ((4, 4, 1), "|u1"),
        "b": ((1,), "|b1"),
    }
    assert data.labels["y"].names == ["0", "1", "2"]
    again = read(tmp_path, "{synthetic: {examples: 100, classes: 3}}", inputs).data.splits["train"]
    np.testing.assert_array_equal(train.inputs["x"], again.inputs["x"])
    np.testing.assert_array_equal(train.targets["y"], again.targets["y"])


@pytest.mark.parametrize(
    ("task", "units", "shape", "kind"),
    [
        ("regression", 1, (60,), "f"),
        ("regression", 3, (60, 3), "f"),
        ("multiclass_classification", 5, (60,), "i"),
        ("multilabel_classification", 4, (60, 4), "i"),
        ("binary_classification", 1, (60,), "i"),
    ],
)
def test_synthetic_targets_fit_the_outputs(tmp_path, task, units, shape, kind):
    data = read(tmp_path, "{synthetic: {examples: 100}}", output_specs={"y": OutputSpec(task, units)}).data
    target = data.splits["train"].targets["y"]
    assert (target.shape, target.dtype.kind) == (shape, kind)
    if task == "multiclass_classification":
        assert data.labels["y"].names == ["0", "1", "2", "3", "4"]


def test_synthetic_targets_can_be_learned(tmp_path):
    train = read(tmp_path, "{synthetic: {examples: 400}}", "x: {shape: [6]}").data.splits["train"]
    x, y = train.inputs["x"], train.targets["y"]
    fitted = np.linalg.lstsq(x, y * 2.0 - 1, rcond=None)[0]
    assert ((x @ fitted > 0) == y).mean() > 0.9


def test_invalid_synthetic_settings_are_errors(tmp_path):
    assert "KS509 synthetic data has no columns" in read(tmp_path, "{synthetic: {}, targets: y}").only
    result = read(tmp_path, "{synthetic: {examples: 100000}}", "x: {shape: [224, 224, 3]}")
    assert "KS530 100,000 synthetic examples take about 36" in result.only


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_a_module_that_reads_it(source):
    assert callable(importlib.import_module(f"kspec.data.sources.{source}").read)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.csv", "csv"),
        ("A.TSV.gz", "csv"),
        ("b/c.pq", "parquet"),
        ("x.npz", "npz"),
        ("rows.jsonl.gz", "json"),
        ("t.Feather", "arrow"),
        ("x.npy", "npy"),
        ("cat.JPG", "images"),
        ("y", None),
    ],
)
def test_the_suffix_of_a_file_determines_its_source(path, source):
    assert source_of(path) == source


@pytest.mark.parametrize(("loss", "targets"), [("{a: mse, b: null}", {"a"}), ("{a: null, b: null}", set())])
def test_synthetic_data_has_no_target_for_a_loss_of_null(loss, targets, tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(
        "kspec: 1\ndata: {synthetic: {examples: 50}}\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 1}\n"
        "    name: a\n  - Dense: {units: 2}\n    from: x\n    name: b\n"
        f"outputs: [a, b]\ncompile: {{loss: {loss}}}\n"
    )
    dataset = compile_spec(path, data="always").dataset
    assert set(dataset.splits["train"].targets) == targets
