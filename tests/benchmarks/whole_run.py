"""`kspec run` against the same network written by hand in Keras: whole processes, same data, seed and settings.

    python tests/benchmarks/whole_run.py [PAIRS]

The two take turns; printed are both medians and the median of the ratios, pair by pair.
"""

from __future__ import annotations

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


def seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as out:
        run = ("-c", KSPEC, "run", str(SPEC), "--out", out, "--set", "fit.callbacks=[]", "--set", "fit.verbose=2")
        ours, theirs = [], []
        for _ in range(pairs):
            ours.append(seconds(*run))
            theirs.append(seconds("-c", BY_HAND))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(f"kspec run    {statistics.median(ours):6.2f} s")
    print(f"by hand      {statistics.median(theirs):6.2f} s")
    print(f"ratio        {statistics.median(ratios):6.3f}  (pairs: {', '.join(f'{r:.3f}' for r in ratios)})")


if __name__ == "__main__":
    main()
