"""Run folders that strangers made: each verb reads them as data, and says in a line what is wrong."""

import io
import json
import os
import shutil
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest

import kspec
from kspec.backend.application_weights import without_downloads
from kspec.cli import main
from kspec.compiler.compile import compile_spec
from kspec.compiler.restore import restore_model
from kspec.diagnostics import Report
from kspec.runs.run_loader import load_run
from kspec.syntax.regular_files import open_regular
from tests.support.malicious_models import watched
from tests.support.project import BINARY, make_project

LISTS = (
    '{"data": {"fitted": {"columns": {"inputs": {"x": ["a", "b"]}, "targets": {"kind": ["kind"]}, "weights": {}, '
    '"lists": {"kind": PLAN}}}}}'
)
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run, in the working directory of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        write = make_project(tmp_path_factory.mktemp("strangers"), patch)
        yield kspec.run(write(BINARY.replace("epochs: 2", "epochs: 1")))


@pytest.fixture
def run(made, tmp_path):
    """A copy of its folder, to be damaged."""
    return shutil.copytree(made.folder, tmp_path / "runs" / "small" / "20260101-120000-1")


def refusal(capsys, *words, status=3):
    """What a verb prints on standard error; without a traceback."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == status
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert "internal error" not in printed
    return printed


def predict(capsys, run, status=3):
    return refusal(capsys, "predict", run, "--data", "table.csv", "-o", run / "new.csv", status=status)


def rewrite_archive(run, change=None, weights=None, **members):
    """Writes `model.keras` again, with a changed configuration, changed weights, or other members."""
    path = run / "model.keras"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        config = json.loads(parts["config.json"])
        change({layer["config"]["name"]: layer["config"] for layer in config["config"]["layers"]})
        parts["config.json"] = json.dumps(config).encode()
    if weights is not None:
        file = io.BytesIO(parts["model.weights.h5"])
        with h5py.File(file, "r+") as opened:
            weights(opened)
        parts["model.weights.h5"] = file.getvalue()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**parts, **members}.items():
            archive.writestr(name, data)


def function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def test_the_configuration_of_an_archive_is_not_executed(made, run, capsys):
    def change(layers):
        layers["dense"]["activation"] = function("keras.applications.imagenet_utils", "decode_predictions")
        layers["kind"]["activation"] = function("os", "system")
        layers["kind"]["kernel_initializer"] = function("keras.utils", "get_file")

    rewrite_archive(run, change)
    with watched() as events:
        loaded = load_run(str(run))
    assert not {"socket.connect", "os.system", "subprocess.Popen"} & {event for event, _ in events}
    x = np.ones((3, 2), "float32")
    np.testing.assert_array_equal(loaded.model.predict(x, verbose=0), made.model.predict(x, verbose=0))
    predict(capsys, run, status=0)


def test_another_network_than_that_of_the_spec_is_refused(run, capsys):
    text = (run / "resolved.yaml").read_text()
    for old, new, message in (
        ("units: 4", "units: 5", "the weights do not fit the Dense `dense`: it has (2, 5), the file (2, 4)"),
        ("- Normalization", "- BatchNormalization", "it has no layer `batch_normalization`"),
        ("- Dense: {units: 4", "- LSTM: {units: 4", ""),
        ("units: 4", "units: 1000000000", "it holds 22 parameters, and the network has"),
    ):
        (run / "resolved.yaml").write_text(text.replace(old, new))
        assert message in predict(capsys, run, status=1 if not message else 3)


def add_bomb(weights):
    weights["layers/dense/vars"].create_dataset("9", shape=(30_000, 25_000), dtype="float32", chunks=(1000, 1000))


def replace_weight(weights):
    del weights["layers/dense/vars/0"]
    weights["layers/dense/vars/0"] = np.ones((3, 4), "float32")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"weights": add_bomb}, "declares 3,000,000,000 bytes, but stores 0"),
        ({"weights": replace_weight}, "the weights do not fit the Dense `dense`: it has (2, 4), the file (3, 4)"),
        ({"weights": lambda weights: weights.pop("layers/kind", None) or weights.clear()}, "do not fit"),
        ({"config.json": '{"class_name": "Functional", "config": ' + DEEP + "}"}, "nested more than 200 levels deep"),
        ({"config.json": " " * (65 << 20)}, "grow"),
        ({"config.json": '{"class_name": "Functional", "config": {"layers": [3]}}'}, "has no class or no name"),
        ({"config.json": "[]"}, "not a Keras model"),
        ({"model.weights.h5": b"\x89HDF\r\n\x1a\n broken"}, "not an HDF5 file, or damaged"),
    ],
    ids=["bomb", "shape", "no weights", "deep", "large", "layers", "list", "broken"],
)
def test_a_damaged_archive_is_refused(run, capsys, members, message):
    changes = {name: members[name] for name in ("weights", "change") if name in members}
    rewrite_archive(run, **changes, **{name: value for name, value in members.items() if "." in name})
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        printed = predict(capsys, run)
    assert "model.keras cannot be loaded" in printed
    assert message in printed
    assert printed.count("\n") == 1


def test_files_that_lead_outside_the_run_are_refused(run, tmp_path, capsys):
    for name in ("model.keras", "resolved.yaml", "run.json"):
        shutil.move(run / name, tmp_path / name)
        (run / name).symlink_to(tmp_path / name)
        assert "lies outside" in predict(capsys, run)
        (run / name).unlink()
        shutil.move(tmp_path / name, run / name)
    shutil.move(run, tmp_path / "elsewhere")
    (tmp_path / "runs/small/latest").symlink_to(tmp_path / "elsewhere")
    assert "leads to no run beside it" in predict(capsys, tmp_path / "runs/small")
    (tmp_path / "runs/small/latest").unlink()
    (tmp_path / "runs/small/latest").write_text("../../elsewhere")
    assert "names no run beside it" in predict(capsys, tmp_path / "runs/small")


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("null", ["it holds no object"]),
        ("3", ["it holds no object"]),
        (DEEP, ["nested more than 200 levels deep"]),
        ('{"seconds": 1e400, "epochs": -1}', ["`seconds` must be", "`epochs` must be at least 0"]),
        ('{"version": 2}', ["a later version of kspec wrote it"]),
        ('{"started": "12026-01-01", "overrides": 3}', ["`started` must be a time", "`overrides` must be a list"]),
        ('{"data": {"labels": {"kind": {"kind": "integer", "names": ["a"]}}}}', ["`data.labels.kind` must be labels"]),
        ('{"data": {"labels": {"other": {"kind": "text", "names": ["a"]}}}}', ["does not describe the spec beside it"]),
        ('{"data": {"fingerprints": [1], "fitted": null}}', ["`data.fingerprints` must be", "`data.fitted` must be"]),
        ('{"data": {"fitted": {"types": {"a": "integer), (select 1"}}}}', ["`data.fitted.types.a` must be"]),
        ('{"data": {"fitted": {"width": 1000000000000}}}', ["`data.fitted.width` must be"]),
        ('{"data": {"fitted": {"rates": {"a": 0}}}}', ["`data.fitted.rates.a` must be"]),
        ('{"data": {"fitted": {"window": {"step": [0, "second"]}}}}', ["`data.fitted.window.step` must be a step"]),
        ('{"data": {"fitted": {"window": {"step": [[], 3, 4]}}}}', ["`data.fitted.window.step` must be a step"]),
        ('{"data": {"fitted": {"usual": {"a": {"mean": 3}}}}}', ["`data.fitted.usual.a.mean"]),
        (LISTS.replace("PLAN", '{"length": 1e9}'), ["`data.fitted.columns.lists.kind.length` must be"]),
        (LISTS.replace("PLAN", '{"unknown": 1}'), ["`data.fitted.columns.lists.kind.unknown`"]),
        (LISTS.replace("PLAN", '{"through": {"TFSMLayer": {"filepath": "/tmp"}}}'), ["with another layer than the spec"]),
    ],
)  # fmt: skip
def test_each_problem_of_a_record_has_a_line(run, capsys, text, messages):
    (run / "run.json").write_text(text)
    printed = predict(capsys, run)
    for message in messages:
        assert sum(message in line for line in printed.splitlines()) == 1


def test_pipes_are_refused(run, capsys):
    for name in ("run.json", "resolved.yaml", "model.keras"):
        (run / name).rename(run / "aside")
        os.mkfifo(run / name)
        assert name in refusal(capsys, "evaluate", run)
        (run / name).unlink()
        (run / "aside").rename(run / name)


def test_the_list_of_runs_names_those_that_cannot_be_read(made, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # of the terminal that runs the tests
    good = shutil.copytree(made.folder, tmp_path / "runs" / "small" / "20260102-120000-1")
    texts = {"1": '{"seconds": 1e400}', "2": DEEP, "3": "[]", "4": '{"seconds": -5.0}', "5": "\0"}
    for number, text in texts.items():
        bad = shutil.copytree(good, tmp_path / "runs" / "small" / f"20260101-120000-{number}")
        (bad / "run.json").write_text(text)
    pipe = tmp_path / "runs" / "small" / "20260101-120000-6"
    pipe.mkdir()
    os.mkfifo(pipe / "run.json")
    os.mkfifo(pipe / "history.csv")
    (good / "metrics.json").write_text('{"evaluate": [], "validation": {"loss": "low"}}')
    capsys.readouterr()
    assert main(["runs", "--out", str(tmp_path / "runs")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert "finished" in lines[1]
    assert "its metrics.json is damaged: `evaluate` must be a mapping" in lines[1]
    assert all("unknown" in line and "its run.json " in line for line in lines[2:])


ADAPTED = """\
kspec: 1
data: {csv: table.csv, inputs: {n: note, c: city, x: [a, b]}, targets: {kind: kind}, split: {validation: 0.2}}
inputs: {n: {shape: [], dtype: string}, c: {shape: [1], dtype: string}, x: {shape: [2]}}
blocks:
  scale: {layers: [{Discretization: {num_bins: 3, output_mode: one_hot}, name: bins}, {Flatten: }]}
