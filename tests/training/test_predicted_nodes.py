"""`predict: {nodes}`: the values of inner nodes equal those of a Keras sub-model, in the run and of its saved model."""

from __future__ import annotations

import csv

import keras
import numpy as np
import pytest

import kspec
from kspec.cli import main
from tests.codegen import sources

SPEC = sources.BEGIN.format(name="nodes") + sources.SPECS["predicted_nodes"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "nodes.yaml").write_text(SPEC)
    return kspec.run(folder / "nodes.yaml", "fit.epochs=1", out=folder / "runs")


@pytest.fixture(scope="module")
def new_data(run):
    """A file of new data without targets, and its arrays."""
    rng = np.random.default_rng(0)
    x = {name: rng.normal(size=(7, 6)).astype("float32") for name in ("left", "right")}
    path = run.folder.parent.parent / "new.npz"
    np.savez(path, **x)
    return path, x


def by_hand(model):
    """A Keras model of the nodes, built from the layers of the run's model."""
    left, right = model.inputs
    encoder = model.get_layer("encoder")
    first, other = encoder(left), encoder(right)
    x = keras.layers.Concatenate()([first["mean"], first["spread"], other["mean"]])
    inner = []
    for use in ("use_0", "use_1"):
        inner.append(model.get_layer(f"{use}.inner")(x))
        x = model.get_layer(f"{use}.dense")(inner[-1])
    shared = model.get_layer("shared")(x)
    again = model.get_layer("shared")(shared)
    matrix = keras.ops.reshape(again, (-1, 2, 2))
    last = keras.ops.split(matrix, 2, axis=1)[1]
    return keras.Model(
        [left, right],
        {
            "m": first["mean"],
            "s": first["spread"],
            "other/mean": other["mean"],
            "other/spread": other["spread"],
            "use/inner": inner[1],
            "use_0/inner": inner[0],
            "shared": shared,
            "again": again,
            "matrix": matrix,
            "q": last,
            "logits_logits": model.get_layer("logits")(keras.layers.Flatten()(last)),
            "left": left,
        },
    )


def test_values_on_new_data_equal_those_of_a_keras_model(run, new_data):
    path, x = new_data
    expected = by_hand(run.model).predict([x["left"], x["right"]], verbose=0)
    values = kspec.predict(run, path)
    assert set(values) == {"logits", *expected}
    for name, array in expected.items():
        np.testing.assert_allclose(values[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_the_saved_model_gives_the_values_of_the_run(run):
    values = kspec.predict(run.folder)
    assert values.keys() == run.predictions.keys()
    for name, array in run.predictions.items():
        np.testing.assert_allclose(values[name], array, rtol=1e-6, err_msg=name)


def test_tables_hold_vectors_and_an_archive_holds_tensors(run):
    with (run.folder / "predictions.csv").open() as file:
        table = list(csv.DictReader(file))
    for name in ("shared", "use/inner", "logits_logits"):
        columns = [[float(row[f"{name}_{i}"]) for row in table] for i in range(run.predictions[name].shape[1])]
        np.testing.assert_allclose(np.transpose(columns), run.predictions[name], rtol=1e-6)
    with np.load(run.folder / "predictions_nodes.npz") as arrays:
        assert set(arrays) == {"matrix", "q"}
        np.testing.assert_array_equal(arrays["matrix"], run.predictions["matrix"])


def test_the_command_line_names_other_nodes(run, new_data, tmp_path, capsys):
    path, _ = new_data
    command = ["predict", str(run.folder), "--data", str(path), "-o", str(tmp_path / "p.csv")]
    assert main([*command, "--nodes", "shared, q", "--nodes", "use/inner"]) == 0
    assert f"{tmp_path / 'p.csv'}, {tmp_path / 'p_nodes.npz'}" in capsys.readouterr().out
    header = (tmp_path / "p.csv").read_text().splitlines()[0]
    assert header == "row,logits_0,logits_1,logits_2,logits," + ",".join(
        [*(f"shared_{i}" for i in range(4)), *(f"use/inner_{i}" for i in range(5))]
    )
    assert main([*command, "--nodes", "share"]) == 1
    assert "did you mean `shared`?" in capsys.readouterr().err


def test_a_smoke_run_has_no_folder_to_predict_with():
    from kspec.runs.run import Run
    from kspec.runs.run_folder import RunFolderError

    with pytest.raises(RunFolderError, match="smoke run"):
        kspec.predict(Run("small", None))
