"""Exports, loaded with the libraries they are for; their predictions on real rows are compared with the run's."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kspec.cli import main
from kspec.export.formats import FORMATS
from tests.conftest import SPECS
from tests.support.project import BINARY, make_project

TEXT = """\
kspec: 1
name: texts
data: {csv: table.csv, inputs: {words: note, place: city, a: a}, targets: {kind: kind, size: size}}
inputs:
  words: {shape: [1], dtype: string}
  place: {shape: [1], dtype: string}
  a: {shape: [1]}
layers:
  - TextVectorization: {output_sequence_length: 4}
    from: words
    name: tokens
  - Embedding: {input_dim: {vocabulary_of: tokens}, output_dim: 4}
  - GlobalAveragePooling1D:
    name: meaning
  - StringLookup: {output_mode: one_hot}
    from: place
    name: city
  - Normalization:
    from: a
    name: scaled
  - Concatenate:
    from: [meaning, city, scaled]
    name: all
  - Dense: {units: 1, activation: sigmoid}
    name: kind
  - Dense: {units: 1}
    from: all
    name: size
outputs: [kind, size]
fit: {epochs: 1, batch_size: 8}
"""
NUMBERS = (
    TEXT.replace(TEXT[TEXT.index("  words:") : TEXT.index("  a: {")], "")
    .replace("words: note, place: city, a: a", "a: a, b: b")
    .replace("  a: {shape: [1]}\n", "  a: {shape: [1]}\n  b: {shape: [1]}\n")
    .replace(
        TEXT[TEXT.index("  - TextVec") : TEXT.index("  - Normalization")],
        "  - Dense: {units: 3, activation: gelu}\n    from: b\n    name: meaning\n",
    )
    .replace("[meaning, city, scaled]", "[meaning, scaled]")
)
RECURRENT = """\
kspec: 1
name: recurrent
data: {synthetic: {examples: 60}}
inputs: {steps: {shape: [6, 2]}}
layers:
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}
  - GRU: {units: 3}
  - Dense: {units: 1, activation: sigmoid}
fit: {epochs: 1}
"""


@pytest.fixture
def cli(capfd):
    def call(*arguments):
        status = main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """A folder with a run of `BINARY`."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        make_project(folder, patch)(BINARY)
        assert main(["run", "spec.yaml"]) == 0
    return folder


