"""How a training scales with the number of workers: whole runs of one spec, in turns.

    python tests/benchmarks/workers.py [--pairs 3] [--workers 1 2]

The network is a convolutional one whose step takes long enough to be worth sharing. The output is, for each number of
workers, the median over all turns of the seconds of an epoch without the first, and its ratio to that of one worker.
Each worker has the processor cores that are left when all have the same number; one worker has all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

EXAMPLES, EPOCHS = 1024, 4
SPEC = """kspec: 1
extensions: [epoch_times]
data: {npz: images.npz, split: {test: 0.1}}
inputs:
  x: {shape: [32, 32, 3]}
layers:
  - Conv2D: {filters: 32, kernel_size: 3, activation: relu}
  - Conv2D: {filters: 32, kernel_size: 3, activation: relu}
  - MaxPooling2D
  - Conv2D: {filters: 64, kernel_size: 3, activation: relu}
  - GlobalAveragePooling2D
  - Dense: {units: 10, activation: softmax}
    name: y
fit: {epochs: %d, batch_size: 64, engine: fused, checkpoint: false, callbacks: [epoch_times.Times]}
"""
TIMES = """
import json, time
import keras

class Times(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        with open("times.jsonl", "a") as file:
            file.write(json.dumps(time.perf_counter() - self.began) + "\\n")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3, help="how often each is trained")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of workers")
    arguments = parser.parse_args()
    epochs: dict[int, list[float]] = {count: [] for count in arguments.workers}
    runs: dict[int, list[float]] = {count: [] for count in arguments.workers}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        rng = np.random.default_rng(0)
        images = rng.random((EXAMPLES, 32, 32, 3), "float32")
        np.savez(place / "images.npz", x=images, y=rng.integers(0, 10, EXAMPLES))
        (place / "spec.yaml").write_text(SPEC % EPOCHS)
        (place / "epoch_times.py").write_text(TIMES)
        for _ in range(arguments.pairs):
            for count in arguments.workers:
                started = time.perf_counter()
                _run(place, count)
                runs[count].append(time.perf_counter() - started)
                lines = (place / "times.jsonl").read_text().splitlines()
                epochs[count].append(statistics.median(json.loads(line) for line in lines[1:]))
    first = arguments.workers[0]
    print(f"{EXAMPLES * 9 // 10} images of 32x32, batches of 64, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("workers   epoch     ratio   whole run")
    for count in arguments.workers:
        ratio = statistics.median(mine / base for mine, base in zip(epochs[count], epochs[first], strict=True))
        print(
            f"{count:7}   {statistics.median(epochs[count]):5.2f} s  {ratio:5.2f}   {statistics.median(runs[count]):5.1f} s"
        )


def _run(place: Path, count: int) -> None:
    (place / "times.jsonl").unlink(missing_ok=True)
    command = [sys.executable, "-m", "kspec", "run", "spec.yaml", "--allow-code", "--quiet", "--workers", str(count)]
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    subprocess.run(command, cwd=place, env={**os.environ, "PYTHONPATH": path}, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
