"""`kspec serve` against what people write by hand: FastAPI around `model.predict`, and around `model(x)`.

Each server is a process of its own, all on this machine; the load comes from `wrk` (`apt install wrk`), by turns, so
that what else the machine does meets all of them. Prints requests a second and the times of the median and the 99th
percentile, then rows a second for requests of 1,000 rows, against `kspec predict` in one process.

Usage: python -m tests.benchmarks.serving [SECONDS [ROUNDS [CONNECTIONS]]]
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "mlp.yaml"
TABLE = ROOT / "specs" / "data" / "breast_cancer.csv"
MANY = 1000
BY_HAND = """\
import sys
import keras
import numpy
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

model = keras.models.load_model(sys.argv[1])
app = FastAPI()
NAMES = {names}


class Row(BaseModel):
    {fields}


class Request(BaseModel):
    instances: list[Row]


@app.post("/v1/models/mlp:predict")
def predict(request: Request) -> dict:
    rows = numpy.array([[getattr(row, name) for name in NAMES] for row in request.instances], "float32")
    found = {call}
    return {{"predictions": found.ravel().tolist()}}


@app.get("/healthz")
def healthz() -> str:
    return "ok"


uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
"""
CALLS = {"model.predict": "model.predict(rows, verbose=0)", "model(x)": "model(rows, training=False).numpy()"}
LUA = """\
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{body}]]
"""


def main(seconds: int = 10, rounds: int = 3, connections: int = 32) -> None:
    if shutil.which("wrk") is None:
        sys.exit("this needs wrk: apt install wrk")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run(
            [sys.executable, "-m", "kspec", "run", str(SPEC), "-q"], cwd=folder, check=True, env=environment()
        )
        run = next((folder / "runs" / "mlp").glob("2*"))
        with TABLE.open() as file:
            table = list(csv.DictReader(file))
        names = [name for name in table[0] if name.startswith("mean_")]
        rows = [{name: float(row[name]) for name in names} for row in table]
        servers = start_servers(folder, run, names)
        try:
            (folder / "one.lua").write_text(LUA.format(body=json.dumps({"instances": rows[:1]})))
            measure(servers, folder, seconds, rounds, connections)
            rows_a_second(servers["kspec serve"][1], [rows[number % len(rows)] for number in range(MANY)], run, folder)
        finally:
            for process, _ in servers.values():
                process.terminate()
            for process, _ in servers.values():
                process.wait(30)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}


def start_servers(folder: Path, run: Path, names: list[str]) -> dict[str, tuple[subprocess.Popen[bytes], int]]:
    """By name, the process of each server and its port."""
    fields = "\n    ".join(f"{name}: float" for name in names)
    commands = {"kspec serve": [sys.executable, "-m", "kspec", "serve", str(run), "--port"]}
    for number, (name, call) in enumerate(CALLS.items()):
        script = folder / f"by_hand_{number}.py"
        script.write_text(BY_HAND.format(names=names, fields=fields, call=call))
        commands[name] = [sys.executable, str(script), str(run / "model.keras")]
    servers = {}
    for port, (name, command) in enumerate(commands.items(), 18200):
        with (folder / f"{port}.log").open("w") as log:
            servers[name] = subprocess.Popen([*command, str(port)], stdout=log, stderr=log, env=environment()), port
    for _, port in servers.values():
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            sys.exit((folder / f"{port}.log").read_text())
    return servers


def load(port: int, folder: Path, seconds: int, connections: int) -> tuple[float, float, float]:
    """Requests a second, and the median and 99th percentile of their times in milliseconds."""
    url = f"http://127.0.0.1:{port}/v1/models/mlp:predict"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", "one.lua", url]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate is not None
    return float(rate[1]), *(milliseconds(text, share) for share in ("50%", "99%"))  # type: ignore[return-value]


def milliseconds(text: str, share: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s|m)\b", text)
    assert found is not None
    return float(found[1]) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[found[2]]


def measure(servers: dict[str, Any], folder: Path, seconds: int, rounds: int, connections: int) -> None:
    """Prints how many requests each server answers, the median over rounds."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in servers}
    for _, port in servers.values():
        load(port, folder, 2, connections)
    for _ in range(rounds):
        for name, (_, port) in servers.items():
            found[name].append(load(port, folder, seconds, connections))
    medians = {name: [statistics.median(each) for each in zip(*values, strict=True)] for name, values in found.items()}
    print(f"{connections} connections, one row each, {rounds} rounds of {seconds} s, load {os.getloadavg()[0]:.1f}")
    own = medians["kspec serve"]
    for name, (rate, half, most) in medians.items():
        print(f"  {name:14} {rate:8.0f} requests/s  p50 {half:7.1f} ms  p99 {most:7.1f} ms  {own[0] / rate:5.1f} times")


def rows_a_second(port: int, rows: list[dict[str, float]], run: Path, folder: Path) -> None:
    """Prints how many rows a second requests of many get, as JSON and as CSV, and `kspec predict` of a file."""
    from kspec.runs.run_loader import load_run, predict_run, read_examples

    file = folder / "many.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    url = f"http://127.0.0.1:{port}/v1/models/mlp:predict"
    loaded = load_run(str(run))

    def ask(body: bytes, kind: str) -> None:
        urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": kind})).read()

    def predict() -> None:
        examples, _ = read_examples(loaded, str(file), None, need_targets=False)
        predict_run(loaded, examples, folder / "predictions.csv")

    body = json.dumps({"instances": rows}).encode()
    ways = {
        "kspec predict": predict,
        "JSON": lambda: ask(body, "application/json"),
        "CSV": lambda: ask(file.read_bytes(), "text/csv"),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(12):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if number > 1:
                times[name].append(time.perf_counter() - started)
    rates = {name: len(rows) / statistics.median(each) for name, each in times.items()}
    print(f"requests of {len(rows):,} rows, one after another")
    for name, rate in rates.items():
        print(f"  {name:14} {rate:8.0f} rows/s  {rate / rates['kspec predict']:5.2f} of kspec predict")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
