"""Runs with two workers, one of which is killed, and then the other."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SPEC = """kspec: 1
extensions: [loss_of_workers]
data: {synthetic: {examples: 103}}
inputs:
  x: {shape: [6]}
layers:
  - Dense: {units: 8, activation: relu, kernel_regularizer: l2}
  - BatchNormalization
  - Dropout: {rate: 0.3}
  - Dense: {units: 1, activation: sigmoid}
    name: y
fit:
  batch_size: 10
  workers: 2
  keep: best
  checkpoint: {every: 1 epoch}
  stages: [{epochs: 3}, {epochs: 3, optimizer: {SGD: {momentum: 0.9}}}]
  callbacks:
    - ReduceLROnPlateau: {monitor: loss, patience: 0, min_delta: 0.5}
    - loss_of_workers.Kill: {folder: FOLDER}
"""
KILL = """
import os, signal
from pathlib import Path
import keras

class Kill(keras.callbacks.Callback):
    # kills the other worker after one epoch, and this one after another; each once
    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_epoch_begin(self, epoch, logs=None):
        marker = Path(self.folder, f"epoch-{epoch}")
        if epoch not in (1, 4) or marker.exists():
            return
        marker.touch()
        victims = [os.getpid()]
        if epoch == 1:
            children = Path(f"/proc/{os.getppid()}/task/{os.getppid()}/children").read_text().split()
            workers = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            victims = [int(pid) for pid in workers if int(pid) != os.getpid()]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
"""


def run(folder, *options):
    command = [sys.executable, "-m", "kspec", "run", "spec.yaml", "--allow-code", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def results(folder):
    import keras

    place = folder / "runs" / "spec" / "latest"
    weights = keras.models.load_model(place / "model.keras").get_weights()
    rows = list(csv.DictReader((place / "history.csv").read_text().splitlines()))
    return weights, np.array([[float(value) for value in row.values() if value] for row in rows])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the other worker by /proc")
def test_lost_workers_are_replaced(tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC.replace("FOLDER", str(tmp_path)))
    (tmp_path / "loss_of_workers.py").write_text(KILL)
    shown = run(tmp_path)
    assert "worker 2 of 2 was ended by SIGKILL; the run goes on from its last checkpoint" in shown
    assert "worker 1 of 2 was ended by SIGKILL; the run goes on from its last checkpoint" in shown
    assert shown.count("BatchNormalization counts the whole batch") >= 3
    killed = results(tmp_path)
    run(tmp_path)
    unkilled = results(tmp_path)
    assert np.array_equal(killed[1], unkilled[1])
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(killed[0], unkilled[0], strict=True))
    run(tmp_path, "--workers", "1", "--engine", "fused")
    alone = results(tmp_path)
    assert np.abs(killed[1] - alone[1]).max() < 1e-5
    assert max(np.abs(ours - theirs).max() for ours, theirs in zip(killed[0], alone[0], strict=True)) < 1e-5