layers:
  - TextVectorization: {output_mode: tf_idf}
    from: n
    name: words
  - TextVectorization: {output_sequence_length: 3}
    from: n
    name: tokens
  - Embedding: {input_dim: {vocabulary_of: tokens}, output_dim: 2}
  - GlobalAveragePooling1D:
    name: state
  - StringLookup: {output_mode: one_hot}
    from: c
    name: cities
  - block: scale
    from: x
    name: scaled
  - Normalization:
    from: x
    name: normal
  - Concatenate:
    from: [words, state, cities, scaled, normal]
  - BatchNormalization:
  - Dropout: {rate: 0.2}
  - Dense: {units: 3, kernel_regularizer: l2}
    name: hidden
  - Dense: {units: 1, activation: sigmoid}
    name: kind
"""


@pytest.mark.usefixtures("made")
def test_a_restored_model_is_the_one_that_was_saved(tmp_path):
    shutil.copy("table.csv", tmp_path)
    (tmp_path / "spec.yaml").write_text(ADAPTED)
    spec = kspec.load(tmp_path / "spec.yaml")
    model = kspec.build(spec)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.uniform(-1, 1, weight.shape))
    model.get_layer("hidden").trainable = False
    model.save(tmp_path / "model.keras")

    spec, analysis = compile_spec(spec).unwrap()
    restored = restore_model(spec, analysis, Report(), tmp_path / "model.keras", open_regular)
    saved = keras.models.load_model(tmp_path / "model.keras", compile=False)
    for ours, theirs in zip(restored.layers, saved.layers, strict=True):
        assert (ours.name, ours.trainable) == (theirs.name, theirs.trainable)
    inputs = {
        "n": np.array(["good fine", "bad good", "new"], dtype=object),
        "c": np.array([["rome"], ["lima"], ["bonn"]], dtype=object),
        "x": rng.normal(size=(3, 2)).astype("float32"),
    }
    inputs = {name: keras.ops.convert_to_tensor(value) for name, value in inputs.items()}
    expected = model(inputs)
    np.testing.assert_array_equal(restored(inputs), expected)
    np.testing.assert_array_equal(saved(inputs), expected)


EXTENSION = """\
import keras