@pytest.fixture
def trained(trained_once, tmp_path, monkeypatch):
    """A copy of that folder as the working directory."""
    shutil.copytree(trained_once, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def export(cli):
    """Exports a run, checks the JSON that is printed, and returns the path."""

    def call(place, format, *options):
        status, out, err = cli("export", place, "--to", format, "--format", "json", *options)
        assert status == 0, err
        printed = json.loads(out)
        assert printed["check"]["largest_difference"] <= 1e-5
        assert printed["check"]["examples"] > 1
        assert printed["bytes"] > 0
        return Path(printed["path"])

    return call


def model_of(name):
    import keras

    return keras.models.load_model(Path("runs") / name / "latest" / "model.keras", compile=False)


def table(*columns):
    with open("table.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[column]) for column in columns] for row in rows], "float32")


@pytest.mark.usefixtures("trained")
def test_a_run_as_onnx_and_keras(cli, export):
    import keras
    import onnxruntime

    rows = table("a", "b")
    expected = model_of("small").predict(rows, verbose=0)
    session = onnxruntime.InferenceSession(export("small", "onnx"))
    assert [tensor.name for tensor in session.get_inputs()] == ["x"]
    assert session.get_inputs()[0].shape == ["batch", 2]
    (predictions,) = session.run(["kind"], {"x": rows})
    assert np.abs(predictions - expected).max() <= 1e-5
    loaded = keras.models.load_model(export("runs/small/latest", "keras", "-o", "again.keras"), compile=False)
    assert np.array_equal(loaded.get_layer("small").predict(rows, verbose=0), expected)
    answers = loaded({"a": rows[:, 0], "b": rows[:, 1]})
    assert np.abs(answers["kind_probability"] - expected[:, 0]).max() <= 1e-6
    assert [label.decode() for label in answers["kind"].numpy()] == np.where(
        expected > 0.5, "yes", "no"
    ).ravel().tolist()
    status, out, err = cli("export", "small", "--to", "onnx")
    assert (status, err) == (0, "")
    assert out.startswith("small.onnx (")
    assert "verified: predictions for 16 test examples" in out
    signature = json.loads(Path("small.onnx.signature.json").read_text())
    (run_contract,) = Path("runs/small/latest").glob("contract.json")
    assert signature["contract"] == json.loads(run_contract.read_text())
    assert [(each["name"], each["columns"]) for each in signature["inputs"]] == [("x", ["a", "b"])]
    assert [each["name"] for each in signature["outputs"]] == ["kind", "kind_class"]
    assert signature["outputs"][1]["labels"] == ["no", "yes"]
    metadata = json.loads(session.get_modelmeta().custom_metadata_map["kspec_signature"])
    assert metadata == {name: value for name, value in signature.items() if name != "contract"}


@pytest.mark.usefixtures("trained")
def test_a_run_without_its_data_is_verified_on_rows_made_from_the_contract(cli):
    Path("table.csv").unlink()
    status, out, _ = cli("export", "small", "--to", "keras")
    assert status == 0
    assert "rows made from the contract" in out
    assert "no examples: KS701" in out  # the table is still where the run was made, which export may not read
    assert Path("small.keras").is_file()


def test_a_spec_as_json_is_the_model_without_weights(project, cli):
    import keras

    status, out, _ = cli("export", project(BINARY), "--to", "json", "-o", "-", "--set", "layers.kind.units=3")
    assert status == 0
    model = keras.models.model_from_json(out)
    assert model.output.shape == (None, 3)
    assert [layer.name for layer in model.layers] == ["x", "normalization", "dense", "kind"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["spec.yaml", "--to", "onx"], 2, "unknown format `onx`; did you mean `onnx`?"),
        (["spec.yaml", "--to", "onnx"], 1, "KS621"),
        (["spec.yaml", "--to", "tflite"], 1, "run `kspec run spec.yaml`, then export the run"),
        (["spec.yaml", "--to", "dot", "-o", "spec.yaml"], 2, "-o would overwrite the spec"),
        (["spec.yaml", "--to", "dot", "-o", "."], 2, "`.` is a folder: name the file to write"),
        (["spec.yaml", "--to", "dot", "-o", "table.csv/y.dot"], 3, "table.csv"),
        (["spec.yaml", "--to", "svg", "-o", "-"], 2, "`svg` is not a text format"),
        (["small", "--to", "dot"], 3, "no spec or run at small"),
        (["small.yaml", "--to", "dot"], 1, "KS010"),
    ],
)
def test_invalid_exports_are_rejected(project, cli, arguments, status, message):
    text = Path(project(BINARY)).read_text()
    actual, _, err = cli("export", *arguments)
    assert actual == status
    assert message in err
    assert Path("spec.yaml").read_text() == text
    assert {path.name for path in Path().iterdir()} == {"spec.yaml", "table.csv"}


