"""Two workers train what one process trains, random layers included."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kspec.runs.workers.local_worker import free_ports

CHANGED_AT_THE_END = ("swapped averages", "callbacks")
"""Networks of which the chief's callbacks change weights or learning rate after the last step, which only it has then."""


@pytest.mark.slow
def test_two_workers_train_as_one():
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for rank in range(2):
        place = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.training.workers.networks", str(rank)],
                env={**os.environ, "TF_CONFIG": json.dumps(place), "TF_CPP_MIN_LOG_LEVEL": "3"},
                cwd=Path(__file__).parents[3],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    chief, other = ([json.loads(line) for line in process.communicate()[0].splitlines()] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert len(chief) == len(other) > 15
    for ours, theirs in zip(chief, other, strict=True):
        if ours["name"] not in CHANGED_AT_THE_END:
            assert ours["sum"] == theirs["sum"], ours["name"]  # the optimizer's state, bit by bit
        assert ours["epochs"][0] == ours["epochs"][1], ours["name"]
        assert max(ours["history"], ours["weights"]) < 1e-5, ours
    assert next(each for each in chief if each["name"] == "callbacks")["epochs"][0] < 5
