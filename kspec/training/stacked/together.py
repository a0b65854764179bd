"""Which networks train together, and in stacks of what size."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec.analysis.stages import stage_callbacks
from kspec.backend.keras_objects import Maker
from kspec.compiler.define import BuiltModel
from kspec.data.pipeline import Batches
from kspec.training.engine.fused import FusedEngine
from kspec.training.engine.row_source import RowSource
from kspec.training.engine.schedule import Schedule
from kspec.training.engine.stateful_engine import stateful_layers
from kspec.training.learned_state import has_same_state
from kspec.training.shared_model import SharedModel
from kspec.training.stacked.program import StackProgram
from kspec.training.stacked.stack import Logs, Member, Record, train_stack

MAX_NETWORKS = 64
"""The most networks of a stack."""
RECORD_BYTES = 256 << 20
"""The memory of the weights that a stack records, for each epoch and network."""
MIN_STEPS = 4000
"""The fewest steps of all networks together that are worth tracing a program: alone, these take some two seconds."""
_ENDS = ("EarlyStopping", "TerminateOnNaN")
"""The callbacks that end training."""


class CannotStack(Exception):
    """Networks that train alone, for the reason in the message."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network that may train together with others.

    Args:
        built: The model, as it has been built, not compiled.
        train: Examples to train on.
        validation: Examples to validate on.
        ends: Called with the number of an epoch, from 1, and its logs; whether training ends there.
    """

    built: BuiltModel
    train: Batches
    validation: Batches
    ends: Callable[[int, Logs], bool]


def train_together(
    shared: SharedModel, candidates: Sequence[Candidate], check: Callable[[], None] = lambda: None
) -> list[Record | None]:
    """Trains networks of one form, in the fewest stacks that fit in memory.

    Args:
        shared: The model that they train one after another, otherwise; it fits the first.
        candidates: The networks.
        check: Called after each epoch; may raise.

    Returns:
        What each has yielded; None for a network that has to train alone.

    Raises:
        CannotStack: If none of them can train with others.
        Exception: Whatever Keras and TensorFlow raise for what they cannot do in a stack.
    """
    records: list[Record | None] = [None] * len(candidates)
    together = _alike(shared, candidates)
    first = candidates[together[0]]
    weights = sum(int(np.prod(variable.shape)) for variable in first.built.model.variables)
    epochs = first.built.settings.stages[0].epochs
    most = min(MAX_NETWORKS, RECORD_BYTES // max(1, 4 * weights * epochs))
    if min(most, len(together)) < 2 or len(together) * epochs * first.train.steps < MIN_STEPS:
        return records
    program, rows, validation = _program(shared, first)
    count = -(-len(together) // most)
    for part in range(count):
        members = together[part::count]
        stack = [_member(shared, program, candidates[index]) for index in members]
        for index, record in zip(members, train_stack(program, stack, rows, validation, epochs, check), strict=True):
            records[index] = record
    return records


def _alike(shared: SharedModel, candidates: Sequence[Candidate]) -> list[int]:
    """The networks that differ from the first in nothing but values, and have the same examples."""
    first = candidates[0]
    return [
        index
        for index, other in enumerate(candidates)
        if shared.fits(other.built)
        and all(map(has_same_state, first.built.model._flatten_layers(), other.built.model._flatten_layers()))
        and _has_same_examples(first.train, other.train)
        and _has_same_examples(first.validation, other.validation, weights=True)
        and other.built.settings.stages[0].epochs == first.built.settings.stages[0].epochs
    ]


def _has_same_examples(one: Batches, other: Batches, *, weights: bool = False) -> bool:
    """Whether batches are made of the same arrays, in memory.

    Args:
        one: The batches.
        other: The others.
        weights: Whether the sample weights must be equal, too.
    """
    if not one.in_memory or not other.in_memory or one.is_mapped or other.is_mapped:
        return False
    if one.batch_size != other.batch_size or one.examples != other.examples or not one.targets:
        return False
    groups = [(one.inputs, other.inputs), (one.targets, other.targets)]
    groups += [(one.weights, other.weights)] if weights else []
    return one.weights.keys() == other.weights.keys() and all(
        left[name] is right[name] or np.array_equal(left[name], right[name]) for left, right in groups for name in left
    )


def _program(shared: SharedModel, first: Candidate) -> tuple[StackProgram, Batches, Batches]:
    """The program that trains the networks, and the examples as it takes them.

    Raises:
        CannotStack: If they cannot train together.
    """
    built = shared.adopt(first.built)
    model = built.model
    stage = built.settings.stages[0]
    shared.compile(built, stage.optimizer)
    if not _is_known(model):
        raise CannotStack("parts of the model may not vectorise")
    engine = FusedEngine(model, "fused", built.graph, built.network, traces=shared.traces)
    schedule = Schedule(stage.epochs, first.train.steps, first.validation.steps)
    train, validation, core = engine.core(first.train, first.validation, schedule)
    sources = [RowSource(batches) for batches in (train, validation)]
    if not all(source.resident for source in sources) or (core is model and _learns_from_data(model)):
        raise CannotStack("the examples do not fit in memory")
    signatures = [source.signature for source in sources]
    if any(spec.dtype == tf.string for spec in tf.nest.flatten(signatures)):
        raise CannotStack("text does not vectorise")
    key = "stack", id(model.optimizer), str(signatures)
    hyperparameters = shared.traces.hyperparameters
    assert hyperparameters is not None
    program = shared.traces.program(core, key, lambda: StackProgram(model, core, hyperparameters, *signatures))
    return program, train, validation


def _is_known(model: Any) -> bool:
    """Whether all parts of a compiled model are known to compute the same in a stack."""
    optimizer = model.optimizer
    metrics = model._compile_metrics
    user = [] if metrics is None else keras.tree.flatten([metrics._user_metrics, metrics._user_weighted_metrics])
    return (
        not stateful_layers(model)
        and not optimizer.use_ema
        and not optimizer.gradient_accumulation_steps
        and optimizer.loss_scale_factor is None
        and all(variable.constraint is None for variable in model.trainable_variables)
        and all(getattr(layer, "activity_regularizer", None) is None for layer in model._flatten_layers())
        and all(_is_of_keras(metric) for metric in user)
        and all(_is_of_keras(loss) for loss in keras.tree.flatten(model._compile_loss._user_loss))
    )


def _is_of_keras(value: Any) -> bool:
    """Whether a loss or a metric is one of Keras's."""
    return value is None or isinstance(value, str) or type(value).__module__.startswith("keras.src.")


def _learns_from_data(model: keras.Model) -> bool:
    """Whether preprocessing is a part of what each step computes."""
    return any(hasattr(layer, "adapt") for layer in model._flatten_layers())


def _member(shared: SharedModel, program: StackProgram, candidate: Candidate) -> Member:
    """A network as it is before training."""
    built = shared.adopt(candidate.built)
    stage = built.settings.stages[0]
    shared.compile(built, stage.optimizer)
    state = [variable.numpy() for variable in program.variables]
    # a model of its own: a callback sets `stop_training`, and one that restores weights asks for them
    stop = SimpleNamespace(stop_training=False, metrics=built.model.metrics, get_weights=list)
    callbacks = [
        Maker().object("callback", value)
        for value in stage_callbacks(built.spec, stage)
        if (value if isinstance(value, str) else next(iter(value))) in _ENDS
    ]
    for callback in callbacks:
        callback.set_model(stop)
        callback.on_train_begin()

    def ends(number: int, logs: Logs) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come again when the network has its turn
            for callback in callbacks:
                callback.on_train_batch_end(0, logs)
                callback.on_epoch_end(number - 1, logs)
        return candidate.ends(number, logs) or stop.stop_training

    return Member(state, program.hyperparameters.values(), candidate.train, ends)
