"""The forward pass of a model, traced once for batches of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.backend.tensorflow import import_tensorflow
from kspec.data.pipeline import Batches

Array = np.ndarray[Any, Any]

CHUNK = 1024
"""How many examples pass through the model at once."""


class ForwardPass:
    """Predicts as an engine does, without what `Model.predict` prepares for each call.

    Args:
        model: The Keras model.
        fixed_batch: The only number of examples that it takes; None if it takes any.
    """

    def __init__(self, model: Any, fixed_batch: int | None) -> None:
        tf = import_tensorflow()

        self._size, self._fixed = fixed_batch or CHUNK, fixed_batch
        self._names = list(model.input_names) if hasattr(model, "input_names") else [each.name for each in model.inputs]
        signature = {
            name: tf.TensorSpec([fixed_batch, *tensor.shape[1:]], tensor.dtype)
            for name, tensor in zip(self._names, model.inputs, strict=True)
        }

        def run(inputs: Mapping[str, Any]) -> Any:
            return model(inputs if len(inputs) > 1 else next(iter(inputs.values())), training=False)

        self._function = tf.function(run, input_signature=[signature], autograph=False).get_concrete_function()
        self._types = {name: spec.dtype for name, spec in signature.items()}

    def predict(self, batches: Batches, steps: int | None = None) -> Any:  # noqa: ARG002 (that of an engine)
        """The outputs of the model, shape (n, …); a dict by output if it has several."""
        return self(batches.inputs)

    def __call__(self, inputs: Mapping[str, Any]) -> Any:
        """The outputs of the model for examples.

        Args:
            inputs: By input, shape (n, …).

        Returns:
            Shape (n, …); a dict by output if the model has several.
        """
        tf = import_tensorflow()

        count = len(next(iter(inputs.values())))
        pieces = [self._piece(inputs, slice(start, start + self._size)) for start in range(0, count, self._size)]
        if len(pieces) == 1:
            return pieces[0]
        return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *pieces)

    def _piece(self, inputs: Mapping[str, Any], rows: slice) -> Any:
        tf = import_tensorflow()

        arrays = {name: _array(inputs[name][rows]) for name in self._types}
        count = len(next(iter(arrays.values())))
        if self._fixed is not None and count < self._fixed:
            missing = self._fixed - count  # a few examples again, whose outputs are dropped
            arrays = {name: np.concatenate([each, each[:1].repeat(missing, 0)]) for name, each in arrays.items()}
        tensors = {name: tf.constant(each, self._types[name]) for name, each in arrays.items()}
        return tf.nest.map_structure(lambda each: each.numpy()[:count], self._function(tensors))


def _array(values: Any) -> Array:
    """The examples of an input as an array; files are decoded, and windows gathered."""
    return values if isinstance(values, np.ndarray) else np.asarray(values.array())
