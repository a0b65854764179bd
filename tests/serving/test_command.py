"""`kspec serve` as a process: it starts, takes up a new run without dropping a request, and stops when it is asked to."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kspec.cli import main
from kspec.serving.registry import shares_of
from tests.serving.conftest import ask

ROOT = Path(__file__).parents[2]
ROW = {"a": 0.5, "b": -1.25, "city": "oslo"}


def lines_until(process, word):
    """What a process prints until a line has a word."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if word in line:
            break
    return lines


@pytest.fixture
def served_copy(folder, tmp_path):
    """A process that serves a copy of the runs, and its port."""
    shutil.copytree(folder / "runs", tmp_path / "runs", symlinks=True)
    command = [sys.executable, "-m", "kspec", "serve", "small", "b=small", "--split", "small=9,b=1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*command, "--watch", "latest", "--port", "0"], cwd=tmp_path, env=environment,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        line = lines_until(process, "serving at")[-1]
        yield process, int(line.split(":")[2].split(";")[0]), tmp_path / "runs" / "small"
    finally:
        process.kill()
        process.wait()


def test_a_new_run_takes_over_and_the_process_stops(served_copy):
    process, port, runs = served_copy
    first = (runs / "latest").resolve()
    new = runs / "20990101-000000-1"
    statuses, versions, stop = [], set(), threading.Event()

    def keep_asking():
        while not stop.is_set():
            status, _, text = ask(port, "/v1/models/small:predict", [ROW])
            statuses.append(status)
            versions.add(json.loads(text).get("model", {}).get("run"))

    clients = [threading.Thread(target=keep_asking) for _ in range(3)]
    for client in clients:
        client.start()
    shutil.copytree(first, new)
    (runs / "next").symlink_to(new.name)
    os.replace(runs / "next", runs / "latest")
    deadline = time.monotonic() + 60
    while new.name not in versions and time.monotonic() < deadline:
        stop.wait(0.1)
    split = {json.loads(ask(port, "/v1/models/split:predict", [ROW])[2])["model"]["name"] for _ in range(60)}
    stop.set()
    for client in clients:
        client.join()
    assert versions == {first.name, new.name}
    assert set(statuses) == {200}
    assert split == {"small", "b"}
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["nothing"], 3, "no run at nothing"),
        (["small", "--host", "0.0.0.0"], 3, "--token-file"),
        (["small", "small"], 3, "two runs are named `small`"),
        (["small", "--split", "small=1"], 2, "at least two"),
        (["small", "--token-file", "short.txt"], 3, "at least 16"),
    ],
)
def test_what_cannot_be_served_is_said(folder, monkeypatch, capsys, options, status, words):
    monkeypatch.chdir(folder)
    (folder / "short.txt").write_text("secret\n")
    assert main(["serve", *options, "--port", "0"]) == status
    assert words in capsys.readouterr().err


def test_a_port_in_use(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", "small", "--port", str(port)]) == 3
    assert f"the port {port} is in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("damage", "content"),
    [
        *((name, b'{"x": "\xff"}') for name in ("model.keras", "contract.json", "run.json", "resolved.yaml")),
        ("run.json", b'{"version": 99}'),
        ("model.keras", None),
    ],
)
def test_a_damaged_run_folder_or_one_of_a_newer_version(folder, tmp_path, monkeypatch, capsys, damage, content):
    place = tmp_path / "run"
    shutil.copytree((folder / "runs" / "small" / "latest").resolve(), place)
    (place / damage).unlink()
    if content is not None:
        (place / damage).write_bytes(content)
    monkeypatch.chdir(folder)
    assert main(["serve", str(place), "--port", "0"]) in (1, 3)
    error = capsys.readouterr().err
    assert damage in error or "no trained model" in error
    assert "Traceback" not in error


def test_shares():
    assert shares_of("a=90, b=10", ["a", "b"]) == {"a": 90, "b": 10}
    for text in ("a=90", "a=x,b=1", "a=-1,b=2", "a=1,c=1", "a=0,b=0", ""):
        with pytest.raises(ValueError):
            shares_of(text, ["a", "b"])
