"""The hyperparameters of a model's layers as inputs of what is traced, so that other values need no other trace.

While a function is traced, the attributes that hold them are `Input`s: they compare as the numbers do, and become
tensors where they are computed with. The results are those of a function in which the numbers are constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import random as backend_random

from kspec.analysis.hyperparameters import OF_LAYERS, OF_REGULARIZERS, is_value
from kspec.training.engine.patch import patch


class Input:
    """A number that is an input of the function that is traced.

    Args:
        value: The number, by which Keras decides what to trace.
        tensor: The input, a float64 scalar.
    """

    def __init__(self, value: float, tensor: tf.Tensor) -> None:
        self.value = value
        self.tensor = tensor
        self._kept = {tf.float32: (tf.cast(tensor, tf.float32), tf.cast(1 / (1 - tensor), tf.float32))}

    def number(self, dtype: Any = tf.float32) -> tf.Tensor:
        """The number as a tensor."""
        return self._kept[dtype][0] if dtype in self._kept else tf.cast(self.tensor, dtype)

    def scale(self, dtype: Any) -> tf.Tensor:
        """By which dropout of this rate multiplies what it keeps."""
        return self._kept[dtype][1] if dtype in self._kept else tf.cast(1 / (1 - self.tensor), dtype)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        return self.number(dtype or tf.float32)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value == other

    def __hash__(self) -> int:
        return id(self)

    def __lt__(self, other: float) -> bool:
        return self.value < other

    def __gt__(self, other: float) -> bool:
        return self.value > other


class Hyperparameters:
    """Those of a model that its functions take as inputs.

    Args:
        model: The model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._places = [
            (owner, name)
            for owner, names in _owners(model)
            for name in names
            if is_value(name, float(getattr(owner, name)))
        ]
        self._variables = [tf.Variable(value, dtype=tf.float64, trainable=False) for value in self.values()]

    def values(self) -> list[float]:
        """The numbers, in the order of layers and variables."""
        return [float(getattr(owner, name)) for owner, name in self._places]

    def move(self, other: Hyperparameters) -> bool:
        """Takes over the numbers of an equal model.

        Args:
            other: Those of the other model.

        Returns:
            Whether one of them has changed.
        """
        new = other.values()
        if new == self.values():
            return False
        for (owner, name), (source, _), variable, value in zip(
            self._places, other._places, self._variables, new, strict=True
        ):
            setattr(owner, name, getattr(source, name))
            variable.assign(value)
        return True

    @contextmanager
    def as_inputs(self, tensors: Sequence[tf.Tensor] | None = None) -> Iterator[None]:
        """Lets what is traced meanwhile take them as inputs.

        Args:
            tensors: The inputs, float64 scalars; by default variables with the numbers that the model has then.
        """
        if not self._places:
            yield
            return
        inputs = [variable.value() for variable in self._variables] if tensors is None else tensors
        with ExitStack() as stack:
            for (owner, name), value, tensor in zip(self._places, self.values(), inputs, strict=True):
                stack.enter_context(patch(owner, **{name: Input(value, tensor)}))
            stack.enter_context(patch(backend_random, dropout=_dropout))
            yield


def _owners(model: keras.Model) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The layers and regularizers that have hyperparameters, each once, with the names of these."""
    known: dict[int, tuple[Any, tuple[str, ...]]] = {}
    for layer in model._flatten_layers():
        if not isinstance(layer, keras.layers.RNN):  # its cell has them
            known[id(layer)] = layer, _names(layer, OF_LAYERS)
        regularizer = getattr(layer, "activity_regularizer", None)
        known[id(regularizer)] = regularizer, _names(regularizer, OF_REGULARIZERS)
    for variable in model.variables:
        regularizer = getattr(variable, "regularizer", None)
        known[id(regularizer)] = regularizer, _names(regularizer, OF_REGULARIZERS)
    yield from ((owner, names) for owner, names in known.values() if names)


def _names(owner: Any, names: Any) -> tuple[str, ...]:
    """The names that a class has in a table; none for a class that is not Keras's own."""
    kind = type(owner)
    found: tuple[str, ...] = names.get(kind.__name__, ()) if kind.__module__.startswith("keras.src.") else ()
    return found


def _dropout(
    inputs: Any, rate: Any, noise_shape: Any = None, seed: Any = None, known: Any = backend_random.dropout
) -> Any:
    """Dropout as Keras has it, of a rate that may be an input.

    Args:
        inputs: What is dropped from.
        rate: The fraction of it.
        noise_shape: The shape of the mask.
        seed: Draws it.
        known: What Keras calls for a rate that is a number.
    """
    if not isinstance(rate, Input):
        return known(inputs, rate, noise_shape, seed)
    drawn_with = backend_random._cast_seed(backend_random.draw_seed(seed))
    values = tf.convert_to_tensor(inputs)
    shape = backend_random._get_concrete_noise_shape(values, noise_shape)
    drawn = tf.random.stateless_uniform(shape, drawn_with, dtype=values.dtype)
    kept = drawn >= rate.number(values.dtype)
    result = tf.where(kept, values * rate.scale(values.dtype), tf.zeros([], values.dtype))
    return tf.ensure_shape(result, values.shape)
