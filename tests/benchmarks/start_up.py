"""The start-up time of the command line, relative to `python -c "import keras"` in the same run.

    python tests/benchmarks/start_up.py

Times are medians of whole processes, run in turns, with bytecode cached as it is for installed packages. Nothing is
asserted, because machines differ.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
KSPEC = "from kspec.cli import script; script()"
ROUNDS = 7


def seconds(*command: str, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def chain(layers: int, folder: Path) -> str:
    """A spec of a chain of Dense layers."""
    path = folder / f"chain_{layers}.yaml"
    entries = "  - Dense: {units: 8, activation: relu}\n" * layers
    path.write_text(f"kspec: 1\ninputs: {{x: {{shape: [8]}}}}\nlayers:\n{entries}")
    return str(path)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            'python -c "import keras"': ("-c", "import keras"),
            "kspec --help": ("-c", KSPEC, "--help"),
            "kspec check specs/mlp.yaml": ("-c", KSPEC, "check", str(ROOT / "specs" / "mlp.yaml")),
            "kspec check, 50 layers": ("-c", KSPEC, "check", chain(50, folder)),
            "kspec check, 5,000 layers": ("-c", KSPEC, "check", chain(5_000, folder)),
            "kspec check, 10,000 layers": ("-c", KSPEC, "check", chain(10_000, folder)),
        }
        times: dict[str, list[float]] = {label: [] for label in commands}
        for number in range(ROUNDS + 1):
            for label, command in commands.items():
                duration = seconds(*command, environment=environment)
                if number:  # the first round warms the caches
                    times[label].append(duration)
    baseline = statistics.median(times['python -c "import keras"'])
    for label, durations in times.items():
        median = statistics.median(durations)
        print(f"{label:<28} {median:7.3f} s  {median / baseline:6.3f} of importing Keras")


if __name__ == "__main__":
    main()
