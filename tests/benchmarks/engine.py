"""The time of an epoch with kspec and with hand-written Keras: same network, data, batch size and epochs.

    python tests/benchmarks/engine.py [--pairs 5] [NETWORK…]

Hand-written Keras passes NumPy arrays to `model.fit` and preprocesses inside the model, as tutorials do. The two train in
turns; each turn is a training of its own, and its result is the median of its epochs without the first. For `auto`, it is
the median of the last fifth of a longer training. The output is the median of hand-written Keras over all turns, and for
each engine the median of the ratios of the turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("KSPEC_CACHE", "off")

import numpy as np

import kspec
from kspec.backend.tensorflow import import_tensorflow
from kspec.training import fit

import_tensorflow()
import keras  # noqa: E402

SPECS = Path(__file__).parent.parent.parent / "specs"
L = keras.layers
RNG = np.random.default_rng(0)
WORDS = [f"word{number}" for number in range(500)]


@dataclass
class Case:
    """A network, as a spec and in Keras.

    Args:
        data: Returns the arrays for `fit`: x, y and, if there is validation, its x and y.
        spec: The spec; `DATA` stands for the file of the data. Empty for `specs/mlp.yaml`.
        model: Builds and compiles the model by hand.
        batches: Batch sizes.
        epochs: The number of epochs of a turn.
        engines: The engines to measure.
    """

    data: Callable[[], tuple[Any, ...]]
    spec: str
    model: Callable[[tuple[Any, ...]], Any]
    batches: tuple[int, ...]
    epochs: int = 4
    engines: tuple[str, ...] = ("fused", "fused_xla", "auto")


class Epochs(keras.callbacks.Callback):
    """Records the duration of each epoch."""

    only_watches = True

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.seconds.append(time.perf_counter() - self.started)


def rows(count: int, *shape: int) -> tuple[Any, ...]:
    x = RNG.normal(size=(count, *shape)).astype("float32")
    return x, (x.reshape(count, -1).mean(axis=1, keepdims=True) > 0).astype("float32")


def compiled(inputs: Any, outputs: Any, loss: str = "binary_crossentropy") -> Any:
    model = keras.Model(inputs, outputs)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def mlp(data: tuple[Any, ...], *, normalised: bool = False, metrics: tuple[str, ...] = ("accuracy",)) -> Any:
    visible = hidden = keras.Input((10,))
    if normalised:
        layer = L.Normalization()
        layer.adapt(data[0])
        hidden = layer(hidden)
    for units in (10, 20, 10):
        hidden = L.Dense(units, activation="relu")(hidden)
    model = keras.Model(visible, L.Dense(1, activation="sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=list(metrics))
    return model


def cnn(_: Any, *, flatten: bool) -> Any:
    visible = hidden = keras.Input((64, 64, 1))
    for filters in (32, 16):
        hidden = L.MaxPooling2D()(L.Conv2D(filters, 4, activation="relu")(hidden))
    hidden = (L.Flatten() if flatten else L.GlobalAveragePooling2D())(hidden)
    return compiled(visible, L.Dense(1, activation="sigmoid")(L.Dense(10, activation="relu")(hidden)))


def rnn(_: Any) -> Any:
    visible = keras.Input((100, 1))
    hidden = L.Dense(10, activation="relu")(L.LSTM(10)(visible))
    return compiled(visible, L.Dense(1, activation="sigmoid")(hidden))


def wide(_: Any) -> Any:
    visible = hidden = keras.Input((784,))
    for units in (512, 256):
        hidden = L.Dense(units, activation="relu")(hidden)
    return compiled(visible, L.Dense(10, activation="softmax")(hidden), "sparse_categorical_crossentropy")


def digits() -> tuple[Any, ...]:
    return RNG.random((10_000, 784)).astype("float32"), RNG.integers(0, 10, 10_000)


def texts() -> tuple[Any, ...]:
    indices = RNG.integers(0, len(WORDS), (5_000, 12))
    x = np.array([" ".join(WORDS[word] for word in words) for words in indices], dtype=object)[:, None]
    return x, (indices.mean(axis=1) > 250).astype("float32")[:, None]


def text(data: tuple[Any, ...]) -> Any:
    visible = keras.Input((1,), dtype="string")
    tokens = L.TextVectorization(output_sequence_length=12)
    tokens.adapt(data[0][:, 0])
    hidden = L.GlobalAveragePooling1D()(L.Embedding(tokens.vocabulary_size(), 16)(tokens(visible)))
    return compiled(visible, L.Dense(1, activation="sigmoid")(L.Dense(16, activation="relu")(hidden)))


def people() -> tuple[Any, ...]:
    numbers = RNG.normal(size=(5_000, 6)).astype("float32")
    city = RNG.choice(["oslo", "rome", "lima", "bern"], (5_000, 1)).astype(object)
    work = RNG.choice([f"job{n}" for n in range(20)], (5_000, 1)).astype(object)
    y = (numbers.sum(axis=1, keepdims=True) + (city == "rome") > 0).astype("float32")
    return {"numbers": numbers, "city": city, "work": work}, y


def tabular(data: tuple[Any, ...]) -> Any:
    x = data[0]
    inputs = {"numbers": keras.Input((6,), name="numbers")}
    inputs |= {name: keras.Input((1,), dtype="string", name=name) for name in ("city", "work")}
    scaled = L.Normalization()
    scaled.adapt(x["numbers"])
    parts = [scaled(inputs["numbers"])]
    for name in ("city", "work"):
        lookup = L.StringLookup(output_mode="one_hot")
        lookup.adapt(x[name][:, 0])
        parts.append(lookup(inputs[name]))
    hidden = L.Concatenate()(parts)
    for units in (32, 16):
        hidden = L.Dense(units, activation="relu")(hidden)
    return compiled(inputs, L.Dense(1, activation="sigmoid")(hidden))


def table() -> tuple[Any, ...]:
    """The training and validation rows of specs/mlp.yaml, as `kspec` splits them."""
    from kspec.compiler.compile import compile_spec

    dataset = compile_spec(SPECS / "mlp.yaml", data="always").dataset
    arrays = []
    for name in ("train", "validation"):
        split = dataset.splits[name]
        arrays += [split.inputs["visible"], (split.targets["malignant"] == "malignant").astype("float32")[:, None]]
    return tuple(arrays)


NETWORK = "kspec: 1\nname: benchmark\ntask: binary_classification\ndata: {npz: DATA, inputs: {x: x}, targets: {y: y}, split: {by: part}}\n"
MLP = (
    NETWORK
    + """\
