"""Confidence intervals of the metrics of an evaluation: the percentile bootstrap.

Losses and metrics of Keras are functions of sums over examples. The sums of each example are computed once; a resample
adds those that it draws, and its metrics follow from the total. `default_rng([seed, BOOTSTRAP]).multinomial` draws how
often each example is in each resample. Many examples are drawn in groups, at random, of nearly one size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.data.pipeline import Batches
from kspec.data.randomness import BOOTSTRAP, generator

if TYPE_CHECKING:
    import keras

Array = np.ndarray[Any, Any]

LEVEL = 0.95
RESAMPLES = 1000
MOST_GROUPS = 2000
"""How many examples, or groups of them, are drawn from."""
_TOLERANCE = 1e-4
"""How far a metric of all sums may be from that of the evaluation, in relation to it."""


def intervals_of(
    model: keras.Model, examples: Batches, metrics: Mapping[str, float], seed: int
) -> dict[str, tuple[float, float]]:
    """The interval of each metric.

    Args:
        model: A compiled model that has been evaluated.
        examples: The examples of that evaluation, unshuffled.
        metrics: Its losses and metrics.
        seed: The seed of the resamples.

    Returns:
        By metric, the quantiles 2.5% and 97.5% over the resamples; nothing for a metric that is no function of sums
        over examples, such as one of an extension.
    """
    size = -(-examples.examples // MOST_GROUPS)
    if size > 1:
        order = generator(seed, BOOTSTRAP, 1).permutation(examples.examples)
        examples, size = examples.only(order), min(size, examples.batch_size)
    sums = example_sums(model, examples, size)
    counts = generator(seed, BOOTSTRAP).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    drawn = metrics_of_sums(model, np.concatenate([sums.sum(axis=0, keepdims=True), counts @ sums]))
    found = {}
    for name in followed(drawn, metrics):
        low, high = np.nanquantile(drawn[name][1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        found[name] = (float(low), float(high))
    return found


def followed(computed: Mapping[str, Array], metrics: Mapping[str, float]) -> list[str]:
    """The metrics of an evaluation that follow from sums over its examples.

    Args:
        computed: By metric, what follows; first, that of all examples.
        metrics: The metrics of the evaluation.
    """
    return [
        name
        for name, value in metrics.items()
        if name in computed and abs(computed[name][0] - value) <= _TOLERANCE * max(1.0, abs(value))
    ]


def interval_text(intervals: Mapping[str, tuple[float, float]], metrics: Mapping[str, float]) -> str:
    """The intervals on one line: `loss 0.39 to 0.44  accuracy 0.78 to 0.87`; and the metrics that have none.

    Args:
        intervals: By metric, its interval.
        metrics: All metrics.
    """
    text = "  ".join(f"{name} {low:.4g} to {high:.4g}" for name, (low, high) in intervals.items())
    others = [name for name in metrics if name not in intervals]
    return text + (f"  (none for {', '.join(others)}: no function of sums over examples)" if others else "")


def intervals_json(intervals: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Plain values for `metrics.json`."""
    return {"level": LEVEL, "resamples": RESAMPLES, **{name: list(each) for name, each in intervals.items()}}


def _variables(model: keras.Model) -> list[Any]:
    """The variables of the losses and metrics of a model."""
    return [variable for metric in model.metrics for variable in metric.variables]


def example_sums(model: keras.Model, examples: Batches, size: int = 1) -> Array:
    """What each example, or group of them, adds to the variables of the metrics: float64, shape (groups, values).

    Args:
        model: The compiled model, which has been evaluated.
        examples: The examples.
        size: The number of examples in a group; the last of a batch may be smaller.
    """
    import keras
    import tensorflow as tf

    from kspec.training.engine.stateful_engine import stateful_layers

    for layer in stateful_layers(model):
        layer.reset_state()
    variables = _variables(model)

    def cut(values: Any, start: Any) -> Any:
        if values is None:
            return None
        part = values[start : start + size]
        mask = getattr(values, "_keras_mask", None)
        if mask is not None:
            part._keras_mask = mask[start : start + size]
        return part

    def of_group(x: Any, y: Any, predicted: Any, weights: Any, start: Any) -> Any:
        x, y, predicted, weights = (
            keras.tree.map_structure(lambda values: cut(values, start), each) for each in (x, y, predicted, weights)
        )
        for variable in variables:
            variable.assign(tf.zeros_like(variable.value))
        loss = model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weights, training=False)
        model._loss_tracker.update_state(loss)
        if model._compile_metrics is not None:
            model._compile_metrics.update_state(y, predicted, weights)
        return tf.concat([tf.reshape(tf.cast(variable.value, tf.float64), [-1]) for variable in variables], axis=0)

    def of_batch(data: Any) -> Any:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        predicted = model(x, training=False)
        starts = tf.range(0, tf.shape(keras.tree.flatten(x)[0])[0], size)
        return tf.map_fn(
            lambda start: of_group(x, y, predicted, weights, start),
            starts,
            parallel_iterations=1,
            fn_output_signature=tf.float64,
        )

    compiled = tf.function(of_batch, reduce_retracing=True)
    return np.concatenate([compiled(batch).numpy() for batch in examples.dataset()])


def metrics_of_sums(model: keras.Model, sums: Array) -> dict[str, Array]:
    """The metrics of sums over examples, shape (m,) each.

    Args:
        model: The model.
        sums: Shape (m, values).
    """
    import tensorflow as tf

    variables = _variables(model)
    shapes = [tuple(variable.shape) for variable in variables]

    def result(row: Any) -> Any:
        start = 0
        for variable, shape in zip(variables, shapes, strict=True):
            count = int(np.prod(shape, dtype=int))
            variable.assign(tf.cast(tf.reshape(row[start : start + count], shape), variable.dtype))
            start += count
        return {name: tf.cast(value, tf.float64) for name, value in model.get_metrics_result().items()}

    def results(rows: Any) -> Any:
        names = result(rows[0])
        kinds = dict.fromkeys(names, tf.float64)
        return tf.map_fn(result, rows, parallel_iterations=1, fn_output_signature=kinds)

    found = {name: values.numpy() for name, values in tf.function(results)(tf.constant(sums)).items()}
    model.reset_metrics()
    return found
