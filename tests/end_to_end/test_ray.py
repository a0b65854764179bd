"""Sweeps, repeats and the workers of one model on a real Ray: the same results as here, also where a worker is lost."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kspec.cluster import connect
from kspec.cluster.connect import Cluster, connected
from kspec.diagnostics import SpecError, codes
from kspec.language import Permissions, load_file
from kspec.runs.members import run_spec
from kspec.training.console import Console

pytest.importorskip("ray")
pytest.importorskip("optuna")

from kspec.sweep.sweep import run_sweep

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]

SPEC = """\
kspec: 1
name: s
include: [widths.yaml]
extensions: [fragile]
data: {csv: ../data/t.csv, inputs: [a, b], targets: c, split: {validation: 0.25, test: 0.25}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: $width, activation: relu}
  - Dropout: {rate: 0.2}
  - Dense: {units: 3, activation: softmax}
    name: c
fit: {epochs: 2, batch_size: 8, callbacks: [fragile.Fragile]}
sweep:
  search: {compile.optimizer.Adam.learning_rate: {log: [1e-3, 1.0]}}
  goal: {minimize: val_loss}
  trials: 4
  batch: 2
  sampler: Random
  then: null
compile: {optimizer: {Adam: {learning_rate: 0.1}}}
"""
FRAGILE = """\
import os, signal
from pathlib import Path
import keras

