"""Random numbers under XLA: the ones that the same seed gives without it.

TensorFlow and XLA draw the same bits (Philox), but make other floats of them. While a loop is traced for XLA, floats
are made of the bits here, as TensorFlow's kernels make them: the lowest bits are the mantissa of a number from 1 to 2,
less 1; normals by Box and Muller's method, from pairs of these. Integers are the same anyway.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import tensorflow as tf

from kspec.training.engine.patch import patch

_MANTISSA = {tf.float32: (23, 127, tf.uint32), tf.float16: (10, 15, tf.uint16), tf.bfloat16: (7, 127, tf.uint16)}
_LEAST = 1e-7
"""What stands for smaller numbers under the logarithm."""
_REFUSED = (
    "stateless_truncated_normal_v2",
    "stateless_random_gamma_v3",
    "stateless_random_binomial",
    "stateless_random_poisson",
    "stateless_multinomial",
    "stateless_parameterized_truncated_normal",
)


class OtherRandomness(NotImplementedError):
    """A distribution whose numbers would be others under XLA."""


@contextmanager
def same_randomness() -> Iterator[None]:
    """While it lasts, what is traced draws the numbers that it would draw without XLA.

    Raises:
        OtherRandomness: where a distribution is drawn from that this does not know.
    """
    older, ops = (import_module(f"tensorflow.python.ops.gen_stateless_random_ops{version}") for version in ("", "_v2"))
    known = {"stateless_random_uniform_v2": _uniform, "stateless_random_normal_v2": _normal}
    refused = {name: _refuser(name) for name in _REFUSED}
    with (
        patch(ops, **known, **{name: refuse for name, refuse in refused.items() if hasattr(ops, name)}),
        patch(older, **{name: refuse for name, refuse in refused.items() if hasattr(older, name)}),
    ):
        yield


def _uniform(shape: Any, key: Any, counter: Any, alg: Any, dtype: Any = tf.float32, name: Any = None) -> Any:
    return _floats(_bits(shape, key, counter, alg, name), tf.as_dtype(dtype))


def _normal(shape: Any, key: Any, counter: Any, alg: Any, dtype: Any = tf.float32, name: Any = None) -> Any:
    dtype = tf.as_dtype(dtype)
    shape = tf.convert_to_tensor(shape, tf.int32)
    count = tf.reduce_prod(shape)
    even = (count + 1) // 2 * 2
    drawn = tf.reshape(_floats(_bits(even[None], key, counter, alg, name), tf.float32), [-1, 2])
    radius = tf.sqrt(-2.0 * tf.math.log(tf.maximum(drawn[:, 0], _LEAST)))
    angle = 2.0 * math.pi * drawn[:, 1]
    normals = tf.stack([tf.sin(angle) * radius, tf.cos(angle) * radius], axis=1)
    return tf.cast(tf.reshape(tf.reshape(normals, [-1])[:count], shape), dtype)


def _bits(shape: Any, key: Any, counter: Any, alg: Any, name: Any) -> Any:
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=shape, key=key, counter=counter, alg=alg, dtype=tf.uint32, name=name
    )


def _floats(bits: Any, dtype: Any) -> Any:
    if dtype not in _MANTISSA:
        raise OtherRandomness(f"random numbers of {dtype.name} would be others under XLA")
    width, exponent, whole = _MANTISSA[dtype]
    mantissa = tf.bitwise.bitwise_and(tf.cast(bits, whole), tf.constant((1 << width) - 1, whole))
    between = tf.bitwise.bitwise_or(mantissa, tf.constant(exponent << width, whole))
    return tf.bitcast(between, dtype) - tf.constant(1, dtype)


def _refuser(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OtherRandomness(f"{name.removeprefix('stateless_')} would draw other numbers than without it")

    return refuse
