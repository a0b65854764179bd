"""`kspec verify` finds that a run is as its folder says, and whatever in it is not."""

import json
import shutil

import pytest

import kspec
from kspec.cli import main
from kspec.runs.run_folder import RunFolderError
from kspec.runs.verify import verify
from tests.support.project import BINARY, make_project

SPEC = BINARY.replace("units: 4, activation: relu}", "units: 4, activation: relu}\n  - Dropout: {rate: 0.2}").replace(
    "fit: {epochs: 2, batch_size: 8}", "fit: {epochs: 3, batch_size: 8, keep: best}"
)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder with a spec, its table and a run."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("verified")
        kspec.run(make_project(folder, monkeypatch)(SPEC))
    return folder


@pytest.fixture
def run(original, tmp_path, monkeypatch):
    """The run folder, in a copy of everything."""
    shutil.copytree(original, tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(tmp_path / "copy")
    return (tmp_path / "copy" / "runs" / "small" / "latest").resolve()


def differing(found):
    return [each.what for each in found if each.verdict == "differs"]


def test_a_run_is_as_its_folder_says(run, capsys):
    assert main(["verify", str(run), "--full"]) == 0
    output = capsys.readouterr().out
    assert "epochs 1 to 3, weights, predictions.csv" in output
    assert "verified: " in output
    assert main(["verify", "small", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["verified"]
    by_name = {each["what"]: each for each in facts["comparisons"]}
    history = (run / "history.csv").read_text().splitlines()
    loss = float(history[1].split(",")[history[0].split(",").index("loss")])
    assert float(by_name["epoch 1: loss"]["now"]) == pytest.approx(loss)
    assert by_name["test: examples"]["now"] == str(
        json.loads((run / "metrics.json").read_text())["evaluate"]["examples"]
    )


def test_numbers_that_are_not_those_of_the_run(run):
    """The last digit of one number in each file."""
    lines = (run / "history.csv").read_text().splitlines()
    lines[2] = lines[2][:-1] + str((int(lines[2][-1]) + 5) % 10)
    (run / "history.csv").write_text("\n".join(lines))
    metrics = json.loads((run / "metrics.json").read_text())
    metrics["evaluate"]["loss"] *= 1 + 1e-9
    (run / "metrics.json").write_text(json.dumps(metrics))
    (run / "predictions.csv").write_bytes((run / "predictions.csv").read_bytes() + b"\n")
    found = list(verify(str(run), full=True))
    assert differing(found) == ["test: loss", f"epoch 2: {lines[0].split(',')[-1]}", "predictions.csv"]
    assert main(["verify", str(run)]) == 1  # the first epoch is as recorded, but the metrics are not


def test_other_data_is_told_from_other_numbers(run, capsys):
    table = run.parent.parent.parent / "table.csv"
    table.write_text(table.read_text().replace("oslo", "bergen"))
    assert main(["verify", str(run)]) == 1
    output = capsys.readouterr().out
    assert "data: ../../../table.csv" in output or "data: table.csv" in output
    assert "epoch" not in output


@pytest.mark.slow
def test_another_version_may_be_the_reason_and_is_no_difference(run, capsys):
    record = json.loads((run / "run.json").read_text())
    record["versions"]["keras"] = "3.0.0"
    (run / "run.json").write_text(json.dumps(record))
    assert main(["verify", str(run)]) == 0
    assert "keras" in (line := next(each for each in capsys.readouterr().out.splitlines() if "3.0.0" in each))
    assert "may be the reason" in line


@pytest.mark.slow
def test_a_model_with_other_weights(run):
    """That of another run, with another seed."""
    other = kspec.run("spec.yaml", ["seed=8"], out="others")
    shutil.copy(other.folder / "model.keras", run / "model.keras")
    found = list(verify(str(run), full=True))
    assert "weights" in differing(found)
    assert any(name.startswith("test: ") for name in differing(found))


@pytest.mark.slow
def test_a_run_that_ended_early_is_compared_as_far_as_it_went(run):
    lines = (run / "history.csv").read_text().splitlines()
    (run / "history.csv").write_text("\n".join(lines[:3]) + "\n")
    record = json.loads((run / "run.json").read_text())
    record["status"] = "interrupted"
    (run / "run.json").write_text(json.dumps(record))
    found = list(verify(str(run), full=True))
    assert differing(found) == []
    assert found[-1].what == "epochs 1 to 2"


def test_a_damaged_history_is_refused(run):
    (run / "history.csv").write_text("epoch,loss\n1,low\n")
    with pytest.raises(RunFolderError, match=r"history\.csv is damaged"):
        list(verify(str(run)))
