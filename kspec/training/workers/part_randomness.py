"""Random numbers of a part of a batch that equal those of the whole batch in one process.

All workers draw from equal generators. Where the first axis of what is drawn counts examples, a worker draws numbers
for all of them, and takes its own; numbers that all examples share are the same in each worker anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import tensorflow as tf

from kspec.training.engine.patch import patch
from kspec.training.workers.part import Part

_DRAWING = (
    "stateless_random_uniform_v2",
    "stateless_random_normal_v2",
    "stateless_truncated_normal_v2",
    "stateless_random_uniform_int_v2",
    "stateless_random_uniform_full_int_v2",
)
"""TensorFlow's operations whose first argument is the shape of what they draw."""


@contextmanager
def randomness_of(part: Part) -> Iterator[None]:
    """Makes what is traced meanwhile draw the numbers that the examples of a part have in the whole batch."""
    module = import_module("tensorflow.python.ops.gen_stateless_random_ops_v2")
    with patch(module, **{name: _of_part(getattr(module, name), part) for name in _DRAWING}):
        yield


def _of_part(draw: Callable[..., Any], part: Part) -> Callable[..., Any]:
    def draw_part(shape: Any, *arguments: Any, **more: Any) -> Any:
        shape = tf.convert_to_tensor(shape)
        known = tf.zeros(shape, tf.bool).shape
        if not known or known[0] is not None:  # no axis of examples: their number is open
            return draw(shape, *arguments, **more)
        size, rows, start = (tf.cast(each, shape.dtype) for each in (part.size, part.rows, part.start))
        several = shape[0] // tf.maximum(size, 1)  # of each example, where its steps are merged into the first axis
        counts_examples = tf.logical_and(size > 0, tf.equal(several * size, shape[0]))
        first = tf.where(counts_examples, several * start, 0)
        length = tf.where(counts_examples, several * rows, shape[0])
        drawn = draw(tf.concat([length[None], shape[1:]], 0), *arguments, **more)
        own = drawn[first : first + shape[0]]
        own.set_shape(known)
        return own

    return draw_part
