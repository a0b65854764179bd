"""The statistics of BatchNormalization over a whole batch, of which each worker has a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kspec.training.workers.cluster import Cluster

Moments = tuple[tf.Tensor, tf.Tensor]


def normalizing_layers(layer: keras.Layer) -> list[keras.layers.BatchNormalization]:
    """The layers in a layer, itself included, that normalize by the statistics of a batch."""
    return [each for each in layer._flatten_layers() if isinstance(each, keras.layers.BatchNormalization)]


def moments_of(layer: keras.layers.BatchNormalization, cluster: Cluster) -> Callable[[Any, Any], Moments]:
    """What takes the place of the layer's `_moments`: mean and variance over the parts of all workers.

    Args:
        layer: The layer.
        cluster: The workers.
    """

    def moments(inputs: tf.Tensor, mask: tf.Tensor | None) -> Moments:
        values = tf.cast(inputs, tf.float32) if inputs.dtype in (tf.float16, tf.bfloat16) else inputs
        pair = _plain(layer, cluster, values) if mask is None else _masked(layer, cluster, values, mask)
        if values.dtype == inputs.dtype:
            return pair
        mean, variance = (tf.clip_by_value(each, tf.float16.min, tf.float16.max) for each in pair)
        return tf.cast(mean, inputs.dtype), tf.cast(variance, inputs.dtype)

    return moments


def _plain(layer: Any, cluster: Cluster, values: tf.Tensor) -> Moments:
    """As `tf.nn.moments` computes them.

    Args:
        layer: The layer.
        cluster: The workers.
        values: Its input, shape (size, …).
    """
    axes = layer._reduction_axes
    count = cluster.all_sum(tf.cast(tf.reduce_prod(tf.gather(tf.shape(values), axes)), values.dtype))
    mean = cluster.all_sum(tf.reduce_sum(values, axes)) / count
    distance = values - tf.stop_gradient(_spread(mean, layer, len(values.shape)))
    return mean, cluster.all_sum(tf.reduce_sum(tf.square(distance), axes)) / count


def _masked(layer: Any, cluster: Cluster, values: tf.Tensor, mask: tf.Tensor) -> Moments:
    """As Keras computes them where a mask leaves some positions out.

    Args:
        layer: The layer.
        cluster: The workers.
        values: Its input, shape (size, …, features).
        mask: The positions that count, shape (size, …).
    """
    axes, rank = layer._reduction_axes, len(values.shape)
    counts = tf.broadcast_to(tf.cast(mask, tf.bool)[..., None], tf.shape(values))
    weights = cluster.all_sum(tf.reduce_sum(tf.cast(counts, values.dtype), axes)) + keras.config.epsilon()
    zero = tf.zeros([], values.dtype)
    mean = cluster.all_sum(tf.reduce_sum(tf.where(counts, values, zero), axes)) / weights
    distance = tf.where(counts, values - _spread(mean, layer, rank), zero)
    return mean, cluster.all_sum(tf.reduce_sum(tf.square(distance), axes)) / weights


def _spread(moment: tf.Tensor, layer: Any, rank: int) -> tf.Tensor:
    """A statistic in a shape that broadcasts over the input.

    Args:
        moment: Shape (features,).
        layer: The layer.
        rank: The number of axes of its input.
    """
    shape = [1] * rank
    shape[layer.axis] = moment.shape[0]
    return tf.reshape(moment, shape)
