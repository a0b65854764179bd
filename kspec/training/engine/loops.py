"""Training, evaluation and prediction as loops inside one graph: many steps a call, in place of a call a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kspec.training.engine.patch import patch
from kspec.training.engine.xla_rng import same_randomness

Step = Callable[[Any], Any]


class StepProxy:
    """What a model's own steps (`train_step`, `test_step`, `predict_step`) get for `self`.

    All is the model's, but a call goes to the core: the model without what was computed beforehand.
    """

    def __init__(self, model: Any, core: Any) -> None:
        self._model = model
        self._core = core

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._core(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class Loops:
    """A model's loops, each traced once for the form of the examples that it goes through.

    A loop takes rows (a structure of tensors as a batch has it, first axis rows), and the batches of it to go through:
    `start` and `stop`, counted in the rows. Neither how many these are nor where they are cut changes a bit of what is
    computed.

    Args:
        model: The compiled Keras model.
        core: What its steps call; the model itself where nothing was computed beforehand.
        batch_size: Rows a step.
    """

    def __init__(self, model: Any, core: Any, batch_size: int) -> None:
        self.model = model
        self.core = core
        self.batch_size = batch_size
        kind, stand_in = type(model), StepProxy(model, core)
        self._steps: dict[str, Step] = {
            "train": lambda batch: kind.train_step(stand_in, batch),
            "test": lambda batch: kind.test_step(stand_in, batch),
            "predict": lambda batch: kind.predict_step(stand_in, batch),
        }
        self._traced: dict[Any, Any] = {}
        self._results = tf.function(lambda: kind.get_metrics_result(model), autograph=False)
        self._reset = tf.function(lambda: kind.reset_metrics(model), autograph=False)

    def fused(self, step: str, signature: Any) -> Any:
        """The loop of a step without XLA: rows, start, stop → nothing. Serves a smaller last batch too."""
        return self._once(("fused", step, _key(signature)), lambda: self._fused(step, signature))

    def compiled(self, step: str, signature: Any, batches: int) -> Any:
        """The same compiled by XLA, for rows of exactly so many whole batches."""
        return self._once((batches, step, _key(signature)), lambda: self._compiled(step, signature, batches))

    def predict(self, signature: Any) -> Any:
        """The loop of prediction: rows, start, stop → the answers, first axis rows."""
        return self._once(("predict", _key(signature)), lambda: self._predict(signature))

    def results(self) -> dict[str, Any]:
        """The metrics as they stand: `get_metrics_result` in one call. A step's loop must have been traced."""
        results: dict[str, Any] = self._results()
        return results

    def reset(self) -> None:
        """The metrics set back: `reset_metrics` in one call. A step's loop must have been traced."""
        self._reset()

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._traced:
            self._traced[key] = make()
        return self._traced[key]

    def _fused(self, step: str, signature: Any) -> Any:
        apply, size = self._steps[step], self.batch_size

        def run(rows: Any, start: Any, stop: Any) -> None:
            count = _rows_of(rows)
            _loop(start, stop, lambda number: apply(_cut(rows, number, size, count)))

        return self._trace(tf.function(run, input_signature=_arguments(signature), autograph=False))

    def _compiled(self, step: str, signature: Any, batches: int) -> Any:
        apply, size = self._steps[step], self.batch_size
        exact = tf.nest.map_structure(
            lambda spec: tf.TensorSpec([batches * size, *spec.shape[1:]], spec.dtype), signature
        )

        def run(rows: Any, start: Any, stop: Any) -> None:
            rows = tf.nest.map_structure(lambda rows: tf.reshape(rows, [batches, size, *rows.shape[1:]]), rows)
            _loop(start, stop, lambda number: apply(tf.nest.map_structure(lambda rows: _any_size(rows[number]), rows)))

        with same_randomness():
            traced = self._trace(tf.function(run, input_signature=_arguments(exact), autograph=False, jit_compile=True))

        def padded(rows: Any, start: Any, stop: Any) -> None:
            traced(tf.nest.map_structure(lambda tensor: _padded(tensor, batches * size), rows), start, stop)

        return padded

    def _predict(self, signature: Any) -> Any:
        apply, size = self._steps["predict"], self.batch_size
        answers = self.model.output

        def run(rows: Any, start: Any, stop: Any) -> Any:
            count = _rows_of(rows)
            arrays = [
                tf.TensorArray(
                    tf.as_dtype(one.dtype), stop - start, element_shape=[None] * len(one.shape), infer_shape=False
                )
                for one in tf.nest.flatten(answers)
            ]

            def body(number: Any, arrays: Any) -> Any:
                given = tf.nest.flatten(apply(_cut(rows, number, size, count)))
                return number + 1, [array.write(number - start, one) for array, one in zip(arrays, given, strict=True)]

            _, arrays = tf.while_loop(lambda number, _: number < stop, body, (start, arrays), parallel_iterations=1)
            return tf.nest.pack_sequence_as(answers, [array.concat() for array in arrays])

        return self._trace(tf.function(run, input_signature=_arguments(signature), autograph=False))

    def _trace(self, function: Any) -> Any:
        """Traces before anything runs, so that what cannot be traced has not trained half a step.

        What a step returns, the metrics after it, nobody reads inside a loop.
        """
        with patch(self.model, get_metrics_result=dict):
            function.get_concrete_function()
        return function


def _loop(start: Any, stop: Any, step: Step) -> None:
    def body(number: Any) -> Any:
        step(number)
        return (number + 1,)

    # one at a time: a step needs the weights of the one before; and loops within the network are the faster for it
    tf.while_loop(lambda number: number < stop, body, (start,), parallel_iterations=1)


def _cut(rows: Any, number: Any, size: int, count: Any) -> Any:
    """A batch of the rows; the last one may be smaller."""
    start = number * size
    stop = tf.minimum(start + size, count)
    return tf.nest.map_structure(lambda tensor: tensor[start:stop], rows)


def _any_size(batch: Any) -> Any:
    """The batch, as one whose size is not known: Keras weighs the losses of several outputs by a size that is."""
    return tf.raw_ops.PlaceholderWithDefault(input=batch, shape=[None, *batch.shape[1:]])


def _padded(tensor: Any, rows: int) -> Any:
    """Rows of zeros added, which no step sees: XLA has one program for each size."""
    missing = rows - tensor.shape[0]
    if not missing:
        return tensor
    if missing < 0:
        return tensor[:rows]
    return tf.pad(tensor, [[0, missing], *[[0, 0]] * (len(tensor.shape) - 1)])


def _rows_of(rows: Any) -> Any:
    return tf.shape(tf.nest.flatten(rows)[0])[0]


def _arguments(signature: Any) -> list[Any]:
    return [signature, tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)]


def _key(signature: Any) -> Any:
    return tuple((tuple(spec.shape), spec.dtype) for spec in tf.nest.flatten(signature))
