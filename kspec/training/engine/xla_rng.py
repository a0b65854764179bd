"""Random numbers under XLA that equal those without it for the same seed.

TensorFlow and XLA draw the same bits (Philox), but convert them to different floats. While a loop is traced for XLA,
this module converts the bits as TensorFlow's kernels do: the lowest bits are the mantissa of a number from 1 to 2,
minus 1; normals come from pairs of these by the Box-Muller method. Integers are the same anyway.
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
_MIN = 1e-7
"""Smaller numbers are replaced by it under the logarithm."""
_UNSUPPORTED = (
    "stateless_truncated_normal_v2",
    "stateless_random_gamma_v3",
    "stateless_random_binomial",
    "stateless_random_poisson",
    "stateless_multinomial",
    "stateless_parameterized_truncated_normal",
)


class UnsupportedRandomness(NotImplementedError):
    """A distribution whose numbers would differ under XLA."""


@contextmanager
def same_randomness() -> Iterator[None]:
    """Makes what is traced meanwhile draw the same numbers as without XLA.

    Raises:
        UnsupportedRandomness: for a distribution without such a conversion.
    """
    older, ops = (import_module(f"tensorflow.python.ops.gen_stateless_random_ops{version}") for version in ("", "_v2"))
    known = {"stateless_random_uniform_v2": _uniform, "stateless_random_normal_v2": _normal}
    rejected = {name: _rejecter(name) for name in _UNSUPPORTED}
    with (
        patch(ops, **known, **{name: reject for name, reject in rejected.items() if hasattr(ops, name)}),
        patch(older, **{name: reject for name, reject in rejected.items() if hasattr(older, name)}),
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
    radius = tf.sqrt(-2.0 * tf.math.log(tf.maximum(drawn[:, 0], _MIN)))
    angle = 2.0 * math.pi * drawn[:, 1]
    normals = tf.stack([tf.sin(angle) * radius, tf.cos(angle) * radius], axis=1)
    return tf.cast(tf.reshape(tf.reshape(normals, [-1])[:count], shape), dtype)


def _bits(shape: Any, key: Any, counter: Any, alg: Any, name: Any) -> Any:
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=shape, key=key, counter=counter, alg=alg, dtype=tf.uint32, name=name
    )


def _floats(bits: Any, dtype: Any) -> Any:
    if dtype not in _MANTISSA:
        raise UnsupportedRandomness(f"random numbers of {dtype.name} would differ under XLA")
    width, exponent, integer = _MANTISSA[dtype]
    mantissa = tf.bitwise.bitwise_and(tf.cast(bits, integer), tf.constant((1 << width) - 1, integer))
    unit = tf.bitwise.bitwise_or(mantissa, tf.constant(exponent << width, integer))
    return tf.bitcast(unit, dtype) - tf.constant(1, dtype)


def _rejecter(name: str) -> Callable[..., Any]:
    def reject(*_: Any, **__: Any) -> Any:
        raise UnsupportedRandomness(f"{name.removeprefix('stateless_')} would draw other numbers under XLA")

    return reject
