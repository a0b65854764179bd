"""Runs are removed with all that is theirs, and nothing else. No TensorFlow."""

import io
import json
import os
import socket
from pathlib import Path

import pytest

from kspec.cli import main
from kspec.runs.folder_lock import locked
from kspec.runs.run_folder import find_run
from tests.runs.test_run_index import make


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs of one spec, a sweep with a trial, and a file that belongs to nobody."""
    monkeypatch.chdir(tmp_path)
    for day in (1, 2):
        make("runs", "mlp", f"2026010{day}-120000-1", {"loss": day / 10})
    os.symlink("20260102-120000-1", "runs/mlp/latest")
    sweep = make("runs", "sweep", "20260103-120000-1")
    (sweep / "sweep.json").write_text("{}")
    make(sweep, "trials", "0")
    make(sweep, "trials", "1")
    make(sweep.parent, sweep.name, "best")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("x")
    return tmp_path / "runs"


def left(runs):
    return sorted(path.relative_to(runs).as_posix() for path in runs.glob("*/*"))


def test_latest_leads_to_the_newest_run_that_is_left(runs, capsys):
    (runs / "mlp/20260102-120000-1/link").symlink_to(runs.parent / "outside")
    (runs / "mlp/20260102-120000-1/more").mkdir()
    assert main(["runs", "rm", "mlp/latest", "--yes"]) == 0
    assert "removed 1 run: " in capsys.readouterr().out
    assert find_run("mlp").name == "20260101-120000-1"
    assert (runs.parent / "outside/file").read_text() == "x"
    assert main(["runs", "rm", "runs/mlp/20260101-120000-1", "--yes"]) == 0
    assert left(runs) == ["sweep/20260103-120000-1"]
    assert not (runs / "mlp").exists()


def test_it_asks(runs, capsys, monkeypatch):
    for answer, message in (("n\n", "nothing removed"), ("", "add --yes"), ("y\n", "removed 2 runs")):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        status = main(["runs", "rm", "--where", "name == 'mlp'"])
        caught = capsys.readouterr()
        assert status == (0 if answer else 2)
        assert message in caught.out + caught.err
        assert "runs/mlp/20260102-120000-1" in caught.err
    assert left(runs) == ["sweep/20260103-120000-1"]


def test_a_damaged_run_and_a_trial_can_be_removed(runs):
    (runs / "mlp/20260101-120000-1/run.json").write_text("[")
    (runs / "mlp/20260102-120000-1/run.json").unlink()
    assert main(["runs", "rm", "mlp/20260101-120000-1", "mlp/20260102-120000-1", "--yes"]) == 0
    assert main(["runs", "rm", str(runs / "sweep/20260103-120000-1/trials/0"), "--yes"]) == 0
    assert sorted(os.listdir(runs / "sweep/20260103-120000-1/trials")) == ["1"]
    assert left(runs) == ["sweep/20260103-120000-1"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("mlp", "holds all runs of mlp; name one, or remove all with --name mlp"),
        ("runs/mlp", "holds all runs of mlp"),
        ("runs", "is no run folder"),
        (".", "is no run folder in runs/"),
        ("outside", "is no run folder"),
        ("nothing", "no run at nothing"),
        ("sweep/20260103-120000-1/best", "is a part of the run"),
        ("sweep/20260103-120000-1/trials", "holds all runs of trials"),
        ("linked/20260102-120000-1", "is a link: nothing is removed through it"),
        ("mlp/20260109-120000-1", "is a link: nothing is removed through it"),
        ("mlp/20260102-120000-1", "is still running"),
        ("sweep/20260103-120000-1/trials/1", "is still running"),
    ],
)
def test_what_is_not_removed(runs, place, message, capsys):
    (runs.parent / "run.json").write_text("{}")  # of another program
    elsewhere = make(runs.parent / "elsewhere", "mlp", "20260102-120000-1")
    (runs / "linked").symlink_to(elsewhere.parent)
    (runs / "mlp/20260109-120000-1").symlink_to(elsewhere)
    if "running" in message:
        process = {"host": socket.gethostname(), "pid": os.getppid(), "started": ""}  # as a process that has not ended
        record = {"status": "running", "process": process}
        (runs / place.partition("/trials")[0] / "run.json").write_text(json.dumps(record))
    before = sorted(map(str, runs.parent.rglob("*")))
    assert main(["runs", "rm", place, "--yes"]) == 3
    assert message in capsys.readouterr().err
    assert sorted(map(str, runs.parent.rglob("*"))) == before


def test_runs_that_are_running_stay_where_a_condition_selects_them(runs, capsys):
    with locked(runs / "mlp/20260102-120000-1"):  # it has begun since it was listed
        assert main(["runs", "rm", "--name", "mlp", "--yes"]) == 3
    caught = capsys.readouterr()
    assert "removed 1 run:" in caught.out
    assert "another process is writing" in caught.err
    make("runs", "mlp", "20260105-120000-1", status="running", process={"host": "another", "pid": 1, "started": ""})
    assert main(["runs", "rm", "--name", "mlp", "--yes"]) == 0
    assert "left: the run " in capsys.readouterr().err
    assert "mlp/20260105-120000-1" in left(runs)
    assert main(["runs", "rm", "--name", "mlp", "--yes", "--force"]) == 0
    assert left(runs) == ["sweep/20260103-120000-1"]
    assert not Path("runs/mlp").exists()
