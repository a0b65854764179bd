"""The defaults that `kspec check` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kspec.cli import main
from tests.conftest import SPECS

SPEC = "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 1, activation: sigmoid}\n    name: sick\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(text: str, *words: str) -> str:
    Path("spec.yaml").write_text(text, encoding="utf-8")
    assert main(["check", "spec.yaml", *words]) == 0
    return ""


def test_defaults_are_printed_below_the_spec(capsys: pytest.CaptureFixture[str]) -> None:
    check(SPEC)
    assert capsys.readouterr().out.splitlines() == [
        "spec.yaml: ok (1 layer)",
        "  task: binary_classification (one sigmoid unit)",
        "  optimizer: adam (kspec's default)",
        "  loss: binary_crossentropy (one sigmoid unit)",
        "  metrics: accuracy (binary classification)",
    ]


def test_defaults_that_depend_on_the_data_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    check(
        SPEC + "task: binary_classification\ncompile: {optimizer: adam, loss: binary_crossentropy, metrics: []}\n"
        "data: {synthetic: {}}\n"
    )
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  split: {validation: 0.2, test: 0.2} (a fifth each; the rest for training)",
        "  fit.epochs: 1 (Keras's default)",
        "  fit.batch_size: 32 (Keras's default)",
    ]


def test_columns_named_in_the_spec_determine_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    text = SPEC.replace("units: 1, activation: sigmoid", "units: 3, activation: softmax")
    check(text + "data: {csv: none.csv, targets: [a, b, c]}\n", "--ignore", "KS501")
    assert "  loss: categorical_crossentropy (3 softmax units, one-hot columns)\n" in capsys.readouterr().out
    check(text + "data: {csv: none.csv, targets: a}\n", "--ignore", "KS501")
    assert (
        "  loss: sparse_categorical_crossentropy (3 softmax units, one column of labels)\n" in capsys.readouterr().out
    )
    check(text + "data: {csv: none.csv, targets: a_*}\n", "--ignore", "KS501")
    assert "(3 softmax units, if the target is one column of labels)\n" in capsys.readouterr().out


def test_columns_of_the_data_determine_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n},{n % 3},{n * 2},{n * n},{n % 3 == 0:d},{n % 3 == 1:d},{n % 3 == 2:d}\n" for n in range(60))
    Path("table.csv").write_text("p,q,r,s,a_0,a_1,a_2\n" + rows)
    text = SPEC.replace("units: 1, activation: sigmoid", "units: 3, activation: softmax")
    check(text + "data: {csv: table.csv, inputs: [p, q, r, s], targets: a_*}\n", "--data", "--ignore", "KS4")
    assert "  loss: categorical_crossentropy (3 softmax units, one-hot columns)\n" in capsys.readouterr().out


def test_sizes_from_the_data_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SPECS / "multiclass.yaml")]) == 0
    assert "loss: sparse_categorical_crossentropy (softmax units, one column of labels)" in capsys.readouterr().out


def test_defaults_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    check(SPEC, "--format", "json")
    output = json.loads(capsys.readouterr().out)
    assert output["diagnostics"] == []
    assert output["defaults"][2] == {
        "file": "spec.yaml",
        "setting": "loss",
        "value": "binary_crossentropy",
        "reason": "one sigmoid unit",
    }
    assert output["defaults"][3]["value"] == ["accuracy"]


def test_no_defaults_for_a_spec_with_errors(capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec.yaml").write_text(SPEC.replace("units: 1", "unts: 1"))
    assert main(["check", "spec.yaml"]) == 1
    assert "loss" not in capsys.readouterr().out