class Fragile(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        try:
            name = Path({fuse!r}).read_bytes()
            os.rename({fuse!r}, {fuse!r} + ".used")
        except FileNotFoundError:
            return
        for process in Path("/proc").glob("[0-9]*") if name else ():
            if process.joinpath("cmdline").read_bytes().startswith(name):
                os.kill(int(process.name), signal.SIGKILL)
                return
        os.kill(os.getpid(), signal.SIGKILL)
"""
GRANTED = Permissions(code=True)


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("RAY_ADDRESS", "local")
        with connected("auto") as found:
            yield found


@pytest.fixture
def fuse(tmp_path, monkeypatch):
    """A project; where this file is, the next epoch of any worker kills its process, or one of the name in the file."""
    folder, file = tmp_path / "project", tmp_path / "fuse"
    (folder / "specs").mkdir(parents=True)
    (folder / "data").mkdir()
    rows = [f"{i / 9},{i % 7},{'pqr'[i % 3]}" for i in range(80)]
    (folder / "data" / "t.csv").write_text("a,b,c\n" + "\n".join(rows))
    (folder / "specs" / "s.yaml").write_text(SPEC)
    (folder / "specs" / "widths.yaml").write_text("kspec: 1\nvars: {width: 4}\n")
    (folder / "specs" / "fragile.py").write_text(FRAGILE.format(fuse=str(file)))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])  # a process that is begun in another test must not find this module
    return file


class Lines(Console):
    """Keeps its lines."""

    def __init__(self):
        super().__init__(True)
        self.lines = []

    def step(self, name, text):
        self.lines.append(f"{name} {text}")


def values(folder, names):
    return {name: (folder / name).read_bytes() for name in names}


def test_a_sweep_is_the_same_and_survives_a_lost_worker(cluster, fuse):
    spec = load_file("specs/s.yaml", (), GRANTED)
    here = run_sweep(spec)
    fuse.touch()
    console = Lines()
    there = run_sweep(spec, cluster=cluster, jobs=2, console=console)
    assert not fuse.exists()
    assert sum("runs again on another" in line for line in console.lines) == 1
    assert [replace(trial, seconds=0) for trial in there.trials] == [replace(trial, seconds=0) for trial in here.trials]
    files = [f"trials/{n}/{name}" for n in range(4) for name in ("history.csv", "metrics.json", "resolved.yaml")]
    assert values(there.folder, files) == values(here.folder, files)


def test_repeats_in_copies_are_the_same_and_survive_a_lost_worker(cluster, fuse, monkeypatch):
    machines = Cluster.machines
    monkeypatch.setattr(Cluster, "machines", lambda *a: [replace(each, folders=(False,)) for each in machines(*a)])
    spec = load_file(str(Path("specs/s.yaml").resolve()), ["fit.repeats=3", "sweep=null"], GRANTED)
    here = run_spec(spec)
    fuse.touch()
    console = Lines()
    there = run_spec(spec, cluster=replace(cluster, is_own=False), console=console)
    assert not fuse.exists()
    assert sum("runs again on another" in line for line in console.lines) == 1
    assert any(line.startswith("ray copies 4 files") for line in console.lines)
    assert any(line.startswith("data 80 rows") for line in console.lines)
    assert there.metrics == here.metrics
    assert there.ensemble == here.ensemble
    files = [f"repeat-{n}/{name}" for n in (1, 2, 3) for name in ("history.csv", "predictions.csv", "resolved.yaml")]
    files += ["summary.json", "predictions.csv", "resolved.yaml"]
    assert values(there.folder, files) == values(here.folder, files)
    record = json.loads((there.folder / "repeat-2" / "run.json").read_text())
    assert Path(record["folder"]) == there.folder.resolve() / "repeat-2"


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the worker by /proc")
def test_workers_in_copies_train_the_same_model_and_one_that_is_lost_is_replaced(cluster, fuse, monkeypatch):
    machines = Cluster.machines
    monkeypatch.setattr(Cluster, "machines", lambda *a: [replace(each, folders=(False,)) for each in machines(*a)])
    changes = ["fit.workers=2", "fit.epochs=3", "fit.checkpoint.every=1 epoch", "sweep=null"]
    spec = load_file(str(Path("specs/s.yaml").resolve()), changes, GRANTED)
    here = run_spec(spec)
    fuse.write_text("ray::Follower")
    console = Lines()
    there = run_spec(spec, cluster=replace(cluster, is_own=False), console=console)
    assert not fuse.exists()
    assert (
        "workers worker 2 of 2 is lost (its process ended); the run goes on from its last checkpoint" in console.lines
    )
    assert sum(line.startswith("ray copies") for line in console.lines) == 2
    assert there.metrics == here.metrics
    files = ["history.csv", "predictions.csv"]
    assert values(there.folder, files) == values(here.folder, files)
    ours, theirs = (keras.models.load_model(each.folder / "model.keras").get_weights() for each in (there, here))
    assert all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_other_versions_and_too_little_room(cluster, fuse, monkeypatch):
    look = connect.probe.look

    def newer(packages, folders):
        found = look(packages, folders)
        return {**found, "versions": {**found["versions"], "keras": "99.0"}}

    with monkeypatch.context() as patch:
        patch.setattr(connect, "_here", lambda *a: newer(*a))
        with pytest.raises(SpecError) as raised:
            cluster.machines()
    [found] = raised.value.diagnostics
    assert found.code == codes.WORKER_ENVIRONMENT
    assert "this machine keras 99.0" in found.message
    spec = load_file("specs/s.yaml", ["vars.width=100000000000", "fit.repeats=2", "sweep=null"], GRANTED)
    with pytest.raises(SpecError) as raised:
        run_spec(spec, cluster=cluster)
    assert [each.code for each in raised.value.diagnostics] == [codes.CLUSTER_TOO_SMALL]
    crowd = load_file("specs/s.yaml", ["fit.workers=8", "sweep=null"], GRANTED)
    small = [replace(each, cores=3.0) for each in cluster.machines()]
    monkeypatch.setattr(Cluster, "machines", lambda *_: small)
    with pytest.raises(SpecError) as raised:
        run_spec(crowd, cluster=cluster)
    [found] = raised.value.diagnostics
    assert found.code == codes.CLUSTER_TOO_SMALL
    assert "the cluster has room for 3" in found.message
    monkeypatch.setattr("ray.util.client.ray.is_connected", lambda: True)
    with pytest.raises(SpecError) as raised:
        run_spec(crowd, cluster=cluster)
    assert [each.code for each in raised.value.diagnostics] == [codes.UNREACHABLE_CLUSTER]
    assert not list(Path("runs/s").glob("*"))
