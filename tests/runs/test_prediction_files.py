"""What the files of predictions hold, against the model's own predictions, numpy, and the exported Python file."""

import contextlib
import csv
import io
import runpy

import numpy as np
import pytest

import kspec
from kspec.cli import main
from kspec.export.export import export

SPEC = """\
kspec: 1
name: positions
data:
  npz: t.npz
  inputs: {x: x}
  targets: {tags: tags, steps: steps, sure: sure, flags: flags, hot: hot, curve: curve, kind: kind}
inputs: {x: {shape: [5, 3]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: tags
  - Dense: {units: 4, activation: softmax}
    name: steps
    from: x
  - Dense: {units: 1, activation: sigmoid}
    name: sure
    from: x
  - Dense: {units: 2}
    name: flags
    from: x
  - Dense: {units: 3, activation: softmax}
    name: hot
    from: x
  - Dense: {units: 1}
    name: curve
    from: x
  - Flatten:
    from: x
  - Dense: {units: 2, activation: softmax}
    name: kind
outputs: [tags, steps, sure, flags, hot, curve, kind]
compile:
  loss:
    steps: {SparseCategoricalCrossentropy: {ignore_class: -1}}
    flags: {BinaryCrossentropy: {from_logits: true}}
    hot: categorical_crossentropy
fit: {epochs: 1, batch_size: 8, engine: keras}
"""
WORDS = np.array(["aa", "b", "ccc"])


def arrays(count, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 5, 3)).astype("float32")
    steps = rng.integers(0, 4, (count, 5))
    steps[:, -1] = -1
    return {
        "x": x,
        "tags": WORDS[rng.integers(0, 3, (count, 5))],
        "steps": steps,
        "sure": x[..., 0] > 0,
        "flags": rng.integers(0, 2, (count, 5, 2)),
        "hot": np.eye(3)[rng.integers(0, 3, (count, 5))],
        "curve": x.sum(axis=-1),
        "kind": np.array(["no", "yes"])[(x.sum(axis=(1, 2)) > 0).astype(int)],
    }


@pytest.fixture(scope="module")
def data():
    return arrays(40)


