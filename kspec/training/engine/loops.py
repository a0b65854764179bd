"""Training, evaluation and prediction as loops inside one graph: many steps a call instead of one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from kspec.training.engine.patch import patch
from kspec.training.engine.tensors import Loop, Signature, StepFunction, StepName, Tensors
from kspec.training.engine.variables import make_variables
from kspec.training.engine.xla_rng import same_randomness

if TYPE_CHECKING:
    from kspec.training.hyperparameters import Hyperparameters

_INT = tf.TensorSpec([], tf.int32)


class StepProxy:
    """The `self` of a model's own steps (`train_step`, `test_step`, `predict_step`).

    Every attribute is the model's, but a call goes to the core: the model without its precomputed prefix.
    """

    def __init__(self, model: keras.Model, core: keras.Layer) -> None:
        self._model = model
        self._core = core

    def __call__(self, *args: Any, **kwargs: Any) -> Tensors:
        return self._core(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class Loops:
    """The loops of a model, each traced once for each signature of the examples.

    A loop takes rows (a structure of tensors like a batch, first axis examples) and the batches to run: `start` and
    `stop`, counted in the rows. Neither the number of rows nor where they are cut changes a bit of the results.

    Args:
        model: The compiled Keras model.
        core: What the steps call; the model itself if nothing was precomputed.
        batch_size: Examples in a step.
        traced: What has been traced for steps of other sizes; all but what XLA compiles serves every size.
        hyperparameters: Those that the loops take as inputs; None if they have them as constants.
    """

    def __init__(
        self,
        model: keras.Model,
        core: keras.Layer,
        batch_size: int,
        traced: dict[Hashable, Any] | None = None,
        hyperparameters: Hyperparameters | None = None,
    ) -> None:
        self.model = model
        self.core = core
        self.batch_size = batch_size
        self.hyperparameters = hyperparameters
        kind, proxy = type(model), StepProxy(model, core)
        self._steps: dict[StepName, StepFunction] = {
            "train": lambda batch: kind.train_step(proxy, batch),
            "test": lambda batch: kind.test_step(proxy, batch),
        }
        self._predict_step: StepFunction = lambda batch: kind.predict_step(proxy, batch)
        self._traced: dict[Hashable, Any] = {} if traced is None else traced
        self._compiled_batches: dict[Hashable, list[int]] = {}
        # made while no `patch` is active
        self._results = self._once("results", lambda: tf.function(model.get_metrics_result, autograph=False))
        self._reset = self._once("reset", lambda: tf.function(lambda: kind.reset_metrics(model), autograph=False))

    @property
    def traced(self) -> int:
        """How many loops have been traced."""
        return len(self._traced)

    def fused(self, step: StepName, signature: Signature) -> Loop:
        """The loop of a step without XLA; it also runs a smaller last batch."""
        return self._of_size(self._once(("fused", step, _key(signature)), lambda: self._fused(step, signature)))

    def compiled(self, step: StepName, signature: Signature, batches: int) -> Loop:
        """The loop of a step compiled by XLA, for rows of exactly so many full batches.

        Args:
            step: `train` or `test`.
            signature: The types of the examples, with an open batch axis.
            batches: The number of full batches.

        Returns:
            The loop; it is traced once for equal arguments, and serves a few batches less, too.
        """
        known = self._compiled_batches.setdefault((step, _key(signature)), [])
        enough = [number for number in known if batches <= number <= batches + max(1, batches // 8)]
        if enough:
            batches = min(enough)
        key = "compiled", self.batch_size, batches, step, _key(signature)
        loop: Loop = self._once(key, lambda: self._compiled(step, signature, batches))
        if not enough:
            known.append(batches)
        return loop

    def predict(self, signature: Signature) -> Loop:
        """The loop of prediction; it returns the predictions, first axis examples."""
        return self._of_size(self._once(("predict", _key(signature)), lambda: self._predict(signature)))

    def results(self) -> dict[str, tf.Tensor]:
        """The metrics' current values: `get_metrics_result` in one call. A loop must have been traced before."""
        results: dict[str, tf.Tensor] = self._results()
        return results

    def reset(self) -> None:
        """Resets the metrics: `reset_metrics` in one call. A loop must have been traced before."""
        self._reset()

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._traced:
            self._traced[key] = make()
        return self._traced[key]

    def _of_size(self, loop: Callable[..., Any]) -> Loop:
        """A loop that was traced for batches of any size, for those of this one."""
        size = tf.constant(self.batch_size, tf.int32)
        return lambda rows, start, stop: loop(rows, start, stop, size)

    def _inputs(self) -> AbstractContextManager[None]:
        return nullcontext() if self.hyperparameters is None else self.hyperparameters.as_inputs()

    def _fused(self, step: StepName, signature: Signature) -> Any:
        apply = self._steps[step]
        make_variables(self.model, step, signature)

        def run(rows: Tensors, start: tf.Tensor, stop: tf.Tensor, size: tf.Tensor) -> None:
            count = _count(rows)
            with self._inputs():
                _loop(start, stop, lambda number: apply(_batch(rows, number, size, count)))

        return self._trace(tf.function(run, input_signature=[*_loop_signature(signature), _INT], autograph=False))

    def _compiled(self, step: StepName, signature: Signature, batches: int) -> Loop:
        apply, size = self._steps[step], self.batch_size
        make_variables(self.model, step, signature)
        exact = tf.nest.map_structure(
            lambda spec: tf.TensorSpec([batches * size, *spec.shape[1:]], spec.dtype), signature
        )

        def run(rows: Tensors, start: tf.Tensor, stop: tf.Tensor) -> None:
            rows = tf.nest.map_structure(lambda rows: tf.reshape(rows, [batches, size, *rows.shape[1:]]), rows)

            def one(number: tf.Tensor) -> Any:
                return apply(tf.nest.map_structure(lambda rows: _any_size(rows[number]), rows))

            with self._inputs():
                _loop(start, stop, one)

        function = tf.function(run, input_signature=_loop_signature(exact), autograph=False, jit_compile=True)
        with same_randomness():
            traced = self._trace(function)

        def run_padded(rows: Tensors, start: tf.Tensor, stop: tf.Tensor) -> None:
            traced(tf.nest.map_structure(lambda tensor: _pad(tensor, batches * size), rows), start, stop)

        return run_padded

    def _predict(self, signature: Signature) -> Any:
        apply = self._predict_step
        outputs = self.model.output

        def run(rows: Tensors, start: tf.Tensor, stop: tf.Tensor, size: tf.Tensor) -> Tensors:
            count = _count(rows)
            # no element shapes: after TextVectorization, Keras's symbolic output has another rank than the values
            arrays = [
                tf.TensorArray(tf.as_dtype(output.dtype), stop - start, infer_shape=False)
                for output in tf.nest.flatten(outputs)
            ]

            def body(number: tf.Tensor, arrays: list[tf.TensorArray]) -> tuple[tf.Tensor, list[tf.TensorArray]]:
                tensors = tf.nest.flatten(apply(_batch(rows, number, size, count)))
                return number + 1, [
                    array.write(number - start, tensor) for array, tensor in zip(arrays, tensors, strict=True)
                ]

            _, arrays = tf.while_loop(lambda number, _: number < stop, body, (start, arrays), parallel_iterations=1)
            predictions: Tensors = tf.nest.pack_sequence_as(outputs, [array.concat() for array in arrays])
            return predictions

        return self._trace(tf.function(run, input_signature=[*_loop_signature(signature), _INT], autograph=False))

    def _trace(self, function: Any) -> Any:
        """Traces a `tf.function` before anything runs: what cannot be traced has not trained half a step.

        The metrics that a step returns are not read inside a loop, and so not computed there.
        """
        with patch(self.model, get_metrics_result=dict):
            function.get_concrete_function()
        return function


