"""Batches: arrays → a `tf.data.Dataset` whose order depends only on the seed and the epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.data.files.decoded_files import DecodedFiles
from kspec.data.randomness import ORDER, generator
from kspec.data.storage.mapped_arrays import counted, gathered, is_mapped
from kspec.data.windows.arrays import copied_if_small

if TYPE_CHECKING:
    import tensorflow as tf

    Array = np.ndarray[Any, Any]


CHUNK_BYTES = 64 << 20
"""How many bytes are gathered at once."""


class Batches:
    """The examples of a split, in batches.

    Arrays stay in memory; `ImageFiles` are decoded on demand, and windows gathered, unless a copy of them all is small.
    The last batch may be smaller.

    Args:
        inputs: By name, shape (n, …).
        targets: By output, encoded, shape (n, …); empty if there are none.
        weights: By output, shape (n,); empty if all examples have equal weight.
        batch_size: Examples per batch.
        shuffle: Whether each epoch has its own order: `default_rng([seed, ORDER, epoch]).permutation(n)`.
        seed: The seed of the spec.
        single_target: Whether the model has one output, so that the target is a tensor, not a dict.
        drawn: The examples of an epoch, as indices, which can repeat or lack some; shape (m,). Each once by default.

    Attributes:
        stored: The number of examples in the arrays.
        examples: The number of examples in an epoch.
    """

    def __init__(
        self,
        inputs: Mapping[str, Any],
        targets: Mapping[str, Array],
        weights: Mapping[str, Array],
        *,
        batch_size: int,
        shuffle: bool,
        seed: int,
        single_target: bool | None = None,
        drawn: Array | None = None,
    ) -> None:
        self.inputs = {name: copied_if_small(values, CHUNK_BYTES) for name, values in inputs.items()}
        self.targets = dict(targets)
        self.weights = dict(weights)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.single_target = len(self.targets) == 1 if single_target is None else single_target
        self.drawn = drawn
        self.stored = len(next(iter(self.inputs.values())))
        self.examples = self.stored if drawn is None else len(drawn)
        self._epoch = 0

    @property
    def steps(self) -> int:
        """The number of batches per epoch."""
        return -(-self.examples // self.batch_size)

    def epoch(self, number: int) -> None:
        """Sets the epoch, from 0, whose order the next iteration uses."""
        self._epoch = number

    def order(self, epoch: int) -> Array:
        """The order of an epoch, as indices into the arrays: int64, shape (examples,)."""
        if not self.shuffle:
            return np.arange(self.examples, dtype=np.int64) if self.drawn is None else self.drawn
        order = counted(0, self.examples, next(iter(self.targets.values()), None))
        generator(self.seed, ORDER, epoch).shuffle(order)  # as `permutation(n)`
        return order if self.drawn is None else self.drawn[order]

    def with_inputs(self, inputs: Mapping[str, Any]) -> Batches:
        """The same batches with other inputs."""
        return Batches(
            inputs,
            self.targets,
            self.weights,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            seed=self.seed,
            single_target=self.single_target,
            drawn=self.drawn,
        )

    def only(self, rows: Array) -> Batches:
        """Batches of some of the examples, unshuffled.

        Args:
            rows: Their indices, shape (m,).
        """
        return Batches(
            self.inputs,
            self.targets,
            self.weights,
            batch_size=self.batch_size,
            shuffle=False,
            seed=self.seed,
            single_target=self.single_target,
            drawn=rows,
        )

    @property
    def in_memory(self) -> bool:
        """Whether all inputs are arrays, none of them `ImageFiles` or windows."""
        return all(isinstance(array, np.ndarray) for array in self.inputs.values())

    @property
    def is_mapped(self) -> bool:
        """Whether some arrays lie in files, so that no copy of them all may be made."""
        groups = (self.inputs, self.targets, self.weights)
        return any(is_mapped(array) for group in groups for array in group.values())

    @property
    def bytes_each(self) -> int:
        """The size of an example; a text counts as 64 bytes."""
        total = 0
        for group in (self.inputs, self.targets, self.weights):
            for array in group.values():
                total += math.prod(array.shape[1:]) * (
                    64 if np.dtype(array.dtype).kind in "OU" else np.dtype(array.dtype).itemsize
                )
        return total

    def tensors(self) -> Any:
        """All examples as tensors in the structure of a batch; the arrays must be in memory."""
        import tensorflow as tf

        with tf.device("CPU"):
            groups = [{n: tf.constant(a) for n, a in g.items()} for g in (self.inputs, self.targets, self.weights)]
        return self._structure(*groups)

    def picker(self) -> Callable[[Array], Any]:
        """A function: indices, shape (b,) → these examples as tensors, decoded now, in the structure of a batch."""
        import tensorflow as tf

        decoders = {
            name: tf.function(array.decoder(), autograph=False, reduce_retracing=True)
            for name, array in self.inputs.items()
            if not isinstance(array, np.ndarray)
        }

        def pick(chosen: Array) -> Any:
            with tf.device("CPU"):
                x, y, w = (
                    {
                        n: tf.constant(gathered(a, chosen))
                        for n, a in g.items()
                        if n not in decoders or g is not self.inputs
                    }
                    for g in (self.inputs, self.targets, self.weights)
                )
                decoded = {name: decode(tf.constant(chosen)) for name, decode in decoders.items()}
            return self._structure({name: decoded[name] if name in decoded else x[name] for name in self.inputs}, y, w)

        return pick

    def dataset(self, *, repeat: bool = False, start: int = 0) -> tf.data.Dataset:
        """Batches of x, (x, y) or (x, y, w): a tensor for one input (output), a dict by name for several.

        Args:
            repeat: Whether to repeat forever, each pass in the order of the next epoch, from 0; for `steps_per_epoch`.
            start: With `repeat`, the batch to start with, counted over all passes.
        """
        import tensorflow as tf

        if repeat:
            first, skipped = divmod(start, self.steps)
            passes = tf.data.Dataset.counter(first)
            batches = passes.flat_map(lambda epoch: self._pass(tf, self._order(tf, epoch)))
            return _whole(tf, batches.skip(skipped) if skipped else batches)
        once = tf.data.Dataset.from_tensors(np.int64(-1))
        batches = once.flat_map(lambda epoch: self._pass(tf, self._order(tf, epoch)))
        return _whole(tf, batches.apply(tf.data.experimental.assert_cardinality(self.steps)))

    def _order(self, tf: Any, epoch: Any) -> Any:
        """The order of a pass as a tensor, computed when the pass begins; epoch -1 means the current epoch."""

        def ask(number: Any) -> Array:
            return self.order(self._epoch if number < 0 else int(number))

        order = tf.numpy_function(ask, [epoch], tf.int64)
        order.set_shape([self.examples])
        return order

    def _pass(self, tf: Any, order: Any) -> Any:
        """The batches of one pass over all examples."""
        if self.in_memory:
            return self._gathered(tf, order)
        return self._decoded(tf, order)

    def _gathered(self, tf: Any, order: Any) -> Any:
        """Gathers many batches at once and slices them, so that a step costs next to nothing."""
        gather = self._gatherer(tf)
        size, full = self.batch_size, self.examples // self.batch_size
        several = max(1, min(full, CHUNK_BYTES // max(1, self.bytes_each * size)))

        def cut(start: Any) -> Any:
            chosen = order[start * size : tf.minimum(start + several, full) * size]
            batches = tf.nest.map_structure(
                lambda tensor: tf.reshape(tensor, [-1, size, *tensor.shape[1:]]), self._structure(*gather(chosen))
            )
            return tf.data.Dataset.from_tensor_slices(batches)

        whole = tf.data.Dataset.range(0, full, several).flat_map(cut)
        if full * size == self.examples:
            return whole
        rest = tf.data.Dataset.from_tensors(self._structure(*gather(order[full * size :])))
        return whole.concatenate(rest) if full else rest

    def _decoded(self, tf: Any, order: Any) -> Any:
        """Batches of files and windows that are made on demand; several files are decoded in parallel."""
        gather = self._gatherer(tf)
        files = {name: array for name, array in self.inputs.items() if isinstance(array, DecodedFiles)}
        others = {
            name: array.decoder()
            for name, array in self.inputs.items()
            if not isinstance(array, np.ndarray) and name not in files
        }
        size, count = self.batch_size, self.examples

        def choose(step: Any) -> Any:
            return order[step * size : tf.minimum((step + 1) * size, count)]

        def batch(chosen: Any, decoded: Any) -> Any:
            x, y, w = gather(chosen)
            x |= decoded | {name: decode(chosen) for name, decode in others.items()}
            return self._structure({name: x[name] for name in self.inputs}, y, w)

        batches = tf.data.Dataset.range(self.steps).map(choose)
        if not files:
            return batches.map(lambda chosen: batch(chosen, {}), num_parallel_calls=tf.data.AUTOTUNE)
        decoded = (
            batches.map(lambda chosen: {name: array.encoded(chosen) for name, array in files.items()})
            .unbatch()
            .map(
                lambda encoded: {name: array.decode(encoded[name]) for name, array in files.items()},
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .batch(size)
        )
        return tf.data.Dataset.zip((batches, decoded)).map(batch)

    def _gatherer(self, tf: Any) -> Any:
        """A function: indices, shape (b,) → inputs in memory, targets and weights of these examples."""
        groups = (self.inputs, self.targets, self.weights)
        with tf.device("CPU"):
            gatherers = [
                {name: _gatherer_of(tf, array) for name, array in group.items() if isinstance(array, np.ndarray)}
                for group in groups
            ]

        def gather(chosen: Any) -> Any:
            return [{name: gather_one(chosen) for name, gather_one in group.items()} for group in gatherers]

        return gather

    def _structure(self, x: dict[str, Any], y: dict[str, Any], w: dict[str, Any]) -> Any:
        xs = _only(x) if len(x) == 1 else x
        if not y:
            return xs
        ys = _only(y) if self.single_target else y
        if not w:
            return xs, ys
        return xs, ys, _only(w) if self.single_target else w


def _gatherer_of(tf: Any, array: Array) -> Callable[[Any], Any]:
    """A TensorFlow function: indices, shape (b,) → the rows of an array, which is copied unless it lies in a file."""
    if not is_mapped(array):
        tensor = tf.constant(array)
        return lambda chosen: tf.gather(tensor, chosen)
    kind = tf.as_dtype(array.dtype)

    def gather(chosen: Any) -> Any:
        rows = tf.numpy_function(lambda rows: gathered(array, rows), [chosen], kind, stateful=False)
        rows.set_shape([None, *array.shape[1:]])
        return rows

    return gather


def _only(tensors: dict[str, Any]) -> Any:
    return next(iter(tensors.values()))


def _whole(tf: Any, batches: Any) -> Any:
    """Prefetches batches while a step runs, in deterministic order."""
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
