"""`kspec estimate` against what then happens: time, memory and disk of whole runs, as ratios of estimate and run.

    python tests/benchmarks/estimate.py [SPEC ...]

Each turn estimates a spec and then runs it, each in a process of its own with the same caches; by default the specs of
this repository that train for themselves. A ratio of 1 is exact.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SPECS = Path(__file__).parent.parent.parent / "specs"
CODE = "import sys; from kspec.cli import main; sys.exit(main(sys.argv[1:]))"


def call(*words: str, cache: str) -> tuple[str, int]:
    """The output of a command, and its memory at the peak in bytes."""
    measured = f"""
import resource, subprocess, sys
result = subprocess.run([sys.executable, "-c", {CODE!r}, *{list(words)!r}], capture_output=True, text=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
print(result.stdout)
sys.exit(result.returncode)
"""
    environment = os.environ | {"KSPEC_CACHE": cache}
    done = subprocess.run([sys.executable, "-c", measured], capture_output=True, text=True, env=environment, check=True)
    return done.stdout, int(done.stderr.split()[-1]) * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]] or [
        *sorted(SPECS.glob("*.yaml")),
        *sorted((SPECS / "tutorial").glob("*.yaml")),
    ]
    ratios: dict[str, list[float]] = {"time": [], "memory": [], "disk": []}
    with tempfile.TemporaryDirectory() as cache:
        for path in paths:
            with tempfile.TemporaryDirectory() as runs:
                text, _ = call("estimate", str(path), "--format", "json", cache=cache)
                found = json.loads(text)
                _, peak = call("run", str(path), "--quiet", "--runs", runs, cache=cache)
                folder = next(Path(runs).glob("*/latest"))
                record = json.loads((folder / "run.json").read_text())
                size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            seconds = record["seconds"] + record["durations"]["check"]
            trained = record["epochs"] / found["epochs"]
            expected = found["seconds"]["start"] + found["seconds"]["fit"] + found["seconds"]["finish"]
            time, memory = expected / seconds, found["memory"]["peak"] / peak
            ratios["time"].append(time)
            ratios["memory"].append(memory)
            ratios["disk"].append(found["disk"] / size)
            stopped = "" if trained == 1 else f"; stopped after {record['epochs']} of {found['epochs']} epochs"
            print(
                f"{path.stem:<24} time {time:5.2f} ({seconds:6.1f} s)  memory {memory:5.2f} ({peak / 1e6:6.0f} MB)  "
                f"disk {found['disk'] / size:5.2f} ({size / 1e3:6.0f} kB){stopped}",
                flush=True,
            )
            parts = {name: round(value, 1) for name, value in found["seconds"].items() if value is not None}
            fit = record["durations"].get("fit", 0.0)
            print(f"{'':<24} estimated {parts}; the run's fit took {fit:.1f} s", flush=True)
    for name, values in ratios.items():
        within = sum(0.75 <= value <= 1.25 for value in values)
        print(f"{name:<6} median {statistics.median(values):.2f}; within 25% for {within} of {len(values)}")


if __name__ == "__main__":
    main()
