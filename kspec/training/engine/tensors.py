"""Types of what the loops take and give: tensors, and the nested structures of them that batches are."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

import tensorflow as tf

Tensors: TypeAlias = "tf.Tensor | tuple[Tensors, ...] | list[Tensors] | dict[str, Tensors]"
"""A tensor, or a structure of tensors as `tf.nest` knows them; first axis examples."""

Signature: TypeAlias = "tf.TensorSpec | tuple[Signature, ...] | list[Signature] | dict[str, Signature]"
"""The specs of `Tensors`; the size of the first axis is open."""

StepName = Literal["train", "test"]


class StepFunction(Protocol):
    """A step of Keras (`train_step`, `test_step`, `predict_step`), bound to a model."""

    def __call__(self, batch: Tensors, /) -> Any:
        """Runs the step on a batch."""


class Loop(Protocol):
    """A traced loop over batches."""

    def __call__(self, rows: Tensors, start: tf.Tensor, stop: tf.Tensor, /) -> Any:
        """Runs the batches from `start` to before `stop`, counted in the rows; int32 scalars."""
