"""`kspec check`: output formats, exit statuses, overrides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kspec.cli import main

GOOD = (
    "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 8}\n  - Dense: {units: 1}\n"
    "compile: {optimizer: adam, loss: mse, metrics: []}\ntask: regression\n"
)
BAD = GOOD.replace("units: 8", "unts: 8, units: 8")
WARNING = GOOD.replace("inputs: {", "inputs: {unused: {shape: [1]}, ").replace("8}\n", "8}\n    from: x\n", 1)


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("good", GOOD),
        ("bad", BAD),
        ("warning", WARNING),
        ("one", GOOD.replace("  - Dense: {units: 8}\n", "")),
    ):
        Path(f"{name}.yaml").write_text(text)


def test_a_clean_spec_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "good.yaml", "one.yaml"]) == 0
    assert capsys.readouterr().out == "good.yaml: ok (2 layers)\none.yaml: ok (1 layer)\n"


def test_errors_exit_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.yaml", "good.yaml"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("error[KS110]")
    assert text.endswith("\n1 error\ngood.yaml: ok (2 layers)\n")


def test_strict_treats_warnings_as_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "warning.yaml"]) == 0
    assert "warning.yaml: ok" in capsys.readouterr().out
    assert main(["check", "warning.yaml", "--strict"]) == 1
    assert "ok" not in capsys.readouterr().out


def test_overrides_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "good.yaml", "--set", "fit.epochs=3"]) == 0
    assert main(["check", "good.yaml", "--set", "fit.epochs=0", "--set", "seed=-1"]) == 1
    assert "┌─ --set:1:12" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nope.yaml", "."])
def test_a_file_that_cannot_be_read_is_an_error(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", name]) == 1
    assert "error[KS010]" in capsys.readouterr().out


def test_json_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.yaml", "good.yaml", "--format", "json"]) == 1
    output = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [(item["code"], item["file"], item["line"]) for item in output] == [("KS110", "bad.yaml", 4)]
    assert main(["check", "good.yaml", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"diagnostics": [], "defaults": []}


def test_sarif_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.yaml", "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_github_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.yaml", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=bad.yaml,line=4,col=13,endLine=4,")