@pytest.fixture(scope="module")
def run(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("positions")
    np.savez(folder / "t.npz", **data)
    (folder / "spec.yaml").write_text(SPEC)
    return kspec.run(folder / "spec.yaml", out=folder / "runs", quiet=True)


def read(path):
    with np.load(path) as file:
        return dict(file)


def check(found, data, model):
    """Compares arrays with the model's predictions, and with the data, for the rows that have predictions."""
    rows = found["row"] - 1
    given = {name: values[rows] for name, values in data.items()}
    raw = model.predict(given["x"], verbose=0)
    known = np.isfinite(given["x"]).all(axis=(1, 2))
    assert found["tags"][known].tolist() == WORDS[raw["tags"].argmax(axis=-1)][known].tolist()
    np.testing.assert_allclose(found["tags_probability"][known], raw["tags"][known], rtol=1e-5)
    assert found["tags_labels"].tolist() == WORDS.tolist()
    assert found["tags_actual"][known].tolist() == given["tags"][known].tolist()
    counted = (given["steps"] >= 0) & known[:, None]
    assert found["steps"][known].tolist() == raw["steps"].argmax(axis=-1)[known].tolist()
    assert np.isnan(found["steps_actual"][~counted]).all()
    assert found["steps_actual"][counted].tolist() == given["steps"][counted].tolist()
    assert found["steps_labels"].tolist() == [0, 1, 2, 3]
    assert found["sure"][known].tolist() == np.where(raw["sure"] > 0.5, "true", "false")[known].tolist()
    np.testing.assert_allclose(found["sure_probability"][known], raw["sure"][known], rtol=1e-5)
    assert found["sure_actual"][known, :, 0].tolist() == np.where(given["sure"], "true", "false")[known].tolist()
    assert found["flags"][known].tolist() == (raw["flags"] > 0).astype(int)[known].tolist()
    np.testing.assert_allclose(found["flags_probability"][known], 1 / (1 + np.exp(-raw["flags"][known])), rtol=1e-5)
    assert found["flags_actual"][known].tolist() == given["flags"][known].tolist()
    assert found["hot_actual"][known].tolist() == given["hot"].argmax(axis=-1)[known].tolist()
    np.testing.assert_allclose(found["curve"][known], raw["curve"][known], rtol=1e-5)
    np.testing.assert_allclose(found["curve_actual"][known, :, 0], given["curve"][known])
    assert not any(name.startswith("kind") for name in found)


def test_arrays_hold_what_a_table_cannot(run, data):
    check(read(run.folder / "predictions.npz"), data, run.model)


def test_what_fits_a_table_stays_in_the_table(run, data):
    with (run.folder / "predictions.csv").open() as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["row", "kind_no", "kind_yes", "kind", "kind_actual"]
    rows = np.array([int(line["row"]) - 1 for line in table])
    assert [line["kind_actual"] for line in table] == data["kind"][rows].tolist()
    raw = run.model.predict(data["x"][rows], verbose=0)["kind"]
    np.testing.assert_allclose([float(line["kind_yes"]) for line in table], raw[:, 1], rtol=1e-5)
    assert (rows + 1).tolist() == read(run.folder / "predictions.npz")["row"].tolist()


def test_rows_left_out_are_empty_in_arrays(run, tmp_path, capsys):
    new = arrays(6, seed=1)
    new["x"][2, 1] = np.nan
    np.savez(tmp_path / "new.npz", **new)
    assert main(["predict", str(run.folder), "--data", str(tmp_path / "new.npz"), "-o", str(tmp_path / "p.csv")]) == 0
    printed = capsys.readouterr().out
    assert f"5 examples of {tmp_path / 'new.npz'} → {tmp_path / 'p.csv'}, {tmp_path / 'p.npz'}" in printed
    found = read(tmp_path / "p.npz")
    assert found["row"].tolist() == [1, 2, 3, 4, 5, 6]
    check(found, new, run.model)
    assert set(found["tags"][2].tolist()) == set(found["tags_actual"][2].tolist()) == {""}
    for name in ("tags_probability", "steps", "curve", "flags", "flags_actual"):
        assert np.isnan(found[name][2]).all(), name
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert (len(lines), lines[3]) == (7, "3,,,,")


@pytest.mark.slow
def test_exported_python_writes_the_same_arrays(run, tmp_path, monkeypatch):
    folder = run.folder.parents[2]
    export(str(folder / "spec.yaml"), "python", folder / "exported.py")
    monkeypatch.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path("exported.py", run_name="__main__")
    assert "predictions: predictions.csv, predictions.npz" in printed.getvalue()
    assert (folder / "predictions.csv").read_text() == (run.folder / "predictions.csv").read_text()
    ours, theirs = read(run.folder / "predictions.npz"), read(folder / "predictions.npz")
    assert list(ours) == list(theirs)
    for name, values in ours.items():
        np.testing.assert_array_equal(theirs[name], values, err_msg=name)


def test_a_confusion_matrix_counts_positions():
    """Of 3 examples of 4 positions, one label is ignored; the other output has one label an example, one unknown."""
    from kspec.data.targets.encoding import TargetEncoding
    from kspec.data.targets.labels import Labels
    from kspec.data.types import DataSplit
    from kspec.runs.artifacts import confusion_matrices, draw_pictures
    from tests.data.helpers import output_settings

    settings = output_settings("multiclass_classification", 2, "sparse_categorical_crossentropy")
    encodings = {
        "tags": TargetEncoding.of(settings, (4, 2), Labels("integer", ["0", "1"], are_numbers=True, ignored=-1)),
        "kind": TargetEncoding.of(settings, (2,), Labels("text", ["no", "yes"])),
    }
    tags = np.array([[0, 1, 1, 1], [0, 0, 1, -1], [1, 1, 0, 0]])
    kinds = np.array(["no", "yes", "no"], dtype=object)
    absent = {"kind": np.array([False, False, True])}
    split = DataSplit(np.arange(1, 4), {}, {"tags": tags, "kind": kinds}, absent=absent)
    predictions = {"tags": np.eye(2)[np.ones((3, 4), int)], "kind": np.eye(2)[[0, 0, 1]]}
    matrices = confusion_matrices(split, predictions, encodings)
    assert {name: matrix.tolist() for name, (matrix, _) in matrices.items()} == {
        "tags": [[0, 5], [0, 6]],
        "kind": [[1, 0], [1, 0]],
    }
    titles = {}

    class Folder:
        def write(self, name, write):
            titles[name] = write.keywords.get("title")

    draw_pictures(Folder(), None, [], matrices, {}, "test", None, encodings)
    assert titles["confusion_tags.png"] == "tags: 11 positions of test"
    assert titles["confusion_kind.png"] == "kind: 2 examples of test"
