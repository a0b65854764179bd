"""Runs from Python: their results and their folders."""

import csv
import json
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.runs.run_folder import RunFolder
from tests.support.project import BINARY, make_project


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def fitting(more):
    """The small spec with further settings of `fit`."""
    return BINARY.replace("batch_size: 8}", f"batch_size: 8, {more}}}")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The run of the small spec, and its folder."""
    with pytest.MonkeyPatch.context() as patch:
        run = kspec.run(make_project(tmp_path_factory.mktemp("finished"), patch)(BINARY))
        return run, run.folder.resolve()


def test_the_run_folder_holds_every_result(finished):
    run, folder = finished
    assert run.status == "finished"
    assert (folder.parent / "latest").resolve() == folder
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "finished"
    assert record["seed"] == 3
    assert set(record["durations"]) >= {"data", "define", "compile", "fit", "evaluate", "predict"}
    assert len(record["data"]["fingerprints"]["table.csv"]) == 64
    assert record["data"]["labels"]["kind"]["names"] == ["no", "yes"]
    assert (folder / "spec.yaml").read_text() == BINARY
    history = rows_of(folder / "history.csv")
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert list(history[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    predictions = rows_of(folder / "predictions.csv")
    assert list(predictions[0]) == ["row", "kind_probability", "kind", "kind_actual"]
    for row in predictions:
        assert row["kind"] == ("yes" if float(row["kind_probability"]) >= 0.5 else "no")
    right = np.mean([row["kind"] == row["kind_actual"] for row in predictions])
    assert right == pytest.approx(run.metrics["accuracy"])
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_the_resolved_spec_gives_the_same_run(project):
    first = kspec.run(project(BINARY), overrides=["fit.epochs=3", "layers.dense.units=5"])
    again = kspec.run(first.folder / "resolved.yaml")
    assert kspec.check(first.folder / "resolved.yaml") == []
    for ours, theirs in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert (first.folder / "resolved.yaml").read_text() == (again.folder / "resolved.yaml").read_text()


def test_runs_of_one_second_have_their_own_folders(tmp_path):
    assert len({RunFolder.create(tmp_path, "small").path for _ in range(3)}) == 3


def test_a_folder_that_another_run_deletes_is_made_again(tmp_path, monkeypatch):
    """A run that fails at once deletes the folder of all runs of its spec, if that is empty."""
    real, deleted = Path.mkdir, []

    def mkdir(path, *arguments, **options):
        if path.parent.name == "small" and not deleted:
            path.parent.rmdir()
            deleted.append(path)
        real(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert RunFolder.create(tmp_path, "small").path.is_dir()
    assert deleted


def test_a_smoke_run_writes_nothing(project, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    spec = project(fitting("callbacks: [{CSVLogger: {filename: log.csv}}]"))
    run = kspec.run(spec, smoke=True)
    assert run.folder is None
    assert np.isfinite(run.metrics["loss"])
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "spec.yaml") == before


def test_callbacks_write_into_the_run_folder_and_predict_can_name_other_data(project, tmp_path):
    (tmp_path / "new.csv").write_text("b,a\n0.5,1.0\n-1,-1\n")
    spec = fitting("callbacks: [{CSVLogger: {filename: logs/log.csv}}]") + "predict: {data: new.csv}\n"
    run = kspec.run(project(spec))
    assert (run.folder / "logs" / "log.csv").exists()
    assert len(rows_of(run.folder / "predictions.csv")) == 2


def test_normalization_adapts_on_the_training_split_alone(finished):
    run, folder = finished
    table = rows_of(folder.parent.parent.parent / "table.csv")
    x = np.array([[float(row["a"]), float(row["b"])] for row in table])
    order = np.random.default_rng([3, 0]).permutation(80)
    train = np.sort(order[32:])
    mean = np.asarray(run.model.get_layer("normalization").mean).ravel()
    assert np.allclose(mean, x[train].mean(0), atol=1e-5)
    assert not np.allclose(mean, x.mean(0), atol=1e-5)


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises KeyboardInterrupt, even where the tests run as a background job, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def lose_ctrl_c_in_the_third_epoch(monkeypatch):
    """Presses Ctrl-C, and loses the exception, as a function called by TensorFlow would."""
    from kspec.training.progress import OnEpochEnd

    end = OnEpochEnd.on_epoch_end

    def pressed(self, epoch, logs=None):
        end(self, epoch, logs)
        if epoch == 2:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(OnEpochEnd, "on_epoch_end", pressed)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("engine", ["keras", "fused"])
def test_ctrl_c_ends_training_even_if_its_exception_is_lost(project, monkeypatch, engine):
    lose_ctrl_c_in_the_third_epoch(monkeypatch)
    write = RunFolder.write

    def press_again(self, name, writer):
        if name == "model.keras":
            signal.raise_signal(signal.SIGINT)
        write(self, name, writer)

    monkeypatch.setattr(RunFolder, "write", press_again)
    run = kspec.run(project(BINARY), overrides=["fit.epochs=20", f"fit.engine={engine}"])
    assert run.status == json.loads((run.folder / "run.json").read_text())["status"] == "interrupted"
    assert len(run.history) == 3
    assert (run.folder / "model.keras").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


SEVERAL = """\
kspec: 1
name: several
data:
  csv: table.csv
  inputs: {numbers: [a, b], city: city, note: note}
  targets: {kind: kind, city_again: city, size: size}
  weights: {size: weight}