inputs: {x: {shape: [10]}}
layers:
  - Dense: {units: 10, activation: relu}
  - Dense: {units: 20, activation: relu}
  - Dense: {units: 10, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
)
CNN = (
    NETWORK
    + """\
inputs: {x: {shape: [64, 64, 1]}}
layers:
  - Conv2D: {filters: 32, kernel_size: 4, activation: relu}
  - MaxPooling2D
  - Conv2D: {filters: 16, kernel_size: 4, activation: relu}
  - MaxPooling2D
  - POOLING
  - Dense: {units: 10, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
)
RNN = (
    NETWORK
    + """\
inputs: {x: {shape: [100, 1]}}
layers:
  - LSTM: {units: 10}
  - Dense: {units: 10, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
)
WIDE = (
    NETWORK.replace("binary", "multiclass")
    + """\
inputs: {x: {shape: [784]}}
layers:
  - Dense: {units: 512, activation: relu}
  - Dense: {units: 256, activation: relu}
  - Dense: {units: 10, activation: softmax}
    name: y
"""
)
TEXT = (
    NETWORK
    + """\
inputs: {x: {shape: [1], dtype: string}}
layers:
  - TextVectorization: {output_sequence_length: 12}
    name: tokens
  - Embedding: {input_dim: {vocabulary_of: tokens}, output_dim: 16}
  - GlobalAveragePooling1D
  - Dense: {units: 16, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
)
TABULAR = (
    NETWORK.replace("{x: x}", "{numbers: numbers, city: city, work: work}")
    + """\
inputs: {numbers: {shape: [6]}, city: {shape: [1], dtype: string}, work: {shape: [1], dtype: string}}
layers:
  - Normalization:
    from: numbers
    name: scaled
  - StringLookup: {output_mode: one_hot}
    from: city
    name: from_city
  - StringLookup: {output_mode: one_hot}
    from: work
    name: from_work
  - Concatenate:
    from: [scaled, from_city, from_work]
  - Dense: {units: 32, activation: relu}
  - Dense: {units: 16, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
)
NO_XLA = ("fused",)  # `auto` stays with it: XLA takes ten times as long here

CASES = {
    "MLP 10-10-20-10-1, 10,000 rows": Case(lambda: rows(10_000, 10), MLP, mlp, (10, 32)),
    "MLP on the real table, with validation": Case(
        table, "", lambda data: mlp(data, normalised=True, metrics=("accuracy", "AUC")), (10,), epochs=12
    ),
    "RNN: LSTM(10) over 100 steps": Case(lambda: rows(640, 100, 1), RNN, rnn, (10, 32)),
    "CNN 64x64": Case(
        lambda: rows(320, 64, 64, 1), CNN.replace("POOLING", "GlobalAveragePooling2D"),
        lambda data: cnn(data, flatten=False), (10, 32), engines=NO_XLA,
    ),
    "CNN 64x64 with Flatten": Case(
        lambda: rows(320, 64, 64, 1), CNN.replace("POOLING", "Flatten"), lambda data: cnn(data, flatten=True), (10, 32),
        engines=NO_XLA,
    ),
    "MLP 784-512-256-10": Case(digits, WIDE, wide, (128,)),
    "text: TextVectorization, Embedding, pooling": Case(texts, TEXT, text, (32,)),
    "table: StringLookup and Normalization": Case(people, TABULAR, tabular, (32,)),
}  # fmt: skip


def as_texts(array: Any) -> Any:
    """A text array as a tensor, as `fit` requires; any other array unchanged."""
    return keras.ops.convert_to_tensor(array) if array.dtype == object else array


def by_hand(case: Case, data: tuple[Any, ...], batch_size: int, epochs: int) -> float:
    keras.utils.set_random_seed(0)
    recorder = Epochs()
    x, y, *validation = data
    model = case.model(data)
    x = {name: as_texts(array) for name, array in x.items()} if isinstance(x, dict) else as_texts(x)
    model.fit(
        x, y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[recorder],
        validation_data=tuple(validation) or None, validation_batch_size=batch_size if validation else None,
    )  # fmt: skip
    return statistics.median(recorder.seconds[1:])


def by_kspec(spec: Path, batch_size: int, epochs: int, engine: str) -> float:
    recorder = Epochs()
    fit._Trainer._progress = lambda *_: [recorder]  # type: ignore[assignment, method-assign]
    many = epochs * 15 if engine == "auto" else epochs
    settings = {"epochs": many, "batch_size": batch_size, "callbacks": "[]", "engine": engine}
    with tempfile.TemporaryDirectory() as out:
        kspec.run(spec, out=out, overrides=[f"fit.{name}={value}" for name, value in settings.items()])
    return statistics.median(recorder.seconds[-max(1, many // 5) :] if engine == "auto" else recorder.seconds[1:])


def write_spec(case: Case, data: tuple[Any, ...], folder: Path) -> Path:
    """Writes the spec and, beside it, its data; returns the spec's path."""
    if not case.spec:
        return SPECS / "mlp.yaml"
    x, y = data
    arrays = {"x": x} if not isinstance(x, dict) else x
    arrays = {name: array.astype(str) if array.dtype == object else array for name, array in arrays.items()}
    y = y[:, 0] if y.ndim == 2 else y
    part = np.full(len(y), "train")
    # a run needs a test split: two rows are enough, and their evaluation is not timed
    extended = {name: np.concatenate([array, array[:2]]) for name, array in arrays.items()}
    np.savez(
        folder / "data.npz", **extended, y=np.concatenate([y, y[:2]]), part=np.concatenate([part, ["test", "test"]])
    )
    (folder / "spec.yaml").write_text(case.spec.replace("DATA", "data.npz"))
    return folder / "spec.yaml"


def measure(name: str, case: Case, batch_size: int, pairs: int) -> None:
    data = case.data()
    hand: list[float] = []
    ratios: dict[str, list[float]] = {engine: [] for engine in case.engines}
    with tempfile.TemporaryDirectory() as folder:
        spec = write_spec(case, data, Path(folder))
        for _ in range(pairs):
            for engine in case.engines:
                hand.append(by_hand(case, data, batch_size, case.epochs))
                ratios[engine].append(hand[-1] / by_kspec(spec, batch_size, case.epochs, engine))
                keras.backend.clear_session()
    shown = "  ".join(f"{engine} {statistics.median(values):5.1f}x" for engine, values in ratios.items())
    print(f"{name:<46} {batch_size:>4} {1e3 * statistics.median(hand):9.1f} ms  {shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("networks", nargs="*", help="parts of the networks' names; all by default")
    options = parser.parse_args()
    print(f"{'network':<46} batch  by hand/epoch  speed of kspec relative to it")
    for name, case in CASES.items():
        if not options.networks or any(part.lower() in name.lower() for part in options.networks):
            for batch_size in case.batches:
                measure(name, case, batch_size, options.pairs)


if __name__ == "__main__":
    main()
