"""Folds of one run against the same folds trained alone, one process for each way: CPU seconds, in turns.

    python -m tests.benchmarks.members [TURNS]

Runs five folds of `specs/mlp.yaml` and of `specs/cnn.yaml`. Together, they share one model, and what is traced and
compiled for it; apart, each traces its own, as it would alone. Both read the data once and write the same files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

SPECS = Path(__file__).parents[2] / "specs"
FOLDS = {"mlp.yaml": "{folds: 5, test: 0.2, stratify: true}", "cnn.yaml": "{folds: 5, test: 0.2, stratify: true}"}
ENGINES = ("fused", "fused_xla", "keras")


def main() -> None:
    if len(sys.argv) > 2:
        print(_seconds(sys.argv[2], sys.argv[3], sys.argv[4] == "apart"))
        return
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for spec in FOLDS:
        for engine in ENGINES:
            pairs = [tuple(_measure(spec, engine, way) for way in ("apart", "together")) for _ in range(turns)]
            apart, together = (median(values) for values in zip(*pairs, strict=True))
            ratio = median(second / first for first, second in pairs)
            print(f"{spec} {engine}: apart {apart:.1f} s, together {together:.1f} s of CPU, {ratio:.2f}", flush=True)


def _measure(spec: str, engine: str, way: str) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.members", "1", spec, engine, way]
    environment = {**os.environ, "KSPEC_CACHE": "off", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def _seconds(name: str, engine: str, apart: bool) -> float:
    """The CPU seconds of a run, without importing TensorFlow.

    Args:
        name: The spec.
        engine: The training engine.
        apart: Whether each fold traces a model of its own.
    """
    from kspec.backend.tensorflow import import_tensorflow

    import_tensorflow()
    import kspec
    from kspec.training.shared_model import SharedModel

    if apart:
        SharedModel._fits = lambda self, fresh: False  # type: ignore[method-assign]
    lines = (SPECS / name).read_text(encoding="utf-8").splitlines()
    own = [f"  split: {FOLDS[name]}" if line.startswith("  split:") else line for line in lines]
    with tempfile.TemporaryDirectory(prefix="kspec-members-") as folder:
        (Path(folder) / "data").symlink_to(SPECS / "data")
        (Path(folder) / name).write_text("\n".join(own) + "\n", encoding="utf-8")
        started = time.process_time()
        kspec.run(Path(folder) / name, [f"fit.engine={engine}"], out=Path(folder) / "runs", allow_outside=True)
        return time.process_time() - started


if __name__ == "__main__":
    main()