class Noted(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], name="scale")

    def call(self, x):
        return x * self.scale

    def save_assets(self, folder):
        with open(folder + "/note.txt", "w") as file:
            file.write("kept")

    def load_assets(self, folder):
        with open(folder + "/note.txt") as file:
            self.note = file.read()
"""
EXTENDED = """\
kspec: 1
extensions: [noted_layers]
models: {base: {application: {EfficientNetB0: {include_top: false, input_shape: [32, 32, 3], pooling: avg}}}}
inputs: {x: {shape: [32, 32, 3]}}
layers:
  - model: base
  - noted_layers.Noted: {}
    name: noted
  - Dense: {units: 1}
    name: y
"""


@pytest.mark.slow
def test_extensions_read_their_files_and_applications_download_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noted_layers.py").write_text(EXTENSION)
    (tmp_path / "spec.yaml").write_text(EXTENDED)
    with without_downloads():
        model = kspec.build("spec.yaml", allow_code=True, allow_network=True)
    model.save(tmp_path / "model.keras")
    spec = kspec.load("spec.yaml", allow_code=True)
    spec.is_trained = True
    spec, analysis = compile_spec(spec).unwrap()
    with watched() as events:
        restored = restore_model(spec, analysis, Report(), tmp_path / "model.keras", open_regular)
    assert "socket.connect" not in {event for event, _ in events}
    assert restored.get_layer("noted").note == "kept"
    assert len(restored._flatten_layers()) == len(model._flatten_layers())
    for one, other in zip(restored.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
