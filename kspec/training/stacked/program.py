"""An epoch of many networks in one call: the step of one, vectorised over their weights, in a loop inside a graph."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer

from kspec.training.engine.patch import patch
from kspec.training.engine.tensors import Signature, Tensors
from kspec.training.engine.variables import make_variables
from kspec.training.hyperparameters import Hyperparameters

_PURE = ("_apply_weight_decay", "_backend_update_step", "_var_key", "assign", "assign_add", "assign_sub")
"""The methods of an optimizer that Keras overrides for TensorFlow with some that only take TensorFlow's variables."""

State = list[tf.Tensor]
"""The values of variables, each with a first axis of networks."""
Logs = dict[str, tf.Tensor]
"""Losses and metrics, a value for each network: shape (networks,)."""


class StackProgram:
    """Trains networks that share the layers of a model, but not their variables, and validates them.

    Keras runs the step in a `StatelessScope`, where its variables have the values of one network;
    `tf.vectorized_map` makes that the step of all. The number of networks is open: those that end leave.

    Args:
        model: The compiled model.
        core: What a step calls: the model without what is computed once.
        hyperparameters: Those that the networks have values of their own for.
        train: The specs of a batch to train on: inputs, targets, and weights if there are any.
        validation: Those of a batch to validate on.

    Attributes:
        variables: Those of the model and of its optimizer, whose values are the state of a network.
    """

    def __init__(
        self,
        model: keras.Model,
        core: keras.Layer,
        hyperparameters: Hyperparameters,
        train: Signature,
        validation: Signature,
    ) -> None:
        make_variables(model, "train", train)
        self.model = model
        self.core = core
        self.hyperparameters = hyperparameters
        self.variables = [*model.variables, *model.optimizer.variables]
        self._metrics = model.metrics_variables
        x, y, weights = keras.utils.unpack_x_y_sample_weight(train)
        several = () if weights is None else tf.nest.map_structure(_several, weights)
        signature = (
            [tf.TensorSpec([None, *variable.shape], variable.dtype) for variable in self.variables],
            (x, y),
            several,
            tf.TensorSpec([None, None], tf.int64),
            validation,
            [tf.TensorSpec([None], tf.float64) for _ in hyperparameters.values()],
            tf.TensorSpec([], tf.int32),
        )
        run = tf.function(self._epoch, input_signature=signature, autograph=False)
        with _pure(model.optimizer):
            self._run = run.get_concrete_function()

    def __call__(
        self,
        state: State,
        rows: Tensors,
        weights: Tensors,
        orders: tf.Tensor,
        validation: Tensors,
        numbers: State,
        batch_size: int,
    ) -> tuple[State, Logs, Logs]:
        """Trains each network for an epoch, and validates it.

        Args:
            state: The values of the variables.
            rows: Inputs and targets of the training split, first axis examples.
            weights: Sample weights, (networks, examples) for each output; an empty tuple if all weigh the same.
            orders: The examples of the epoch for each network: indices, int64, (networks, examples).
            validation: The validation split, first axis examples.
            numbers: The hyperparameters, float64, (networks,) each.
            batch_size: Examples in a step.

        Returns:
            The new state, and what is logged of training and of validation.
        """
        size = tf.constant(batch_size, tf.int32)
        found: tuple[State, Logs, Logs] = self._run(state, rows, weights, orders, validation, numbers, size)
        return found

    def _epoch(
        self,
        state: State,
        rows: Tensors,
        weights: Tensors,
        orders: tf.Tensor,
        validation: Tensors,
        numbers: State,
        size: tf.Tensor,
    ) -> tuple[State, Logs, Logs]:
        count = len(self.variables)

        def some(start: tf.Tensor, stop: tf.Tensor) -> tuple[Any, ...]:
            chosen = orders[:, start:stop]
            batch = tf.nest.map_structure(lambda tensor: tf.gather(tensor, chosen), rows)
            return (*batch, tf.nest.map_structure(lambda tensor: tf.gather(tensor, chosen, batch_dims=1), weights))

        def train(state: State, batch: Tensors) -> Any:
            return tf.vectorized_map(
                lambda each: self._train_step(each[0], each[1], *_weighted(*each[2])), (state, numbers, batch)
            )

        def validate(state: State, batch: Tensors) -> Any:
            x, y, own = keras.utils.unpack_x_y_sample_weight(batch)
            return tf.vectorized_map(lambda each: self._test_step(each[0], each[1], x, y, own), (state, numbers))

        def part(start: tf.Tensor, stop: tf.Tensor) -> Tensors:
            batch: Tensors = tf.nest.map_structure(lambda tensor: tensor[start:stop], validation)
            return batch

        first = self._fresh_metrics(tf.shape(orders)[0])
        trained = self._loop([*state, *first], train, some, tf.shape(orders)[1], size)
        examples = tf.shape(tf.nest.flatten(validation)[0])[0]
        validated = self._loop([*trained[:count], *first], validate, part, examples, size)
        return trained[:count], self._results(trained), self._results(validated)

    def _loop(
        self,
        state: State,
        step: Callable[[State, Any], State],
        batch_of: Callable[[tf.Tensor, tf.Tensor], Any],
        examples: tf.Tensor,
        size: tf.Tensor,
    ) -> State:
        """Runs a step over all batches, the last of which may be smaller.

        Args:
            state: The values of variables and metrics.
            step: Takes them, and a batch; returns the new ones.
            batch_of: Takes the first example and the one after the last.
            examples: How many there are.
            size: Examples in a batch.
        """

        def body(start: tf.Tensor, *state: tf.Tensor) -> tuple[tf.Tensor, ...]:
            stop = tf.minimum(start + size, examples)
            after = step(list(state), batch_of(start, stop))
            return (stop, *(tf.ensure_shape(new, old.shape) for new, old in zip(after, state, strict=True)))

        first = tf.zeros([], tf.int32)
        # one iteration at a time: a step needs the weights of the step before
        _, *state = tf.while_loop(lambda start, *_: start < examples, body, (first, *state), parallel_iterations=1)
        return state

    def _train_step(self, state: State, numbers: State, x: Tensors, y: Tensors, weights: Tensors | None) -> State:
        """The step of one network, as Keras's `train_step`; returns the new state."""
        model = self.model
        with self._scope(state) as scope, self.hyperparameters.as_inputs(numbers):
            values = [variable.value for variable in model.trainable_variables]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                predictions, loss = self._forward(x, y, weights, training=True)
            gradients = tape.gradient(loss, values)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            model.compute_metrics(x, y, predictions, sample_weight=weights)
            return self._state(scope)

    def _test_step(self, state: State, numbers: State, x: Tensors, y: Tensors, weights: Tensors | None) -> State:
        """The step of one network, as Keras's `test_step`; returns the new state."""
        with self._scope(state) as scope, self.hyperparameters.as_inputs(numbers):
            predictions, _ = self._forward(x, y, weights, training=False)
            self.model.compute_metrics(x, y, predictions, sample_weight=weights)
            return self._state(scope)

    def _forward(self, x: Tensors, y: Tensors, weights: Tensors | None, *, training: bool) -> tuple[Any, tf.Tensor]:
        """The predictions, and the loss, which the mean over batches takes in."""
        model = self.model
        predictions = self.core(x, training=training)
        loss = model._compute_loss(x=x, y=y, y_pred=predictions, sample_weight=weights, training=training)
        model._loss_tracker.update_state(loss, sample_weight=tf.shape(tf.nest.flatten(x)[0])[0])
        return predictions, loss

    def _fresh_metrics(self, networks: tf.Tensor) -> State:
        """The values with which metrics begin an epoch."""
        with keras.StatelessScope() as scope:
            type(self.model).reset_metrics(self.model)
            values = [scope.get_current_value(variable) for variable in self._metrics]
        repeated = [
            tf.tile(tf.cast(value, variable.dtype)[None], [networks, *[1] * len(variable.shape)])
            for value, variable in zip(values, self._metrics, strict=True)
        ]
        return [
            tf.ensure_shape(value, [None, *variable.shape])
            for value, variable in zip(repeated, self._metrics, strict=True)
        ]

    def _results(self, state: State) -> Logs:
        def results(state: State) -> Logs:
            with keras.StatelessScope(list(zip(self._all, state, strict=True))):
                return {name: tf.convert_to_tensor(value) for name, value in self.model.get_metrics_result().items()}

        logs: Logs = tf.vectorized_map(results, state)
        return logs

    @property
    def _all(self) -> list[Any]:
        return [*self.variables, *self._metrics]

    @contextmanager
    def _scope(self, state: State) -> Iterator[Any]:
        """Where the variables have the values of one network; metrics are not read there."""
        with (
            patch(self.model, get_metrics_result=dict),
            keras.StatelessScope(list(zip(self._all, state, strict=True))) as scope,
        ):
            yield scope

    def _state(self, scope: Any) -> State:
        return [scope.get_current_value(variable) for variable in self._all]


@contextmanager
def _pure(optimizer: Any) -> Iterator[None]:
    """Lets an optimizer write to Keras's variables, so that a `StatelessScope` sees it.

    Args:
        optimizer: The optimizer, built.
    """
    own = {name: types.MethodType(getattr(BaseOptimizer, name), optimizer) for name in _PURE}
    indices = {id(variable): index for index, variable in enumerate(optimizer._trainable_variables)}
    with ExitStack() as stack:
        stack.enter_context(patch(optimizer, **own, _trainable_variables_indices=indices))
        yield


def _several(spec: tf.TensorSpec) -> tf.TensorSpec:
    """The spec of what several networks have, given that of a batch."""
    return tf.TensorSpec([None, *spec.shape], spec.dtype)


def _weighted(x: Tensors, y: Tensors, weights: Tensors) -> tuple[Tensors, Tensors, Tensors | None]:
    """A batch as Keras takes it: without weights, there is None instead of an empty tuple."""
    return x, y, None if isinstance(weights, tuple) else weights
