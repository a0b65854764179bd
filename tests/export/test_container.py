"""A run as a folder that builds a container: its steps are executed, and the server answers as `kspec predict` does."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kspec.cli import main
from kspec.export.container.own_wheel import write_wheel
from kspec.export.container.requirements import pinned_requirements
from kspec.export.container.texts import image_name
from kspec.serving.model import load_model
from tests.serving.conftest import ask, folder
from tests.support.dockerfiles import Image

FOLDS = """\
kspec: 1
name: folded
extensions: [own_layers]
data: {csv: table.csv, inputs: {x: [a, b], city: city}, targets: kind, split: {folds: 2}}
inputs: {x: {shape: [2]}, city: {shape: [1], dtype: string}}
layers:
  - StringLookup: {vocabulary: cities.txt, output_mode: one_hot}
    name: place
    from: city
  - Concatenate: {}
    from: [x, place]
  - own_layers.Twice: {}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit: {epochs: 1, batch_size: 8}
"""
OWN_LAYERS = """\
import keras


@keras.saving.register_keras_serializable("own_layers")
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""
TOKEN = "0123456789abcdef0123456789abcdef"


working_folder = folder
"""The fixture, for the tests here."""


def rows():
    with open("table.csv", newline="") as file:
        return [{name: row[name] for name in ("a", "b", "city")} for row in csv.DictReader(file)]


@pytest.mark.slow
def test_the_steps_of_the_dockerfile_make_a_server(working_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(working_folder)
    assert main(["export", "small", "--to", "docker", "-o", str(tmp_path / "built")]) == 0
    assert main(["export", "small", "--to", "openapi", "-o", "-"]) == 0
    described = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert main(["predict", "small", "--data", "table.csv", "-o", str(tmp_path / "expected.csv")]) == 0
    with (tmp_path / "expected.csv").open() as file:
        expected = [float(line["kind_probability"]) for line in csv.DictReader(file)]
    (tmp_path / "image").mkdir()
    image = Image(tmp_path / "built", tmp_path / "image", without=["kspec", "_editable"])
    assert image.user == "10001:10001"
    assert image.command == ["--token-file", "/run/secrets/token"]
    assert not list((tmp_path / "image").rglob("predictions.csv"))
    record = next((image.folder / "runs").rglob("run.json")).read_text()
    assert str(working_folder) not in record
    assert '"host"' not in record
    (tmp_path / "token").write_text(TOKEN)
    with image.running("--token-file", str(tmp_path / "token"), "--port", "0") as process:
        lines = []
        while "serving at" not in "".join(lines):
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        port = int(lines[-1].split(":")[2].split(";")[0])
        probe = [sys.executable, *(word.replace(str(image.port), str(port)) for word in image.probe[1:])]
        assert subprocess.run(probe, check=False).returncode == 0
        assert ask(port, "/v1/models")[0] == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        status, _, text = ask(port, "/v1/models/small:predict", {"instances": rows()}, **bearer)
        assert status == 200
        found = [entry["outputs"]["kind"]["probabilities"]["yes"] for entry in json.loads(text)["predictions"]]
        assert found == pytest.approx(expected, abs=1e-6)
        assert json.loads(ask(port, "/openapi.json", **bearer)[2]) == described
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.slow
def test_a_run_of_folds_with_extensions_and_a_vocabulary(project, tmp_path, monkeypatch, capsys):
    Path("own_layers.py").write_text(OWN_LAYERS)
    Path("cities.txt").write_text("oslo\nrome\n")
    assert main(["run", project(FOLDS), "--allow-code"]) == 0
    assert main(["export", "folded", "--to", "docker"]) == 1
    assert "KS703" in capsys.readouterr().err
    assert main(["export", "folded", "--to", "docker", "--allow-code"]) == 0
    built = Path("folded_docker")
    (run,) = built.glob("runs/folded/2*")
    assert (run / "own_layers.py").is_file()
    assert sorted(path.name for path in run.glob("fold-1/files/*")) == ["cities.txt"]
    assert "--allow-code" in (built / "Dockerfile").read_text()
    for name in ("table.csv", "cities.txt"):  # what the copy reads is its own
        Path(name).unlink()
    copy, own = (load_model(str(each), "runs", allow_code=True) for each in (run, Path("runs/folded")))
    assert copy.fingerprint == own.fingerprint
    assert copy.version == own.version
    (built / "Dockerfile").unlink()
    assert main(["export", "folded", "--to", "docker", "--allow-code"]) == 2
    assert "has no Dockerfile" in capsys.readouterr().err


def test_a_wheel_has_the_package_and_its_metadata(tmp_path):
    wheel = write_wheel(tmp_path)
    script = "import kspec, sys; sys.exit(not kspec.__file__.startswith(sys.path[0]))"
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    assert subprocess.run([sys.executable, "-P", "-c", script], env=environment, check=False).returncode == 0
    again = tmp_path / "again"
    again.mkdir()
    assert write_wheel(again).read_bytes() == wheel.read_bytes()


def test_requirements_are_complete_and_pinned():
    plain, served = pinned_requirements([]), pinned_requirements(["serve"])
    names = {each.partition("==")[0] for each in served}
    assert set(plain) < set(served)
    assert {"tensorflow", "keras", "fastapi", "uvicorn", "starlette", "httptools"} <= names
    assert not {"kspec", "pytest", "optuna"} & names
    assert all(each.partition("==")[2] for each in served)


def test_names_of_images():
    assert [image_name(name) for name in ("mlp", "My_net.2", "_", "größe")] == ["mlp", "my-net-2", "model", "gr-e"]
