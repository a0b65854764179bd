"""The cost of checkpoints: the time to write them, as a share of the time of the run.

    python -m tests.benchmarks.checkpoints

Trains a network of each size for about a minute, with checkpoints as every run has them, and prints the share of that
time which was spent on them; and the time that one takes.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import kspec
from kspec.training.checkpoints.recording import CheckpointCallback

SIZES = {"small": (16, 2000), "medium": (256, 300), "large": (2048, 12)}
"""Units of each of three layers, and epochs."""


def main() -> None:
    os.chdir(tempfile.mkdtemp(prefix="kspec-checkpoints-"))
    Path("table.csv").write_text(
        "a,b,y\n" + "\n".join(f"{i % 17 / 17:.3f},{i % 23 / 23:.3f},{i % 5}" for i in range(3000)) + "\n"
    )
    for name, (units, epochs) in SIZES.items():
        Path(f"{name}.yaml").write_text(
            f"kspec: 1\nname: {name}\ndata: {{csv: table.csv, inputs: [a, b], targets: y}}\n"
            f"inputs: {{x: {{shape: [2]}}}}\nlayers:\n"
            + "".join(f"  - Dense: {{units: {units}, activation: relu}}\n" for _ in range(3))
            + f"  - Dense: {{units: 5, activation: softmax}}\n    name: y\nfit: {{epochs: {epochs}, engine: fused}}\n"
        )
        spent: list[float] = []
        write = CheckpointCallback._write

        def timed(self: CheckpointCallback, epoch: int, step: int, write=write, spent=spent) -> None:  # type: ignore[no-untyped-def]
            started = time.perf_counter()
            write(self, epoch, step)
            spent.append(time.perf_counter() - started)

        CheckpointCallback._write = timed  # type: ignore[method-assign]
        started = time.perf_counter()
        run = kspec.run(f"{name}.yaml")
        seconds = time.perf_counter() - started
        CheckpointCallback._write = write  # type: ignore[method-assign]
        size = sum(path.stat().st_size for path in (run.folder or Path()).glob("checkpoints/*"))
        print(
            f"{name}: {run.model.count_params():,} parameters, {seconds:.0f} s: {len(spent)} checkpoints of "
            f"{size / 1e6:.1f} MB took {1000 * sum(spent) / len(spent):.0f} ms each, {sum(spent) / seconds:.2%} of the run",
            flush=True,
        )


if __name__ == "__main__":
    main()
