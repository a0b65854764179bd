"""A server under mixed load: good requests, bad, slow, huge and aborted ones, while new runs take over.

    python -m tests.proofs.serving [SECONDS] [SECONDS_PER_RUN]

Each prediction is compared with what `kspec predict` gives. Fails on a wrong one, on a status of 500 or more, and where
anonymous memory has grown by more than 5% since the first tenth of the time. By default a minute, with a new run every
ten seconds; 0 for none.
"""

from __future__ import annotations

import collections
import csv
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "specs" / "data" / "breast_cancer.csv"
PATH = "/v1/models/mlp:predict"
GROWTH = 1.05
CLOSED = (OSError, http.client.HTTPException)


class Load:
    """Clients of a server, each in a thread.

    Args:
        port: Its port.
        rows: The rows to ask for.
        expected: What is to be predicted for each.
        seconds: How long to ask.
    """

    def __init__(self, port: int, rows: list[dict[str, float]], expected: list[float], seconds: float) -> None:
        self.port, self.rows, self.expected = port, rows, expected
        self.stop = time.monotonic() + seconds
        self.counts: collections.Counter[Any] = collections.Counter()
        self.wrong: list[Any] = []

    def run(self, while_running: Callable[[], None]) -> None:
        kinds = [self.good] * 6 + [self.bad] * 2 + [self.slow] * 2 + [self.huge, self.aborted]
        threads = [threading.Thread(target=kind) for kind in kinds]
        for thread in threads:
            thread.start()
        while time.monotonic() < self.stop:
            while_running()
            time.sleep(1)
        for thread in threads:
            thread.join()

    def ask(self, body: str | bytes, kind: str = "application/json") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("POST", PATH, body, {"content-type": kind})
            response = connection.getresponse()
            self.counts[response.status] += 1
            return response.read()
        except CLOSED:
            self.counts["closed"] += 1
            return b"{}"
        finally:
            connection.close()

    def good(self) -> None:
        while time.monotonic() < self.stop:
            chosen = [random.randrange(len(self.rows)) for _ in range(random.choice((1, 1, 1, 3, 40)))]
            answer = json.loads(self.ask(json.dumps({"instances": [self.rows[number] for number in chosen]})))
            for number, entry in zip(chosen, answer.get("predictions", ()), strict=False):
                found = entry["outputs"]["malignant"]["probabilities"]["malignant"]
                if abs(found - self.expected[number]) > 1e-6:
                    self.wrong.append((number, entry))

    def bad(self) -> None:
        first = self.rows[0]
        bodies = ["{", "[" * 100_000, '[{"mean_radius": "x"}]', '[{"mean_radius": 1e999}]', "x,y\n1,2\n"]
        bodies += [json.dumps([{**first, "mean_area": each}, first]) for each in ("wide", None, {}, 1e300)]
        while time.monotonic() < self.stop:
            self.ask(random.choice(bodies), random.choice(("application/json", "text/csv", "application/x-ndjson")))
            time.sleep(0.02)

    def huge(self) -> None:
        while time.monotonic() < self.stop:
            self.ask(b"x" * (70 << 20))
            self.ask(json.dumps({"instances": self.rows * 8}))
            time.sleep(1)

    def aborted(self) -> None:
        body = json.dumps({"instances": self.rows[:50]}).encode()
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        while time.monotonic() < self.stop:
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(head + body[: random.choice((len(body), random.randrange(len(body))))])
            self.counts["aborted"] += 1
            time.sleep(0.02)

    def slow(self) -> None:
        while time.monotonic() < self.stop:
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHo")
                time.sleep(2)
            self.counts["slow"] += 1


def main(seconds: float = 60, seconds_per_run: float = 10) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["PYTHONFAULTHANDLER"] = "1"  # a crash of native code leaves its stack in the log
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)

        def kspec(*words: str) -> None:
            subprocess.run([sys.executable, "-m", "kspec", *words], cwd=folder, env=environment, check=True)

        kspec("run", str(ROOT / "specs" / "mlp.yaml"), "-q")
        kspec("predict", "mlp", "--data", str(TABLE), "-o", "expected.csv")
        with (folder / "expected.csv").open() as file:
            expected = [float(line["malignant_probability"]) for line in csv.DictReader(file)]
        with TABLE.open() as file:
            rows = [{k: float(v) for k, v in row.items() if k.startswith("mean_")} for row in csv.DictReader(file)]
        command = [sys.executable, "-m", "kspec", "serve", "mlp", "--watch", "latest", "--port", "0"]
        log, ok = folder / "log.txt", False
        with log.open("w") as stream:
            server = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=stream)
            try:
                port = _port(log, server)
                ok = _load(Load(port, rows, expected, seconds), server.pid, folder / "runs" / "mlp", seconds_per_run)
            finally:
                if server.poll() is None:
                    server.terminate()
                if server.wait(60) or not ok:
                    print(f"the server ended with status {server.returncode}; its log:\n{log.read_text()}")
        sys.exit(0 if ok and not server.returncode else 1)


def _port(log: Path, server: subprocess.Popen[Any]) -> int:
    """The port of a server that has started; the log says which.

    Raises:
        RuntimeError: If it ends instead.
    """
    while "serving at" not in log.read_text():
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
        time.sleep(0.2)
    return int(log.read_text().rpartition("127.0.0.1:")[2].partition(";")[0])


def _load(load: Load, pid: int, runs: Path, seconds_per_run: float) -> bool:
    """Whether a server bears a load, with new runs meanwhile."""
    start, begun, first = time.monotonic(), [time.monotonic()], (runs / "latest").resolve()
    seen: list[tuple[float, int]] = []

    def while_running() -> None:
        now = time.monotonic()
        seen.append((now - start, _memory(pid)))
        if seconds_per_run and now - begun[-1] > seconds_per_run:
            begun.append(now)
            new = runs / f"20990101-000000-{len(begun)}"
            shutil.copytree(first, new)
            (runs / "next").symlink_to(new.name)
            os.replace(runs / "next", runs / "latest")

    load.run(while_running)
    end = seen[-1][0]
    before = max(size for at, size in seen if at <= max(end / 10, seen[0][0]))
    after = max(size for at, size in seen if at >= 0.9 * end)
    failures = sum(count for status, count in load.counts.items() if isinstance(status, int) and status >= 500)
    print(dict(load.counts), f"{len(begun) - 1} new runs")
    print(f"memory {before >> 10} MB, then {after >> 10} MB; {len(load.wrong)} wrong, {failures} of status 5xx")
    return not load.wrong and not failures and after <= GROWTH * before


def _memory(pid: int) -> int:
    """The anonymous memory of a process, in KB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("RssAnon:")[2].split()[0])


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
