"""The time of `kspec run` and of the same network in hand-written Keras: whole processes, same data, seed and settings.

    python tests/benchmarks/whole_run.py [PAIRS]

Each turn is a first run, with empty caches; a run with warm caches; and hand-written Keras. The output is the median
times, the median ratios of the turns, and the durations of the steps of the last run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SPEC = ROOT / "specs" / "mlp.yaml"
KSPEC = "from kspec.cli import script; script()"

BY_HAND = f"""
import csv, math
import keras
import numpy as np
keras.utils.set_random_seed(7)
table = list(csv.DictReader(open({str(ROOT / "specs" / "data" / "breast_cancer.csv")!r})))
columns = [name for name in table[0] if name.startswith("mean_")]
x = np.array([[row[name] for name in columns] for row in table], dtype="float32")
y = np.array([[row["diagnosis"] == "malignant"] for row in table], dtype="float32")
order = np.random.default_rng(7).permutation(len(x))
test, validation, train = order[:114], order[114:171], order[171:]
normalization = keras.layers.Normalization()
normalization.adapt(x[train])
visible = keras.Input((10,))
hidden = normalization(visible)
for units in (10, 20, 10):
    hidden = keras.layers.Dense(units, activation="relu")(hidden)
model = keras.Model(visible, keras.layers.Dense(1, activation="sigmoid")(hidden))
model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy", "AUC"])
model.fit(x[train], y[train], validation_data=(x[validation], y[validation]), epochs=50, batch_size=10, verbose=2)
print(model.evaluate(x[test], y[test], batch_size=10, verbose=0))
predictions = model.predict(x[test], verbose=0)
"""


def seconds(*command: str, cache: Path | None = None) -> float:
    environment = os.environ | ({"KSPEC_CACHE": str(cache)} if cache else {})
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: dict[str, list[float]] = {"first run": [], "warm caches": [], "by hand": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "runs"
        run = ("-c", KSPEC, "run", str(SPEC), "--out", str(out), "--set", "fit.callbacks=[]", "--set", "fit.verbose=2")
        seconds(*run, cache=folder / "warm")
        for turn in range(pairs):
            times["first run"].append(seconds(*run, cache=folder / str(turn)))
            times["warm caches"].append(seconds(*run, cache=folder / "warm"))
            times["by hand"].append(seconds("-c", BY_HAND))
        durations = json.loads((out / "mlp" / "latest" / "run.json").read_text())["durations"]
    for kind, seconds_ in times.items():
        ratios = [ours / theirs for ours, theirs in zip(seconds_, times["by hand"], strict=True)]
        shown = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"{kind:<12} {statistics.median(seconds_):6.2f} s   {statistics.median(ratios):.3f} of by hand ({shown})")
    print("the last run's steps:", ", ".join(f"{step} {duration:.2f}" for step, duration in durations.items()))


if __name__ == "__main__":
    main()
