"""The time of `kspec runs` with many runs, the first time and with its index, relative to the list without an index.

    python -m tests.benchmarks.run_list [RUNS]

Times are CPU seconds of whole processes, the smallest of three. Nothing is asserted, because machines differ.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
KSPEC = "from kspec.cli import script; script()"
ROUNDS = 3
SPEC = "layers:\n  - Dense: {{units: {width}}}\n    name: hidden\nfit: {{epochs: 50}}\n"
PROFILE = {f"column_{number}": {"histogram": list(range(12)), "quantiles": [0.5] * 5} for number in range(30)}


def make_runs(folder: Path, count: int) -> None:
    """Makes run folders with records of the usual size.

    Args:
        folder: Their folder.
        count: How many.
    """
    for number in range(count):
        run, width = folder / "mlp" / f"20260101-{number // 100:06}-{number % 100 + 1}", 2 ** (number % 7)
        run.mkdir(parents=True)
        record = {"name": "mlp", "status": "finished", "seconds": 1.5, "epochs": 50, "vars": {"width": width}}
        record["data"] = {"profile": PROFILE}
        (run / "run.json").write_text(json.dumps({**record, "started": "2026-01-01T12:00:00+0000"}, indent=2))
        metrics = {"evaluate": {"loss": 0.1, "accuracy": number / count}, "validation": {"loss": 0.2}}
        (run / "metrics.json").write_text(json.dumps(metrics, indent=2))
        (run / "resolved.yaml").write_text(SPEC.format(width=width))


def seconds(folder: Path, cache: str, condition: str) -> float:
    """The CPU seconds of a list.

    Args:
        folder: The folder of the runs.
        cache: `KSPEC_CACHE`.
        condition: What is listed.
    """
    words = ["runs", "--runs", str(folder), "--where", condition, "--sort", "-metrics.accuracy"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KSPEC_CACHE": cache}
    subprocess.run([sys.executable, "-c", KSPEC, *words], check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "runs")
        make_runs(folder, count)
        time.sleep(3)  # files that have just changed are not kept
        print(f"{count:,} runs, CPU seconds")
        for title, condition in {
            "facts": "metrics.accuracy > 0.9 and vars.width == 16",
            "of the spec": "spec.layers.hidden.units == 16 and metrics.accuracy > 0.9",
        }.items():
            without = min(seconds(folder, "off", condition) for _ in range(ROUNDS))
            cache = tempfile.mkdtemp(dir=name)
            first = seconds(folder, cache, condition)
            second = min(seconds(folder, cache, condition) for _ in range(ROUNDS))
            print(
                f"{title:12} without index {without:6.2f}  first {first / without:.2f}  with index {second / without:.2f}"
            )


if __name__ == "__main__":
    main()
