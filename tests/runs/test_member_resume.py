"""A run of several that was stopped: what has finished stays, the rest goes on, and all is as if it had never stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import SpecError
from kspec.runs.resume import resume_run
from kspec.runs.run_folder import RunFolderError
from kspec.runs.verify import verify
from tests.runs.test_resume import killed_at

SPEC = """\
kspec: 1
name: s
data: {csv: t.csv, inputs: [a, b], targets: c, split: {folds: 3, test: 0.2}}
inputs: {x: {shape: [2]}}
layers: [{Normalization: {}}, {Dropout: {rate: 0.2}}, {Dense: {units: 3, activation: softmax}, name: c}]
fit: {epochs: 2, engine: fused, batch_size: 8, checkpoint: {every: 1 epoch}}
"""
FILES = ("summary.json", "metrics.json", "predictions.csv", "ensemble_predictions.csv")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i / 9},{i % 7},{'pqr'[i % 3]}" for i in range(40)]
    Path("t.csv").write_text("a,b,c\n" + "\n".join(rows))
    Path("s.yaml").write_text(SPEC)
    return tmp_path


def contents(run):
    return [(run / name).read_bytes() for name in FILES]


def differing(run):
    """What the members of a run, and their means, do not confirm."""
    return [each.what for each in verify(str(run)) if each.verdict == "differs"]


def stop(folder):
    """Marks a run as its own process would have left it."""
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "status": "interrupted"}))


@pytest.mark.slow
def test_a_run_of_several_goes_on(folder):
    whole = kspec.run("s.yaml")
    with killed_at(1):
        kspec.run("s.yaml", out="stopped")
    (stopped,) = (path for path in Path("stopped/s").iterdir() if path.name != "latest")
    shutil.copytree(whole.folder / "fold-1", stopped / "fold-1", dirs_exist_ok=True)
    shutil.copy(whole.folder / "resolved.yaml", stopped)
    with killed_at(1):
        stop(stopped)
        resume_run(stopped)
    assert [path.name for path in sorted(stopped.glob("fold-*"))] == ["fold-1", "fold-2"]
    stop(stopped)
    stop(stopped / "fold-2")
    before = (stopped / "fold-1" / "run.json").read_bytes()
    run = resume_run(stopped)
    assert (stopped / "fold-1" / "run.json").read_bytes() == before
    assert (run.status, run.metrics) == ("finished", whole.metrics)
    assert contents(stopped) == contents(whole.folder)
    assert differing(stopped) == []
    metrics = json.loads((whole.folder / "metrics.json").read_text())
    metrics["evaluate"]["loss"] += 1e-3
    (whole.folder / "metrics.json").write_text(json.dumps(metrics))
    assert differing(whole.folder) == ["mean: loss"]
    with pytest.raises(RunFolderError, match=r"fold-1 is a part of the run .*; go on with all of it: kspec resume "):
        resume_run(stopped / "fold-1")
    with pytest.raises(RunFolderError, match=r"has finished; to train on, raise its epochs"):
        resume_run(stopped)

    resume_run(stopped, ["fit.epochs=3"])
    assert contents(stopped) == contents(kspec.run("s.yaml", ["fit.epochs=3"]).folder)
    shutil.rmtree(stopped / "fold-3")
    stop(stopped)
    (folder / "t.csv").write_text((folder / "t.csv").read_text() + "\n1,2,p")
    with pytest.raises(SpecError, match="the data of this run has changed"):
        resume_run(stopped)


LONG = ("fit.epochs=400", "fit.checkpoint.every=20 epochs")


@pytest.mark.slow
def test_signals_end_processes_side_by_side_in_order(folder):
    whole = kspec.run("s.yaml", LONG)
    changes = [word for change in LONG for word in ("--set", change)]
    words, stopped = ["run", "s.yaml", *changes, "--runs", "stopped"], Path()
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-m", "kspec", *words, "--jobs", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
        )
        began, deadline = time.time(), time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline:
            saved = [path.stat().st_mtime for path in Path("stopped").glob("s/2*/fold-*/checkpoints/*.npz")]
            if sum(each > began for each in saved) >= 2:
                break
            time.sleep(0.02)
        # Ctrl-C reaches the whole group of processes, another signal the first of them
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, errors = process.communicate(timeout=300)
        (stopped,) = (path for path in Path("stopped/s").iterdir() if path.name != "latest")
        assert process.returncode == 128 + number, errors
        assert "to go on: kspec resume " in errors
        assert "Traceback" not in errors
        assert json.loads((stopped / "run.json").read_text())["status"] == "interrupted"
        for part in stopped.glob("fold-*"):
            assert json.loads((part / "run.json").read_text())["status"] in ("interrupted", "finished")
        words = ["resume", str(stopped)]
    resume_run(stopped, jobs=2)
    assert contents(stopped) == contents(whole.folder)
