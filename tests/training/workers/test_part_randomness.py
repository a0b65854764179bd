"""The parts of a batch draw what the batch draws."""

import numpy as np
import pytest

DRAWN = {
    "rows": lambda tf, x: tf.random.stateless_uniform(tf.shape(x), seed=[1, 2]),
    "normals": lambda tf, x: tf.random.stateless_normal([tf.shape(x)[0], 1], seed=[3, 4]),
    "merged steps": lambda tf, x: tf.random.stateless_uniform(
        [tf.shape(x)[0] * 3, 2], seed=[1, 2], maxval=9, dtype="int32"
    ),
    "shared": lambda tf, x: tf.random.stateless_uniform([1, 4], seed=[1, 2]) + 0 * x[:1],
    "dropout": lambda tf, x: tf.nn.experimental.stateless_dropout(x, 0.5, seed=[5, 6]),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("rows", [7, 1])
def test_parts_equal_the_batch(name, rows):
    import tensorflow as tf

    from kspec.training.workers.cluster import Cluster
    from kspec.training.workers.part import Part
    from kspec.training.workers.part_randomness import randomness_of

    def draw(x, rank=None):
        if rank is None:
            return DRAWN[name](tf, x)
        part = Part.of(Cluster(rank, 3), tf.shape(x)[0], 7)
        with randomness_of(part):
            return DRAWN[name](tf, part.of_batch(x))

    def traced(rank):
        return tf.function(lambda x: draw(x, rank), input_signature=[tf.TensorSpec([None, 4])], autograph=False)

    x = tf.ones([rows, 4])
    whole, parts = traced(None)(x).numpy(), [traced(rank)(x).numpy() for rank in range(3)]
    if name == "shared":
        assert all(np.array_equal(part, whole) for part in parts if len(part))
    else:
        assert np.array_equal(np.concatenate(parts), whole)
