"""The examples of a run in memory, and its model to score and predict with other values in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kspec.data import DataSplit
from kspec.data.pipeline import Batches
from kspec.data.storage.mapped_arrays import taken
from kspec.data.windows.arrays import WindowArray
from kspec.runs.run_evaluation import evaluation_batches
from kspec.runs.run_loader import LoadedRun
from kspec.training.compile import compile_model
from kspec.training.engine import Engine, engine_of
from kspec.training.engine.stateful_engine import stateful_layers
from kspec.training.predict import predict

Array = np.ndarray[Any, Any]
MOST_EXAMPLES = 10_000
MOST_BYTES = 256 << 20
"""How many bytes the examples may take, in memory."""
CHUNK, CHUNK_BYTES = 2048, 16 << 20
"""How many examples, or bytes of them, are scored at once."""


@dataclass(slots=True)
class Examples:
    """Examples of a run, and its model.

    Args:
        run: The run.
        split: Its examples, all in memory.
        batches: The same with targets as the loss takes them.
        engine: Runs the model.
        chunk: How many examples are scored at once.
        is_ordered: Whether predictions depend on the examples before, so that these stay in their order.
    """

    run: LoadedRun
    split: DataSplit
    batches: Batches
    engine: Engine
    chunk: int
    is_ordered: bool

    def __len__(self) -> int:
        return len(self.split)

    @property
    def inputs(self) -> dict[str, Array]:
        """By input, shape (n, …)."""
        return dict(self.batches.inputs)

    def score(self, inputs: Mapping[str, Array]) -> dict[str, float]:
        """The losses and metrics with other inputs for the same targets.

        Args:
            inputs: By input, shape (n, …).
        """
        changed = self.batches.with_inputs(inputs)
        if self.is_ordered:
            return self.engine.evaluate(changed)
        model, pick, found = self.run.model, changed.picker(), {}
        model.reset_metrics()
        for start in range(0, len(self), self.chunk):
            found = model.test_on_batch(*pick(np.arange(start, min(start + self.chunk, len(self)))), return_dict=True)
        return {name: float(value) for name, value in found.items()}

    def predict(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Predicts for any number of examples; of a network for batches of one size, a multiple of that.

        Args:
            inputs: By input, shape (n, …).

        Returns:
            By output, probabilities or values in their unit, shape (n, …).
        """
        batches = Batches(inputs, {}, {}, batch_size=self.chunk, shuffle=False, seed=0)
        return predict(self.engine, batches, self.run.settings.outputs)

    def some(self, count: int) -> Examples:
        """Some of the examples, evenly spaced; of a network for batches of one size, a multiple of that.

        Args:
            count: How many there are at most.
        """
        size = self.run.spec.document.fixed_batch or 1
        count = min(len(self), max(1, count // size) * size)
        if count == len(self):
            return self
        rows = np.arange(count) if self.is_ordered else np.linspace(0, len(self) - 1, count).round().astype("int64")
        return replace(self, split=part_of(self.split, rows), batches=_part_of_batches(self.batches, rows))


def examples_of(run: LoadedRun, split: DataSplit) -> Examples:
    """Some of the examples of a split, at random, all in memory.

    Args:
        run: A loaded run; its model gets compiled.
        split: The examples, with targets.
    """
    document = run.spec.document
    each = sum(int(math.prod(array.shape[1:])) * np.dtype(array.dtype).itemsize for array in split.inputs.values())
    most = max(1, min(len(split), MOST_EXAMPLES, MOST_BYTES // max(1, each)))
    size = document.fixed_batch or 1
    most = max(1, most // size) * size
    is_ordered = bool(stateful_layers(run.model))
    if is_ordered:
        rows = np.arange(most)
    else:
        rows = np.sort(np.random.default_rng(document.seed).permutation(len(split))[:most])
    own = part_of(split, rows)
    own.inputs = {name: _in_memory(array) for name, array in own.inputs.items()}
    batches = evaluation_batches(run, own)
    compile_model(run.model, run.spec, run.settings)
    at_once = max(batches.batch_size, min(CHUNK, CHUNK_BYTES // max(1, each)))
    chunk = document.fixed_batch or at_once
    return Examples(run, own, batches, engine_of(run.model, "keras"), chunk, is_ordered)


def part_of(split: DataSplit, rows: Array) -> DataSplit:
    """Some of the examples of a split.

    Args:
        split: The split.
        rows: Their indices, shape (m,).
    """
    groups = ("inputs", "targets", "weights", "absent", "positions", "kept", "slices")
    parts: dict[str, Any] = {}
    for group in groups:
        parts[group] = {name: taken(each, rows) for name, each in getattr(split, group).items()}
    names = None if split.names is None else [split.names[int(row)] for row in rows]
    return replace(split, rows=taken(split.rows, rows), names=names, windows=None, drawn=None, **parts)


def _part_of_batches(batches: Batches, rows: Array) -> Batches:
    all_ = (batches.inputs, batches.targets, batches.weights)
    groups = ({name: array[rows] for name, array in each.items()} for each in all_)
    return Batches(
        *groups, batch_size=batches.batch_size, shuffle=False, seed=0, single_target=batches.single_target
    )  # fmt: skip


def _in_memory(array: Any) -> Array:
    """Windows and files of pictures or sounds as an array, shape (n, …)."""
    if isinstance(array, np.ndarray):
        return np.array(array)
    if isinstance(array, WindowArray):
        return np.array(array.array())
    from kspec.backend.tensorflow import import_tensorflow

    tf = import_tensorflow()
    decode = tf.function(array.decoder(), autograph=False, reduce_retracing=True)
    parts = np.array_split(np.arange(len(array)), -(-len(array) // 64))
    return np.concatenate([decode(tf.constant(rows)).numpy() for rows in parts])
