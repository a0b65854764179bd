"""The explanation of a run: computed once, shown from then on without TensorFlow, until the model or the data changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.report.explanation.explain import explain_run
from kspec.report.report import report_text
from kspec.report.run_facts import read_facts
from kspec.runs.run_folder import RunFolderError
from tests.cli.run_cli import run_cli

SPEC = """\
kspec: 1
name: prices
seed: 3
data:
  csv: homes.csv
  inputs: {numbers: [area, age, noise], place: place}
  targets: price
  split: {validation: 0.4}
inputs:
  numbers: {shape: [3]}
  place: {shape: [1], dtype: string}
layers:
- StringLookup: {output_mode: one_hot}
  from: place
  name: city
- Concatenate:
  from: [numbers, city]
- Dense: {units: 1}
  name: price
compile: {optimizer: {SGD: {learning_rate: 0.05}}, loss: mse, metrics: [mean_absolute_error]}
fit: {epochs: 60, batch_size: 40}
predict: {to: predictions.csv}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("homes")
    generator = np.random.default_rng(0)
    lines = ["area,age,noise,place,price"]
    for _ in range(200):
        area, age, noise = generator.normal(size=3).round(3)
        place = "Rome" if generator.random() < 0.5 else "Bonn"
        lines.append(f"{area},{age},{noise},{place},{3 * area - age + 2 * (place == 'Rome'):.4f}")
    (folder / "homes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
    finished = kspec.run(folder / "spec.yaml", out=folder / "runs", allow_outside=True)
    assert finished.folder is not None
    return Path(finished.folder)


@pytest.fixture(scope="module")
def explained(run: Path) -> Path:
    explain_run(str(run), budget=300, allow_outside=True)
    return run


def test_importance_is_what_a_plain_loop_finds(explained: Path) -> None:
    known = read_facts(str(explained)).explanation
    assert known is not None
    assert (known.split, known.examples, known.metric, known.direction) == (
        "validation",
        80,
        "mean_absolute_error",
        "min",
    )
    assert [each.column for each in known.importance][:1] == ["area"]
    assert {each.column for each in known.importance} == {"area", "age", "noise", "place"}
    import tensorflow as tf

    from kspec.runs.run_loader import load_run, read_examples

    opened = load_run(str(explained), allow_outside=True)
    split, _ = read_examples(opened, None, "validation", need_targets=True)
    target = split.targets["price"].reshape(-1)

    def loss(numbers: np.ndarray) -> float:
        predicted = opened.model({"numbers": tf.constant(numbers), "place": tf.constant(split.inputs["place"])})
        return float(np.mean((np.asarray(predicted).reshape(-1) - target) ** 2))

    assert known.metrics["loss"] == pytest.approx(loss(split.inputs["numbers"]), rel=1e-4)
    generator = np.random.default_rng([3, 1])  # of the second column, age
    own = next(each for each in known.importance if each.column == "age")
    for value in own.scores["loss"][:2]:
        changed = split.inputs["numbers"].copy()
        changed[:, 1] = changed[generator.permutation(80), 1]
        assert value == pytest.approx(loss(changed), rel=1e-4)


def test_a_linear_model_has_straight_dependences(explained: Path) -> None:
    known = read_facts(str(explained)).explanation
    assert known is not None
    by_column = {each.column: each for each in known.dependence}
    area = by_column["area"]
    weights = _dense_weights(explained)
    slopes = np.diff(area.curves[0].mean) / np.diff(np.array(area.grid, float))
    np.testing.assert_allclose(slopes, weights[0], rtol=1e-3)
    place = by_column["place"]
    means = dict(zip(place.grid, place.curves[0].mean, strict=True))
    assert set(means) == {"Rome", "Bonn"}
    assert means["Rome"] - means["Bonn"] == pytest.approx(2, abs=0.2)


def _dense_weights(run: Path) -> np.ndarray:
    from kspec.runs.run_loader import load_run

    return load_run(str(run), allow_outside=True).model.get_layer("price").get_weights()[0][:, 0]


def test_slices_and_residuals_are_there(explained: Path) -> None:
    known = read_facts(str(explained)).explanation
    assert known is not None
    assert {each.column for each in known.residuals} == {"area", "age", "noise", "place"}
    assert all(sum(own.examples for own in rows) == 80 for rows in known.slices.values())
    assert known.slices
    text = report_text([str(explained)])
    for heading in ("the columns that matter", "follow the columns", "Residuals along the columns"):
        assert heading in text


def test_a_later_report_needs_no_tensorflow(explained: Path) -> None:
    code = f"""
import sys
from kspec.report.report import report_text
assert "the columns that matter" in report_text([{str(explained)!r}])
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_changed_model_or_changed_data_end_it(explained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(explained, copy)
    with zipfile.ZipFile(copy / "model.keras", "a") as archive:
        archive.writestr("more", "x")
    facts = read_facts(str(copy))
    assert facts.explanation is None
    assert any("another model" in note for note in facts.notes)
    shutil.copy(explained / "model.keras", copy / "model.keras")
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["data"]["fingerprints"] = {"homes.csv": "0" * 64}
    (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert any("other data" in note for note in read_facts(str(copy)).notes)
    (copy / "explanation.json").write_text('{"version": 1}', encoding="utf-8")
    assert any("cannot be shown" in note for note in read_facts(str(copy)).notes)


def test_a_budget_that_is_too_small_leaves_columns_and_says_so(explained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(explained, copy)
    found = explain_run(str(copy), budget=1e-9, allow_outside=True)
    assert [each.is_quick for each in found.importance] == [True]
    assert len(found.left) == 3
    assert "For lack of time, not measured: age, noise, place" in report_text([str(copy)])


def test_what_cannot_be_explained_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunFolderError, match="no run"):
        explain_run(str(tmp_path / "nothing"))
    assert "is not a length of time" in run_cli(["report", "x", "--explain", "--budget", "soon"], capsys, 2)
