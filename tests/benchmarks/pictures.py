"""Pictures in batches: kspec's pipeline and Keras's `image_dataset_from_directory` with `prefetch`, from files each time.

    python -m tests.benchmarks.pictures [PICTURES [ROUNDS]]

The pictures are JPEG files of 256x256 in two folders, read at 160x160 in batches of 32. Both pipelines shuffle, decode
each picture when its batch needs it, and give the same pixels. The two run in turns; the output is the median of
pictures a second of the processors' time, and the median ratio of the turns; on a busy machine, look at the best turns.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

SIZE, WANTED, BATCH, SEED = 256, 160, 32, 3
SPEC = f"""\
kspec: 1
seed: {SEED}
data: {{images: pictures, split: {{validation: 0, test: 0}}}}
inputs:
  image: {{shape: [{WANTED}, {WANTED}, 3]}}
layers:
  - GlobalAveragePooling2D
  - Dense: {{units: 1, activation: sigmoid}}
"""


def write_pictures(folder: Path, count: int) -> None:
    """Writes smooth pictures, whose files have the size of photographs."""
    from PIL import Image

    random = np.random.default_rng(SEED)
    for number in range(count):
        place = folder / "pictures" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8))
        small.resize((SIZE, SIZE), Image.Resampling.BICUBIC).save(place / f"{number}.jpg", quality=90)


def seconds(batches: Iterable[Any]) -> float:
    """The time of the processors for one pass."""
    start = time.process_time()
    for _ in batches:
        pass
    return time.process_time() - start


def main(count: int = 2000, rounds: int = 5) -> None:
    import keras
    import tensorflow as tf

    import kspec
    from kspec.data import load
    from kspec.data.files import decoded_files
    from kspec.data.network_specs import input_specs
    from kspec.data.pipeline import Batches
    from kspec.diagnostics import Report

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder, count)
        (folder / "spec.yaml").write_text(SPEC)
        spec = kspec.load(folder / "spec.yaml")
        decoded_files.BUDGET = 0  # from files each time, as Keras does
        dataset = load(spec, input_specs(spec), ["dense"], Report())
        assert dataset is not None
        train = dataset.splits["train"]
        labels = {"dense": (train.targets["dense"] == "b").astype("float32").reshape(-1, 1)}
        source = Batches(train.inputs, labels, {}, batch_size=BATCH, shuffle=True, seed=SEED)
        ours = source.dataset()
        theirs = keras.utils.image_dataset_from_directory(
            folder / "pictures", image_size=(WANTED, WANTED), batch_size=BATCH, seed=SEED, verbose=False
        ).prefetch(tf.data.AUTOTUNE)
        times: dict[str, list[float]] = {"kspec": [], "keras": []}
        for turn in range(rounds + 1):
            source.epoch(turn)
            pair = {"kspec": seconds(ours), "keras": seconds(theirs)}
            for who in times if turn else ():  # the first turn warms the cache of files
                times[who].append(pair[who])
    for who, own in times.items():
        print(
            f"{who}: {count / statistics.median(own):,.0f} pictures a second, {count / min(own):,.0f} in the best turn"
        )
    ratios = [theirs / ours for ours, theirs in zip(times["kspec"], times["keras"], strict=True)]
    best = min(times["keras"]) / min(times["kspec"])
    print(f"kspec / keras: {statistics.median(ratios):.2f} times the pictures a second, {best:.2f} in the best turns")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