inputs:
  numbers: {shape: [2]}
  city: {shape: [1], dtype: string}
  note: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: city
    name: city_code
  - TextVectorization: {output_sequence_length: 3}
    from: note
    name: tokens
  - Embedding: {input_dim: {vocabulary_of: tokens}, output_dim: 4}
  - GlobalAveragePooling1D:
    name: note_code
  - Concatenate:
    from: [numbers, city_code, note_code]
    name: all
  - Dense: {units: 1, activation: sigmoid}
    name: kind
  - Dense: {units: {classes_of: city_again}, activation: softmax}
    from: all
    name: city_again
  - Dense: {units: 1}
    from: all
    name: size
  - Dense: {units: 3}
    from: all
    name: extra
outputs: [kind, city_again, size, extra]
fit: {epochs: 3, batch_size: 8, class_weight: {kind: {no: 1.0, yes: 3.0}, city_again: balanced}}
predict: {threshold: {kind: 0.3}}
"""


def test_text_inputs_and_several_outputs_one_without_a_target(project):
    run = kspec.run(project(SEVERAL))
    assert {"kind_loss", "city_again_loss", "size_loss"} <= set(run.history[0])
    assert "extra_loss" not in run.history[0]
    predictions = rows_of(run.folder / "predictions.csv")
    assert {"kind", "kind_probability", "city_again", "city_again_lima", "size", "extra_0", "extra_2"} <= set(
        predictions[0]
    )
    for row in predictions:
        assert row["kind"] == ("yes" if float(row["kind_probability"]) >= 0.3 else "no")
    assert {row["city_again"] for row in predictions} <= {"oslo", "rome", "lima"}
    resolved = (run.folder / "resolved.yaml").read_text()
    assert "vocabulary_of" not in resolved
    assert "classes_of" not in resolved
    assert "input_dim: 6" in resolved  # good fine bad poor, padding and unknown


def test_class_weights_train_as_keras_does(project):
    import keras

    spec = project(fitting("class_weight: {yes: 4.0}, shuffle: false"))
    run = kspec.run(spec)
    table = rows_of(run.folder.parent.parent.parent / "table.csv")
    x = np.array([[float(row["a"]), float(row["b"])] for row in table], "float32")
    y = np.array([[row["kind"] == "yes"] for row in table], "float32")
    train = np.sort(np.random.default_rng([3, 0]).permutation(80)[32:])
    model = kspec.build(spec)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    history = model.fit(
        x[train], y[train], epochs=2, batch_size=8, shuffle=False, verbose=0, class_weight={0: 1.0, 1: 4.0}
    )
    assert [row["loss"] for row in run.history] == pytest.approx(history.history["loss"], rel=1e-5)
    assert isinstance(model, keras.Model)


def test_logits_become_probabilities(project):
    text = BINARY.replace(", activation: sigmoid", "").replace(
        "fit:",
        "compile: {loss: {BinaryCrossentropy: {from_logits: true}}, metrics: [{BinaryAccuracy: {threshold: 0.0}}]}\nfit:",
    )
    run = kspec.run(project(text))
    values = [float(row["kind_probability"]) for row in rows_of(run.folder / "predictions.csv")]
    assert 0 < min(values) < max(values) < 1


def test_predictions_of_higher_rank_are_written_as_npz(project, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "seq.npz", x=rng.normal(size=(30, 5, 2)), y=rng.normal(size=(30, 5, 1)))
    text = (
        "kspec: 1\ndata: {npz: seq.npz, inputs: x, targets: y}\ninputs: {s: {shape: [5, 2]}}\n"
        "layers:\n  - TimeDistributed: {layer: {Dense: {units: 1}}}\n    name: y\n"
    )
    run = kspec.run(project(text))
    assert np.load(run.folder / "predictions.npz")["y"].shape == (6, 5, 1)


def test_one_label_for_many_predictions_is_an_error_with_a_fix(project, tmp_path):
    np.savez(tmp_path / "pictures.npz", x=np.zeros((20, 8, 8, 1)), y=np.arange(20) % 2)
    text = (
        "kspec: 1\ndata: {npz: pictures.npz, inputs: x, targets: y}\ninputs: {i: {shape: [8, 8, 1]}}\n"
        "layers:\n  - Conv2D: {filters: 2, kernel_size: 3}\n  - Dense: {units: 1, activation: sigmoid}\n    name: y\n"
    )
    with pytest.raises(kspec.SpecError) as failure:
        kspec.run(project(text))
    mismatch = next(d for d in failure.value.diagnostics if d.code == "KS505")
    assert "Flatten" in mismatch.help


def test_build_reports_a_layer_that_has_no_data_to_adapt_on(project):
    text = BINARY.replace("data: {csv: table.csv, inputs: [a, b], targets: kind}\n", "")
    with pytest.raises(kspec.SpecError) as failure:
        kspec.build(project(text))
    assert failure.value.diagnostics[0].code == "KS510"
    assert "learns from the training data" in str(failure.value)


def test_a_spec_without_data_is_defined_and_compiled(project):
    text = "kspec: 1\ninputs: {x: {shape: [2]}}\nlayers:\n  - Dense: {units: 1}\n"
    run = kspec.run(project(text))
    assert run.status == "finished"
    assert (run.folder / "summary.txt").exists()


def test_targets_can_have_a_label_at_each_step(project, tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 6, 3)).astype("float32")
    np.savez(tmp_path / "tags.npz", x=x, y=(x[..., 0] > 0).astype("int64") + (x[..., 1] > 0))
    text = (
        "kspec: 1\ndata: {npz: tags.npz, inputs: x, targets: y}\ninputs: {s: {shape: [6, 3]}}\n"
        "layers:\n  - TimeDistributed: {layer: {Dense: {units: 3, activation: softmax}}}\n    name: y\n"
    )
    run = kspec.run(project(text))
    assert run.predictions["y"].shape == (8, 6, 3)
    assert "sparse_categorical_crossentropy" in (run.folder / "resolved.yaml").read_text()
