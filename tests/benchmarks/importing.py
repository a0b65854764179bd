"""The time of `kspec import`, and of checking its spec, relative to Keras's own loading of the same file.

    python -m tests.benchmarks.importing [TURNS]

The file is NASNetLarge, the largest model of `keras.applications`. `kspec import` reads it as data, without TensorFlow.
Times are medians of whole processes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
LOAD = "import sys, keras; keras.models.load_model(sys.argv[1])"
MAKE = "import sys, keras; keras.applications.NASNetLarge(weights=None).save(sys.argv[1])"


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        model, spec = Path(folder, "model.keras"), Path(folder, "spec.yaml")
        subprocess.run([sys.executable, "-c", MAKE, str(model)], check=True, stderr=subprocess.DEVNULL)
        import_ = [sys.executable, "-m", "kspec", "import", str(model), "-o", str(spec), "--force"]
        commands = {
            "keras.models.load_model": [sys.executable, "-c", LOAD, str(model)],
            "kspec import --weights": [*import_, "--weights"],
            "kspec import --compact": [*import_, "--compact"],
            "kspec import": import_,
            "kspec check": [sys.executable, "-m", "kspec", "check", str(spec)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(turns):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                times[name].append(time.perf_counter() - start)
    base = statistics.median(times["keras.models.load_model"])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(
            f"{name:<26}{median:7.2f} s {median / base:7.3f} of Keras's load ({min(seconds):.2f} to {max(seconds):.2f})"
        )


if __name__ == "__main__":
    main()