def _loop(start: tf.Tensor, stop: tf.Tensor, step: Callable[[tf.Tensor], Any]) -> None:
    def body(number: tf.Tensor) -> tuple[tf.Tensor]:
        step(number)
        return (number + 1,)

    # one iteration at a time: a step needs the weights of the step before, and loops inside the network run faster
    tf.while_loop(lambda number: number < stop, body, (start,), parallel_iterations=1)


def _batch(rows: Tensors, number: tf.Tensor, size: tf.Tensor, count: tf.Tensor) -> Tensors:
    """A batch of the rows; the last one may be smaller."""
    start = number * size
    stop = tf.minimum(start + size, count)
    batch: Tensors = tf.nest.map_structure(lambda tensor: tensor[start:stop], rows)
    return batch


def _any_size(batch: tf.Tensor) -> tf.Tensor:
    """Hides the batch size: Keras weighs the losses of several outputs by a static size."""
    return tf.raw_ops.PlaceholderWithDefault(input=batch, shape=[None, *batch.shape[1:]])


def _pad(tensor: tf.Tensor, rows: int) -> tf.Tensor:
    """Pads with rows of zeros, which no step sees: XLA has one program for each size."""
    missing = rows - tensor.shape[0]
    if not missing:
        return tensor
    if missing < 0:
        return tensor[:rows]
    return tf.pad(tensor, [[0, missing], *[[0, 0]] * (len(tensor.shape) - 1)])


def _count(rows: Tensors) -> tf.Tensor:
    return tf.shape(tf.nest.flatten(rows)[0])[0]


def _loop_signature(signature: Signature) -> list[Signature]:
    return [signature, _INT, _INT]


def _key(signature: Signature) -> tuple[tuple[tuple[int | None, ...], tf.DType], ...]:
    return tuple((tuple(spec.shape), spec.dtype) for spec in tf.nest.flatten(signature))
