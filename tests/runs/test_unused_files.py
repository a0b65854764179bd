"""`kspec runs gc`: what nobody needs goes, everything else stays. No TensorFlow."""

import json
import os
import time

import pytest

from kspec.cli import main
from kspec.data.storage import store, unused_data
from kspec.runs import unused_files
from kspec.runs.folder_lock import locked
from tests.runs.test_run_index import make


def checkpoint(folder, name="epoch-000003.npz", size=100):
    (folder / "checkpoints").mkdir(exist_ok=True)
    file = folder / "checkpoints" / name
    file.write_bytes(b"x" * size)
    return file


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "runs"


def part(folder, name, **record):
    return make(folder, name, ".", started="2026-01-01T12:00:00+0000", **record)


def gc(capsys, *words):
    assert main(["runs", "gc", "--format", "json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_checkpoints_from_which_a_run_goes_on_are_kept(runs, capsys):
    free = [checkpoint(make("runs", "mlp", "20260101-120000-1"), "epoch-000003-step-000000009.npz")]
    kept = [
        checkpoint(make("runs", "mlp", f"2026010{number}-120000-1", status=status, **more))
        for number, status, more in (
            (2, "interrupted", {}),
            (3, "failed", {}),
            (4, "running", {"process": {"host": "another", "pid": 1, "started": ""}}),
            (5, "running", {"process": {"host": os.uname().nodename, "pid": 2**31, "started": ""}}),  # killed
        )
    ]
    damaged = make("runs", "mlp", "20260106-120000-1")
    (damaged / "run.json").write_text("[")
    kept.append(checkpoint(damaged))
    found = gc(capsys, "--dry-run")
    assert (found["freed"], sum(each["bytes"] for each in found["unused"])) == (0, 100)
    assert sum(each["bytes"] for each in found["kept"]) == 400
    assert gc(capsys, "--yes")["freed"] == 100
    assert [file.exists() for file in free + kept] == [False] + [True] * 5
    assert not free[0].parent.exists()
    assert gc(capsys, "--yes", "--stopped")["freed"] == 400
    assert [file.exists() for file in kept] == [False, False, True, False, False]


def test_parts_are_as_their_run(runs, capsys):
    stopped = make("runs", "folds", "20260101-120000-1", status="interrupted")
    sweep = make("runs", "sweep", "20260102-120000-1")
    (sweep / "sweep.json").write_text("{}")
    searching = make("runs", "sweep", "20260103-120000-1", status="running", process={"host": "another", "pid": 1})
    kept = [checkpoint(part(stopped, "fold-1")), checkpoint(part(searching, "trials/0"))]
    kept.append(checkpoint(part(sweep, "trials/7", status="interrupted")))
    free = [checkpoint(part(sweep, "trials/0")), checkpoint(part(sweep, "trials/1/fold-2"))]
    free.append(checkpoint(part(sweep, "best")))
    assert gc(capsys, "--yes")["freed"] == 300
    assert [file.exists() for file in free + kept] == [False] * 3 + [True] * 3


def test_nothing_is_deleted_through_a_link_and_no_other_file(runs, capsys, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    precious = checkpoint(outside)
    folder = make("runs", "mlp", "20260101-120000-1")
    (folder / "checkpoints").symlink_to(precious.parent)
    other = make("runs", "mlp", "20260102-120000-1")
    mine = checkpoint(other, "epoch-000001.npz")
    (other / "checkpoints" / "epoch-000002.npz").symlink_to(precious)
    (other / "checkpoints" / "notes.txt").write_text("mine")
    (other / "trials").symlink_to(outside)
    checkpoint(make(outside, "mlp", "20260103-120000-1"))
    (runs / "linked").symlink_to(outside / "mlp")
    (other / ".model.writing.keras").write_bytes(b"half of")
    assert gc(capsys, "--yes")["freed"] == 107
    assert not mine.exists()
    assert sorted(os.listdir(other / "checkpoints")) == ["epoch-000002.npz", "notes.txt"]
    assert (precious.exists(), len(list(outside.rglob("*.npz")))) == (True, 2)


def test_a_run_that_goes_on_meanwhile_keeps_its_checkpoints(runs, capsys):
    file = checkpoint(make("runs", "mlp", "20260101-120000-1"))
    with locked(file.parent.parent):
        assert main(["runs", "gc", "--yes"]) == 3
    assert "another process is writing" in capsys.readouterr().err
    assert file.exists()


def test_a_removal_that_was_stopped_goes_on(runs, capsys, monkeypatch):
    monkeypatch.setattr(unused_files, "RECENT", -1)
    make("runs", "mlp", "20260101-120000-1")
    make("runs", "mlp", ".removed-20260102-120000-1-00")
    assert main(["runs", "gc", "--yes"]) == 0
    assert "runs whose removal was stopped" in capsys.readouterr().err
    assert os.listdir(runs / "mlp") == ["20260101-120000-1"]


def test_stored_data_that_no_spec_can_use(runs, capsys, tmp_path, monkeypatch):
    table, tables = tmp_path / "table.csv", tmp_path / "cache" / "tables"
    table.write_text("a\n1\n")
    facts = os.stat(table)

    def keep(name, spec, **changes):
        (tables / name).mkdir(parents=True)
        opened = {str(table): changes.get("facts", [facts.st_size, facts.st_ino, facts.st_mtime_ns])}
        store._write_index(tables / name / "store.json", {"spec": str(spec), "opened": opened})

    (tmp_path / "spec.yaml").write_text("")
    keep("used", tmp_path / "spec.yaml")
    keep("renamed", tmp_path / "old.yaml")  # another spec in its folder may have the same data
    keep("gone", tmp_path / "runs/mlp/20260101-120000-1/resolved.yaml")
    keep("changed", tmp_path / "spec.yaml", facts=[1, 2, 3])
    keep("damaged", tmp_path / "spec.yaml")
    (tables / "damaged" / "store.json").write_text("x")
    (tables / ".writing-00").mkdir()
    found = {each["name"]: each["reason"] for each in gc(capsys, "--dry-run")["stored"]}
    assert set(found) == {"gone", "changed", "damaged"}
    assert found["changed"] == f"{table} has changed or is gone"
    monkeypatch.setattr(unused_data, "STALE", -time.time())
    assert gc(capsys, "--yes", "--name", "mlp")["stored"] == []
    gc(capsys, "--yes")
    assert sorted(os.listdir(tables)) == ["renamed", "used"]
    assert main(["runs", "gc"]) == 0
    assert capsys.readouterr().out == "nothing to free\n"
