"""`kspec.serve` and `kspec.watch`, from Python."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import kspec
from tests.serving.conftest import ask
from tests.serving.test_command import lines_until

ROOT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"
SCRIPT = f"""\
import kspec
kspec.serve({{"a": "small", "b": kspec.open("small")}}, port=0, token="{TOKEN}", split={{"a": 9, "b": 1}})
print("ended")
"""


@pytest.mark.slow
def test_several_models_are_served_until_ctrl_c(folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=folder, env=environment, text=True, **pipes) as process:
        try:
            port = int(lines_until(process, "serving at")[-1].split(":")[2].split(";")[0])
            row = {"a": 0.5, "b": -1.25, "city": "oslo"}
            assert ask(port, "/v1/models/small:predict", [row])[0] == 401
            for name in ("a", "b", "small"):
                assert ask(port, f"/v1/models/{name}:predict", [row], authorization=f"Bearer {TOKEN}")[0] == 200
            process.send_signal(signal.SIGINT)
            assert process.stdout.read() == "ended\n"
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "0.0.0.0"}, "--token-file"),
        ({"token": "short"}, "at least 16"),
        ({"token": "a token with spaces in it"}, "characters other than"),
    ],
)
def test_what_is_no_safe_server_is_refused(folder, monkeypatch, settings, words):
    monkeypatch.chdir(folder)
    with pytest.raises(OSError, match=words):
        kspec.serve("small", port=0, **settings)


def test_new_rows_are_compared_with_those_of_training(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with open("table.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    same = kspec.watch("small", "table.csv")
    moved = kspec.watch(kspec.open("small"), [{**row, "a": float(row["a"]) + 9} for row in rows])
    assert same.drifted == []
    assert same.metrics
    assert "a" in [each.column for each in moved.drifted]
    assert moved.to_json()["rows"] == len(rows)
