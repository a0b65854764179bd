"""Transfer learning with `kspec run` and with hand-written Keras: a new head on a frozen MobileNetV2, whole processes.

    python tests/benchmarks/transfer.py [PAIRS]

There are 200 images of 96x96 for training and 40 for validation, 5 epochs, batches of 16, and random initial weights.
Images, their order, seed and settings are the same, so that both train the same head; the largest difference of its
weights is printed. The two run in turns. The output is the median time of the processes, and of the training in them, and
the median ratio of the turns.
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

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

TRAIN, VALIDATION, EPOCHS, BATCH, SEED = 200, 40, 5, 16, 3
KSPEC = "from kspec.cli import script; script()"
SPEC = f"""\
kspec: 1
name: transfer
task: multiclass_classification
seed: {SEED}
data: {{npz: images.npz, inputs: {{image: x}}, targets: {{kind: y}}, split: {{by: part}}}}
inputs:
  image: {{shape: [96, 96, 3]}}
models:
  base:
    application: {{MobileNetV2: {{input_shape: [96, 96, 3], include_top: false, pooling: avg, weights: null}}}}
    trainable: false
layers:
  - Rescaling: {{scale: "${{1 / 127.5}}", offset: -1}}
  - model: base
  - Dropout: {{rate: 0.2}}
  - Dense: {{units: 5, activation: softmax}}
    name: kind
fit: {{epochs: {EPOCHS}, batch_size: {BATCH}, shuffle: false, verbose: 2}}
"""
BY_HAND = f"""
import time
import keras
import numpy as np
data = np.load("images.npz", allow_pickle=True)
parts = {{name: np.flatnonzero(data["part"] == name) for name in ("train", "validation", "test")}}
x, y = data["x"], data["y"]
keras.utils.set_random_seed({SEED})
base = keras.applications.MobileNetV2(
    input_shape=(96, 96, 3), include_top=False, pooling="avg", weights=None, name="base"
)
base.trainable = False
image = keras.Input((96, 96, 3), name="image")
h = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(image)
h = keras.layers.Dropout(0.2, name="dropout")(base(h))
model = keras.Model(image, keras.layers.Dense(5, activation="softmax", name="kind")(h))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
train = parts["train"]

validation = x[parts["validation"]], y[parts["validation"]]
started = time.perf_counter()
model.fit(x[train], y[train], validation_data=validation, batch_size={BATCH}, epochs={EPOCHS}, shuffle=False, verbose=2)
print("seconds", time.perf_counter() - started)
model.evaluate(x[parts["test"]], y[parts["test"]], batch_size={BATCH}, verbose=0)
model.predict(x[parts["test"]], batch_size={BATCH}, verbose=0)
np.savez("by_hand.npz", *model.layers[-1].get_weights())
"""


def seconds(folder: Path, *command: str) -> tuple[float, str]:
    start = time.perf_counter()
    environment = os.environ | {"KSPEC_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, text=True, env=environment, cwd=folder
    )
    return time.perf_counter() - start, done.stdout


def write_images(folder: Path) -> None:
    rng = np.random.default_rng(0)
    parts = ["train"] * TRAIN + ["validation"] * VALIDATION + ["test"] * BATCH
    y = rng.integers(0, 5, len(parts))
    x = rng.integers(0, 256, (len(parts), 96, 96, 3)) * (0.3 + 0.15 * y[:, None, None, None])
    np.savez(folder / "images.npz", x=x.astype("float32"), y=y.astype("int64"), part=np.array(parts))


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: dict[str, list[tuple[float, float]]] = {"kspec run": [], "by hand": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder)
        (folder / "spec.yaml").write_text(SPEC)
        for _ in range(pairs):
            duration, _ = seconds(folder, "-c", KSPEC, "run", "spec.yaml")
            run = json.loads((folder / "runs" / "transfer" / "latest" / "run.json").read_text())
            times["kspec run"].append((duration, run["durations"]["fit"]))
            duration, output = seconds(folder, "-c", BY_HAND)
            times["by hand"].append((duration, float(output.rpartition("seconds")[2])))
        difference = _difference(folder)
    for number, what in enumerate(("process", "training")):
        durations = {name: [turn[number] for turn in turns] for name, turns in times.items()}
        ratios = [ours / theirs for ours, theirs in zip(durations["kspec run"], durations["by hand"], strict=True)]
        ours, theirs = (statistics.median(turns) for turns in durations.values())
        shown = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(
            f"{what:<9} {ours:6.2f} s, by hand {theirs:6.2f} s   {statistics.median(ratios):.3f} of by hand ({shown})"
        )
    print(f"the two heads differ by at most {difference:.2g}")


def _difference(folder: Path) -> float:
    """The largest difference between the weights of the two heads."""
    import keras

    model = keras.models.load_model(folder / "runs" / "transfer" / "latest" / "model.keras")
    by_hand = np.load(folder / "by_hand.npz")
    ours = model.get_layer("kind").get_weights()
    return max(float(np.abs(one - by_hand[name]).max()) for one, name in zip(ours, by_hand.files, strict=True))


if __name__ == "__main__":
    main()
