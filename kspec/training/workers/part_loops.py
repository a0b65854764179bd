"""The loops of a model whose steps several workers take together.

A step is Keras's own. The model that it calls computes the predictions of this worker's part of the batch and gathers
those of all parts, so that losses, weights of examples, masks and metrics are computed on the whole batch, as in one
process. The gradient of a prediction goes back to the worker that computed it; the optimizer adds up what all of
them have for each weight. So every worker takes the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask

from kspec.training.engine.loops import Loops, StepProxy
from kspec.training.engine.patch import patch
from kspec.training.engine.tensors import StepFunction, Tensors
from kspec.training.workers.batch_moments import moments_of, normalizing_layers
from kspec.training.workers.cluster import Cluster
from kspec.training.workers.part import Part
from kspec.training.workers.part_randomness import randomness_of


class PartLoops(Loops):
    """The loops of a model; all workers run the same ones at the same time.

    Args:
        model: The compiled Keras model.
        core: What the steps call.
        batch_size: Examples in a step, of all workers together.
        cluster: The workers.
    """

    def __init__(self, model: keras.Model, core: keras.Layer, batch_size: int, cluster: Cluster) -> None:
        super().__init__(model, core, batch_size)
        kind = type(model)
        self._steps = {
            "train": self._shared(kind.train_step, cluster),
            "test": self._shared(kind.test_step, cluster),
        }

    def _shared(self, step: Callable[[Any, Tensors], Any], cluster: Cluster) -> StepFunction:
        def take(batch: Tensors) -> Any:
            inputs, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
            part = Part.of(cluster, tf.shape(tf.nest.flatten(inputs)[0])[0], self.batch_size)
            proxy = PartProxy(self.model, self.core, part)
            with proxy.shared_losses():
                return step(proxy, batch)

        return take


class PartProxy(StepProxy):
    """The `self` of a model's own steps, where each worker computes a part of the batch.

    Args:
        model: The compiled Keras model.
        core: What computes the predictions.
        part: The part of this worker.
    """

    def __init__(self, model: keras.Model, core: keras.Layer, part: Part) -> None:
        super().__init__(model, core)
        self._part = part
        self.optimizer = SharedOptimizer(model.optimizer, part)

    def __call__(self, inputs: Tensors, **settings: Any) -> Tensors:
        part = self._part
        with ExitStack() as patches:
            for layer in normalizing_layers(self._core):
                patches.enter_context(patch(layer, _moments=moments_of(layer, part.cluster)))
            patches.enter_context(randomness_of(part))
            outputs = self._core(tf.nest.map_structure(part.of_batch, inputs), **settings)
        return tf.nest.map_structure(self._gather, outputs)

    def compute_metrics(self, *values: Any, **more: Any) -> Any:
        """As the model does, in the process whose metrics are read."""
        return self._model.compute_metrics(*values, **more) if self._part.cluster.is_chief else {}

    @contextmanager
    def shared_losses(self) -> Iterator[None]:
        """Makes the losses that the model adds to those of its outputs those of the whole batch."""
        model, cluster = self._model, self._part.cluster
        of_weights = set[int]()

        def get_regularization_losses() -> list[tf.Tensor]:
            losses = [_shared_by(cluster, loss) for loss in type(model)._get_regularization_losses(model)]
            of_weights.update(id(loss) for loss in losses)
            return losses

        def aggregate_additional_loss(loss: tf.Tensor) -> tf.Tensor:
            total = type(model)._aggregate_additional_loss(model, loss)
            return total if id(loss) in of_weights else self._of_all_parts(total)

        with patch(
            model,
            _get_regularization_losses=get_regularization_losses,
            _aggregate_additional_loss=aggregate_additional_loss,
        ):
            yield

    def _gather(self, tensor: tf.Tensor) -> tf.Tensor:
        rows, mask = self._part.gather(tensor), get_keras_mask(tensor)
        if mask is not None:
            set_keras_mask(rows, self._part.gather(mask))
        return rows

    def _of_all_parts(self, loss: tf.Tensor) -> tf.Tensor:
        """The loss of a layer's values over the whole batch; it is a mean over examples, as Keras's are."""
        part, number = self._part, self._part.cluster.numbers(1)[0]

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def add_up(own: tf.Tensor) -> Any:
            # what this worker's weights change of the sum is what they change of its own part
            return part.cluster.reduce(own, number), lambda upstream: upstream

        own = tf.where(part.size > 0, loss * tf.cast(part.fraction, loss.dtype), tf.zeros([], loss.dtype))
        total: tf.Tensor = add_up(own)
        return total


class SharedOptimizer:
    """An optimizer that takes the gradients of all workers together.

    Args:
        optimizer: The model's optimizer.
        part: The part of the batch that this worker has.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer, part: Part) -> None:
        self._optimizer = optimizer
        self._part = part

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> Any:
        """Applies the gradients of the whole batch, given those of the part."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        sparse = [n for n, each in enumerate(gradients) if isinstance(each, tf.IndexedSlices)]
        dense = [n for n, each in enumerate(gradients) if each is not None and n not in sparse]
        for place in dense:
            gradients[place].set_shape(variables[place].shape)
        totals: dict[int, Any] = dict(
            zip(dense, self._part.cluster.sum_each([gradients[n] for n in dense]), strict=True)
        )
        totals |= dict(zip(sparse, self._part.gather_slices([gradients[n] for n in sparse]), strict=True))
        return self._optimizer.apply_gradients([(totals.get(n), variable) for n, variable in enumerate(variables)])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optimizer, name)


def _shared_by(cluster: Cluster, loss: tf.Tensor) -> tf.Tensor:
    """A loss of the weights, which every worker computes: their gradients add up to that of one."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def share(value: tf.Tensor) -> Any:
        return tf.identity(value), lambda upstream: upstream / cluster.count

    shared: tf.Tensor = share(loss)
    return shared
