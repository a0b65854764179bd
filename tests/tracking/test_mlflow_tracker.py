"""A real MLflow server gets a run while it trains, and its own loaders load the model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

from tests.tracking.run_folders import write_run

pytest.importorskip("mlflow")
pytest.importorskip("flask")
pytestmark = pytest.mark.slow

SPEC = """\
kspec: 1
name: two
data:
  csv: table.csv
  inputs: {a: [p, q], b: r}
  targets: {y: y, z: z}
  split: {validation: 0.2, test: 0.2}
inputs: {a: {shape: [2]}, b: {shape: [1]}}
layers:
  - Concatenate: {}
    name: both
    from: [a, b]
  - Dense: {units: 1, activation: sigmoid}
    name: y
  - Dense: {units: 1}
    name: z
    from: both
outputs: [y, z]
fit: {epochs: 3, batch_size: 16}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    script = Path(__file__).with_name("mlflow_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.kill()
    process.wait()


def ask(server: str, path: str) -> dict[str, Any]:
    with urlopen(f"{server}/api/2.0/mlflow/{path}") as answer:
        value: dict[str, Any] = json.load(answer)
    return value


def test_a_run_of_repeats_is_tracked_and_its_models_load(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kspec.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "MLFLOW_TRACKING_URI", server)
    rows = np.random.default_rng(1).normal(size=(80, 3)).round(3)
    lines = [f"{p},{q},{r},{int(p > 0)},{q}" for p, q, r in rows]
    Path("table.csv").write_text("\n".join(["p,q,r,y,z", *lines]) + "\n")
    Path("two.yaml").write_text(SPEC)
    assert main(["run", "two.yaml", "--repeat", "2", "--track", "mlflow"]) == 0

    folder = next(path for path in Path("runs/two").iterdir() if path.name != "latest")
    sent = [json.loads(line) for line in (folder / "tracking.jsonl").read_text().splitlines()]
    ids = {line["run"]: line["id"] for line in sent if "id" in line}
    assert set(ids) == {".", "repeat-1", "repeat-2"}
    history = [line.split(",") for line in (folder / "repeat-1" / "history.csv").read_text().splitlines()]
    run = ask(server, f"runs/get?run_id={ids['repeat-1']}")["run"]
    tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert run["info"]["status"] == "FINISHED"
    assert tags["mlflow.parentRunId"] == ids["."]
    assert {"key": "layers.y.units", "value": "1"} in run["data"]["params"]
    assert run["inputs"]["dataset_inputs"][0]["dataset"]["name"] == "table.csv"
    points = ask(server, f"metrics/get-history?run_id={ids['repeat-1']}&metric_key=val_loss")["metrics"]
    column = history[0].index("val_loss")
    assert [(each["step"], each["value"]) for each in points] == [
        (int(row[0]), float(row[column])) for row in history[1:]
    ]
    files = {each["path"] for each in ask(server, f"artifacts/list?run_id={ids['repeat-1']}")["files"]}
    assert {"run.json", "resolved.yaml", "history.png"} <= files

    count = (folder / "tracking.jsonl").stat().st_size
    assert main(["track", str(folder), "--to", "mlflow"]) == 0
    assert (folder / "tracking.jsonl").stat().st_size == count  # nothing is sent again

    import keras
    import mlflow

    mlflow.set_tracking_uri(server)
    loaded = mlflow.pyfunc.load_model(f"runs:/{ids['repeat-1']}/model")
    assert [each.name for each in loaded.metadata.signature.inputs] == ["a", "b"]
    inputs = {"a": rows[:5, :2].astype("float32"), "b": rows[:5, 2:].astype("float32")}
    expected = keras.saving.load_model(folder / "repeat-1" / "model.keras").predict(inputs, verbose=0)
    found = loaded.predict(inputs)
    for name in ("y", "z"):
        np.testing.assert_array_equal(found[name], expected[name])
    again = mlflow.keras.load_model(f"runs:/{ids['repeat-1']}/model").predict(inputs, verbose=0)
    np.testing.assert_array_equal(again["y"], expected["y"])


def test_an_id_of_another_run_is_refused(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from kspec.cli import main

    one, other = write_run(tmp_path / "one"), write_run(tmp_path / "other")
    assert main(["track", str(one), "--to", f"mlflow:{server}"]) == 0
    line = next(line for line in (one / "tracking.jsonl").read_text().splitlines() if '"id"' in line)
    (other / "tracking.jsonl").write_text(line + "\n")
    assert main(["track", str(other), "--to", f"mlflow:{server}"]) == 3
    assert "is not that of the folder" in capsys.readouterr().err
