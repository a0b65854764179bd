"""Which trackers `--track` and `pyproject.toml` name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kspec import SpecError, check, load, run
from kspec.cli import main
from kspec.runs.environment import command_line
from kspec.tracking.targets import Target, target_of, targets_of
from tests.tracking.run_folders import SPEC


def write_project(folder: Path, track: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.kspec]\ntrack = {track}\n")


def test_the_project_names_trackers_and_the_command_line_others(tmp_path: Path) -> None:
    write_project(tmp_path, '["mlflow:http://host:5000", "tensorboard"]')
    assert [target.text for target in targets_of((), tmp_path)] == ["mlflow:http://host:5000", "tensorboard"]
    assert [target.text for target in targets_of(("tensorboard:/x",), tmp_path)] == ["tensorboard:/x"]
    assert targets_of(("none",), tmp_path) == []


def test_mlflow_alone_is_what_its_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert target_of("mlflow").text == "mlflow:http://127.0.0.1:5000"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://ann:s3cret@host")
    assert target_of("mlflow").text == "mlflow:https://host"
    assert target_of("mlflow").address.password == "s3cret"


def test_an_unknown_tracker_is_an_error() -> None:
    with pytest.raises(SpecError, match="KS716") as caught:
        target_of("mlfow:http://ann:s3cret@host")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("track", ["1", "[1]", '""', '"mlflow:http://ann:s3cret@host"'])
def test_what_a_project_may_not_write(tmp_path: Path, track: str) -> None:
    write_project(tmp_path, track)
    (tmp_path / "spec.yaml").write_text(SPEC)
    (error,) = [each for each in check(tmp_path / "spec.yaml") if each.is_error]
    assert error.code == "KS016"
    assert "`track`" in error.message
    assert targets_of((), tmp_path) == []


@pytest.mark.parametrize("key", ["track: mlflow", "fit: {tensorboard: logs}"])
def test_a_spec_names_no_tracker(tmp_path: Path, key: str) -> None:
    text = SPEC.replace("fit:\n  epochs: 5\n  engine: fused\n", "") + f"{key}\n"
    (tmp_path / "spec.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "spec.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "KS101"
    assert "--track" in diagnostic.help
    assert "[tool.kspec]" in diagnostic.help


def test_credentials_are_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    target = target_of("mlflow:http://ann:s3cret@host:1/?token=abc")
    assert "s3cret" not in target.text + target.mask("ann:s3cret is refused at http://ann:s3cret@host?token=abc")
    assert "abc" not in target.text + target.mask("at http://host?token=abc")
    assert Target.from_json(target.to_json()) == target
    monkeypatch.setattr(sys, "argv", ["kspec", "run", "a.yaml", "--track", "mlflow:http://ann:s3cret@host"])
    assert command_line() == "kspec run a.yaml --track mlflow:http://***@host"


def test_kspec_run_takes_trackers(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    with pytest.raises(SpecError, match="KS716"):
        run(tmp_path / "spec.yaml", track="mlfow")


def test_track_needs_a_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["track", "mlp"]) == 2


@pytest.mark.parametrize("verb", ["run", "track"])
def test_a_tracker_whose_package_is_missing_is_a_failure(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    monkeypatch.setattr("kspec.tracking.targets.find_spec", lambda name: None)
    option = "--track" if verb == "run" else "--to"
    assert main([verb, str(tmp_path / "spec.yaml"), option, "mlflow"]) == 3
    assert "the tracker mlflow needs the package mlflow: pip install 'kspec[mlflow]'" in capsys.readouterr().err
