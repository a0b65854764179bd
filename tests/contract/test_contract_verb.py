"""`kspec contract`, its check of files, and `kspec diff` of contracts; forms of input that have no columns of numbers."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import kspec
from kspec.cli import main

VIEWS = """
kspec: 1
name: views
data:
  npz: train.npz
  inputs: {picture: pixels, series: steps}
  targets: y
  split: {validation: 0.3}
inputs:
  picture: {shape: [4, 4, 1]}
  series: {shape: [3]}
layers:
  - Flatten: {}
    from: picture
    name: flat
  - Concatenate: {}
    from: [flat, series]
  - Dense: {units: 1}
    name: out
compile: {loss: mse}
fit: {epochs: 1}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("views")
    numbers = np.random.default_rng(0)
    for name, rows in (("train", 60), ("new", 40)):
        pixels = numbers.random((rows, 4, 4, 1)).astype("float32")
        steps = numbers.random((rows, 3)) + (name == "new")
        np.savez(folder / f"{name}.npz", pixels=pixels, steps=steps, y=numbers.random(rows))
    (folder / "spec.yaml").write_text(VIEWS)
    for seed in (1, 2):
        kspec.run(folder / "spec.yaml", [f"seed={seed}"], out=folder / "runs")
    return folder


def runs_of(place: Path) -> list[str]:
    return sorted(str(path) for path in (place / "runs" / "views").iterdir() if path.name != "latest")


def test_arrays_have_their_shape_and_range(place: Path) -> None:
    contract = kspec.load_contract(runs_of(place)[0])
    document = contract.to_json()
    jsonschema.Draft202012Validator.check_schema(document)
    row = {"pixels": np.full((4, 4, 1), 0.5).tolist(), "steps": [0.2, 0.3, 0.4]}
    validator = jsonschema.Draft202012Validator(document)
    assert validator.is_valid(row)
    assert not validator.is_valid({**row, "steps": [0.2, 0.3]})
    found = kspec.judge(
        contract, [row, {**row, "steps": [1, 2]}, {**row, "steps": [1, "a", 2]}, {**row, "steps": [9, 0, 0]}]
    )
    assert {at: [each.code for each in own] for at, own in found.errors.items()} == {1: ["KS505"], 2: ["KS508"]}
    assert [each.code for each in found.warnings[3]] == ["KS653"]


def test_check_holds_a_file_against_the_contract(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = runs_of(place)[0]
    assert main(["contract", run, "--check", str(place / "new.npz"), "--allow-outside", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["refused"]) == (40, 0)
    assert {each["code"] for each in found["warnings"] if each["column"] == "steps"} == {"KS653"}
    np.savez(place / "short.npz", pixels=np.zeros((2, 4, 4, 1)))
    assert main(["contract", run, "--check", str(place / "short.npz"), "--allow-outside"]) == 1
    assert "KS502: the row lacks column `steps` (rows 1, 2)" in capsys.readouterr().out


def test_contract_is_printed_and_compared(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = runs_of(place)
    assert main(["contract", one]) == 0
    text = capsys.readouterr().out
    assert "array 4×4×1" in text
    assert "in the unit of `y`" in text
    assert main(["contract", one, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(Path(one, "contract.json").read_text())
    assert main(["diff", one, other, "--allow-outside"]) == 0
    assert "contract\n" in capsys.readouterr().out


def test_run_of_an_older_version_says_that_it_saw_all_rows(place: Path, tmp_path: Path) -> None:
    import shutil

    old = tmp_path / "old"
    shutil.copytree(runs_of(place)[0], old)
    (old / "contract.json").unlink()
    contract = kspec.load_contract(old)
    assert contract.learned_from == "all"
    assert contract.columns["steps"].shape == [3]
    jsonschema.Draft202012Validator.check_schema(contract.to_json())


@pytest.mark.parametrize(
    "text", ["", "[]", '{"x-kspec": {"version": 99}}', '{"x-kspec": {"columns": 3}, "properties": 1}']
)
def test_damaged_contract_is_reported(
    place: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    bad = tmp_path / "bad"
    shutil.copytree(runs_of(place)[0], bad)
    (bad / "contract.json").write_text(text)
    assert main(["contract", str(bad)]) == 3
    assert "contract.json is damaged" in capsys.readouterr().err


def test_watch_tells_drift_from_none(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, spec = place / "numbers.csv", place / "numbers.yaml"
    draw = np.random.default_rng(5)
    values = draw.normal(size=(400, 2))

    def write(path: Path, rows: np.ndarray) -> None:
        path.write_text("a,b,y\n" + "".join(f"{a:.4f},{b:.4f},{a + b:.4f}\n" for a, b in rows.tolist()))

    write(table, values)
    spec.write_text(
        "kspec: 1\nname: numbers\ndata: {csv: numbers.csv, targets: y}\ninputs: {x: {shape: [2]}}\n"
        "layers: [{Dense: {units: 1}, name: out}]\ncompile: {loss: mse}\nfit: {epochs: 1}\n"
    )
    run = str(kspec.run(spec, out=place / "runs").folder)
    write(place / "same.csv", draw.normal(size=(200, 2)))
    write(place / "other.csv", draw.normal([0, 2], size=(200, 2)))
    assert main(["watch", run, "--data", str(place / "same.csv"), "--format", "json"]) == 0
    same = json.loads(capsys.readouterr().out)
    assert same["drifted"] == []
    assert [each["column"] for each in same["predictions"]] == ["out"]
    assert same["metrics"]["loss"]["new"] == pytest.approx(
        kspec.evaluate(run, str(place / "same.csv"))["loss"], rel=1e-5
    )
    assert (
        main(["watch", run, "--data", str(place / "other.csv"), "--format", "json", "-o", str(place / "d.json")]) == 1
    )
    assert "b" in json.loads((place / "d.json").read_text())["drifted"]
    assert (
        main(["watch", run, "--data", str(place / "other.csv"), "--format", "html", "-o", str(place / "d.html")]) == 1
    )
    page = (place / "d.html").read_text()
    assert "Inputs, beside the training split" in page
    assert "b has drifted" in page
    assert main(["watch", run, "--data", str(place / "same.csv"), "--threshold", "0.00001"]) == 1