@pytest.mark.usefixtures("trained")
def test_a_missing_library_is_reported_with_its_extra(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    status, _, err = cli("export", "small", "--to", "onnx")
    assert status == 3
    assert "pip install 'kspec[onnx]'" in err


@pytest.mark.usefixtures("trained")
def test_an_export_whose_predictions_differ_is_discarded(cli, monkeypatch):
    from kspec.export.formats import keras_archive

    zeros = {"kind": np.full(16, b"no", object), "kind_probability": np.zeros(16, "float32")}
    monkeypatch.setattr(keras_archive, "predict_rows", lambda context, path, tensors: zeros)
    status, _, err = cli("export", "small", "--to", "keras")
    assert status == 3
    assert "the predictions of the export differ from the run's" in err
    assert not Path("small.keras").exists()


def test_the_folder_of_an_export_is_created(project, cli, tmp_path):
    project(TEXT)
    assert cli("export", "spec.yaml", "--to", "dot", "-o", "new/folder/graph.dot")[0] == 0
    assert (tmp_path / "new/folder/graph.dot").is_file()


def test_exporting_a_graph_needs_no_tensorflow(tmp_path):
    formats = [name for name, each in FORMATS.items() if each.needs == "graph"]
    arguments = ["export", str(SPECS / "regression.yaml"), "--to"]
    script = (
        "import sys; from kspec.cli import main;"
        f"statuses = [main([*{arguments!r}, name, '-o', 'out.' + name]) for name in {formats!r}];"
        "sys.exit(any(statuses) or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=tmp_path).returncode == 0
    for name in formats:
        assert (tmp_path / f"out.{name}").stat().st_size > 200


@pytest.mark.slow
def test_a_saved_model(project, cli, export):
    import tensorflow as tf

    cli("run", project(TEXT))
    path = export("texts", "saved_model")
    note, city = np.array([["good fine"], ["bad poor"]]), np.array([["oslo"], ["nowhere"]])
    arrays = {"words": note, "place": city, "a": np.array([[0.5], [1.0]], "float32")}
    tensors = {name: tf.constant(array) for name, array in arrays.items()}
    loaded = tf.saved_model.load(str(path))
    predictions = loaded.serve(tensors)
    expected = model_of("texts")(tensors)
    assert set(predictions) == {"kind", "size"}
    for name in expected:
        assert np.abs(predictions[name] - expected[name]).max() <= 1e-5
    export("texts", "saved_model")  # an earlier export may be overwritten
    (path / "mine.txt").write_text("")
    (path / "saved_model.pb").unlink()
    status, _, err = cli("export", "texts", "--to", "saved_model")
    assert status == 2
    assert "has no saved_model.pb" in err
    assert (path / "mine.txt").exists()


@pytest.mark.slow
def test_two_outputs_and_gelu_as_onnx_and_tflite(project, cli, export):
    import onnxruntime
    import tensorflow as tf

    cli("run", project(NUMBERS))
    arrays = {"a": table("a"), "b": table("b")}
    expected = model_of("texts").predict(arrays, verbose=0)
    names = ["kind", "size"]
    session = onnxruntime.InferenceSession(export("texts", "onnx"))
    predictions = dict(zip(names, session.run(names, arrays), strict=True))
    lite = tf.lite.Interpreter(str(export("texts", "tflite"))).get_signature_runner("serving_default")(**arrays)
    for name in names:
        assert np.abs(predictions[name] - expected[name]).max() <= 1e-5
        assert np.abs(lite[name] - expected[name]).max() <= 1e-5


@pytest.mark.slow
def test_recurrent_layers(project, cli, export):
    cli("run", project(RECURRENT))
    export("recurrent", "onnx")
    export("recurrent", "saved_model")
    export("recurrent", "tflite")
    assert "one example at a time" in cli("export", "recurrent", "--to", "tflite")[1]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_unsupported_operations_and_dtypes_are_reported(project, cli, format):
    cli("run", project(TEXT))
    status, _, err = cli("export", "texts", "--to", format)
    assert status == 1
    assert "KS622" in err
    assert "cannot process text, but the inputs `place`, `words` are text" in err
    assert "resolved.yaml:" in err
    codes = BINARY.replace(
        "  - Normalization\n",
        "  - Discretization: {bin_boundaries: [0.0]}\n  - IntegerLookup: {vocabulary: [0, 1]}\n    name: code\n",
    )
    cli("run", project(codes))
    status, _, err = cli("export", "small", "--to", format)
    assert status == 1
    assert "LookupTableFindV2" in err
    assert "`code`" in err
    assert "resolved.yaml:" in err
    cli("run", project(BINARY.replace("seed: 3", "dtype_policy: mixed_bfloat16")))
    status, _, err = cli("export", "small", "--to", format)
    assert status == 1
    assert "does not support bfloat16" in err


@pytest.mark.slow
def test_onnx_holds_no_state(project, cli):
    stateful = RECURRENT.replace("[6, 2]", "[6, 2], batch_size: 4")
    cli("run", project(stateful.replace("GRU: {units: 3", "GRU: {units: 3, stateful: true")))
    status, _, err = cli("export", "recurrent", "--to", "onnx")
    assert status == 1
    assert "ONNX holds no state from call to call" in err


@pytest.mark.parametrize("to", [".", "..", "/", "some/.."])
def test_a_folder_is_no_name_for_a_file(to, project, capsys):
    spec = project("kspec: 1\nname: s\ninputs: {x: {shape: [2]}}\nlayers: [{Dense: {units: 1}}]\n")
    assert main(["export", str(spec), "--to", "json", "-o", to]) == 2
    assert "is a folder: name the file to write" in capsys.readouterr().err
