"""The memory of a sweep's process over many trials: anonymous memory, after the first tenth of them and at the end.

    python -m tests.benchmarks.sweep_memory [TRIALS] [EPOCHS]

The network and the space of `tests.benchmarks.sweep`, by default 500 trials of 2 epochs. It is to stay flat: ±50 MB.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.sweep import DATA, SPEC

POINTS = 10
"""How often memory is measured."""


def anonymous_memory() -> float:
    """The megabytes of the process that no file backs."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) / 1000


def main() -> None:
    from kspec.language import load_file
    from kspec.sweep.sweep import run_sweep
    from kspec.training.console import Console

    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    measured: list[float] = []

    class Counter(Console):
        """Measures memory where a trial is printed."""

        count = 0

        def step(self, name: str, text: str) -> None:  # noqa: ARG002
            self.count += name == "trial"
            if name == "trial" and self.count % (trials // POINTS) == 0:
                measured.append(anonymous_memory())
                print(f"{self.count:>5} trials: {measured[-1]:.0f} MB", flush=True)

    with tempfile.TemporaryDirectory(prefix="kspec-sweep-") as folder:
        (Path(folder) / "breast_cancer.csv").symlink_to(DATA)
        spec = Path(folder) / "searched.yaml"
        text = SPEC.replace("TRIALS", str(trials)).replace("epochs: 50", f"epochs: {epochs}")
        spec.write_text(text, encoding="utf-8")
        run_sweep(load_file(spec), out=Path(folder) / "runs", console=Counter(True))
    print(f"{measured[-1] - measured[0]:+.0f} MB between trial {trials // POINTS} and trial {trials}")


if __name__ == "__main__":
    main()
