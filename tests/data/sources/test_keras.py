"""The source keras: the data sets of keras.datasets, from files that the tests write."""

import gzip
import hashlib
import io
import pickle
import tarfile

import keras
import numpy as np
import pytest

from kspec import SpecError
from kspec.data.context import Context
from kspec.data.sources.keras import _parts
from kspec.data.sources.keras import read as read_source
from kspec.data.sources.read_request import Request
from kspec.diagnostics import Report
from kspec.language.data_limits import Limits
from kspec.language.keras_datasets import FILES, KERAS_DATASETS
from tests.data.helpers import make_spec, read

RANDOM = np.random.default_rng(0)
LISTS = np.array([[int(n) for n in RANDOM.integers(1, 50, 3 + number % 4)] for number in range(20)], dtype=object)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes())


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def archive(folder, labels, names, rows):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as members:
        for name in names:
            pixels = RANDOM.integers(0, 255, (rows, 3072)).astype(np.uint8)
            data = pickle.dumps({b"data": pixels, labels: [int(n) for n in RANDOM.integers(0, 9, rows)]}, protocol=4)
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            members.addfile(member, io.BytesIO(data))
    return file.getvalue()


def pictures(rows):
    return RANDOM.integers(0, 255, (rows, 28, 28)).astype(np.uint8)


def labels(rows):
    return RANDOM.integers(0, 3, rows)


HOUSES = {"x": RANDOM.random((30, 13)), "y": RANDOM.random(30)}
BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
CONTENTS = {
    "mnist": [npz(x_train=pictures(9), y_train=labels(9), x_test=pictures(4), y_test=labels(4))],
    "fashion_mnist": [idx(pictures(9)), idx(labels(9)), idx(pictures(4)), idx(labels(4))],
    "cifar10": [archive("cifar-10-batches-py", b"labels", BATCHES, 3)],
    "cifar100": [archive("cifar-100-python", b"fine_labels", ["train", "test"], 5)],
    "imdb": [npz(x_train=LISTS, y_train=labels(20), x_test=LISTS[:6], y_test=labels(6))],
    "reuters": [npz(x=LISTS, y=labels(20))],
    "boston_housing": [npz(**HOUSES)],
    "california_housing": [npz(**HOUSES)],
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of Keras with small files, whose hashes count as those that Keras states."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    for name, contents in CONTENTS.items():
        files = []
        for file, data in zip(FILES[name], contents, strict=True):
            path = tmp_path / "home" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            files.append(file._replace(sha256=hashlib.sha256(data).hexdigest() if file.sha256 else ""))
        monkeypatch.setitem(FILES, name, files)
    return tmp_path / "home"


def keras_parts(name, home, monkeypatch):
    """What Keras itself reads from the files."""
    module = __import__(f"keras.src.datasets.{name}", fromlist=["load_data"])

    def get_file(fname=None, origin="", cache_subdir="datasets", extract=False, **_):
        if not extract:
            return str(home / cache_subdir / fname) if "fashion" in cache_subdir else str(home / "datasets" / fname)
        with tarfile.open(home / "datasets" / f"{fname}_archive") as members:
            members.extractall(home / "extracted", filter="data")
        return str(home / "extracted")

    monkeypatch.setattr(module, "get_file", get_file)
    return module.load_data()


@pytest.mark.parametrize("name", [name for name in KERAS_DATASETS if name != "cifar10"])
def test_data_sets_are_those_of_keras(tmp_path, home, monkeypatch, name):
    spec = make_spec(tmp_path, f"{{keras: {name}}}")
    report = Report()
    table = read_source(name, Request(Context(spec, report, ("data", "keras")), {}, []))
    assert table is not None, list(report)
    for part, (x, y) in zip((0, 2), keras_parts(name, home, monkeypatch), strict=True):
        own = table.row_splits == part
        np.testing.assert_array_equal(table.columns["y"].values[own], np.ravel(y))
        if x.dtype == object and "x" in table.unusable:
            assert table.unusable["x"] == "its lists differ in length"
        elif x.dtype == object:
            assert [[int(word) for word in row] for row in table.columns["x"].values[own]] == [list(text) for text in x]
        else:
            np.testing.assert_array_equal(table.columns["x"].values[own], x)


def test_batches_of_pictures_are_in_order(tmp_path, home):
    data = read(tmp_path, "{keras: cifar10, inputs: x, targets: y}", "x: {shape: [32, 32, 3]}").data
    assert {part: len(split) for part, split in data.splits.items()} == {"train": 15, "test": 3}
    with tarfile.open(fileobj=io.BytesIO(CONTENTS["cifar10"][0])) as members:
        first = pickle.load(members.extractfile("cifar-10-batches-py/data_batch_1"))
    expected = first[b"data"][0].reshape(3, 32, 32).transpose(1, 2, 0)
    np.testing.assert_array_equal(data.splits["train"].inputs["x"][0], expected)


def test_texts_are_those_of_keras(home, monkeypatch):
    (ours, _), (ours_test, _) = _parts("imdb", CONTENTS["imdb"], Limits())
    (theirs, _), (theirs_test, _) = keras_parts("imdb", home, monkeypatch)
    assert [*ours, *ours_test] == [list(text) for text in (*theirs, *theirs_test)]


def test_validation_is_taken_from_training(tmp_path, home):
    settings = "{keras: mnist, inputs: x, targets: y, split: {validation: 0.34}}"
    data = read(tmp_path, settings, "x: {shape: [28, 28]}").data
    assert {part: len(split) for part, split in data.splits.items()} == {"train": 6, "validation": 3, "test": 4}


def test_files_that_keras_did_not_publish_are_not_read(tmp_path, home):
    class Harmful:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    (home / "datasets" / "imdb.npz").write_bytes(npz(x_train=np.array([Harmful()], dtype=object)))
    result = read(tmp_path, "{keras: imdb}")
    assert result.only.startswith("KS504 `imdb.npz` in Keras's folder is not the file that Keras publishes")
    assert not (tmp_path / "written").exists()


def test_pickles_hold_arrays_alone(tmp_path, home, monkeypatch):
    class Harmful:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    data = npz(x=np.array([Harmful()], dtype=object), y=np.zeros(1))
    (home / "datasets" / "reuters.npz").write_bytes(data)
    monkeypatch.setitem(FILES, "reuters", [FILES["reuters"][0]._replace(sha256=hashlib.sha256(data).hexdigest())])
    assert "is no array" in read(tmp_path, "{keras: reuters}").only
    assert not (tmp_path / "written").exists()


def test_a_file_that_is_not_there_needs_permission(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "none"))
    result = read(tmp_path, "{keras: mnist}")
    assert result.only.startswith("KS702 `mnist.npz` is not in Keras's folder, and would be downloaded")
    assert result.pointed == "mnist"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["minst", "3", "[mnist]"])
def test_unknown_data_sets_are_errors(tmp_path, name):
    with pytest.raises(SpecError):
        make_spec(tmp_path, f"{{keras: {name}}}")


def test_the_hashes_are_those_of_keras():
    for name in KERAS_DATASETS:
        with open(keras.datasets.__path__[0].replace("keras/datasets", f"keras/src/datasets/{name}.py")) as module:
            text = module.read()
        assert all(file.sha256 in text for file in FILES[name])
