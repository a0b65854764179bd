"""Trains networks together, and records what each would have yielded alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from kspec.data.pipeline import Batches
from kspec.training.stacked.program import StackProgram

Array = np.ndarray[Any, Any]
Logs = dict[str, float]


@dataclass(frozen=True, slots=True)
class Member:
    """A network of a stack.

    Args:
        state: The values of its variables, and of its optimizer's, before training.
        numbers: The values of its hyperparameters.
        train: Its examples: their order and their weights are its own.
        ends: Called with the number of an epoch, from 1, and its logs; whether training ends there.
    """

    state: Sequence[Array]
    numbers: Sequence[float]
    train: Batches
    ends: Callable[[int, Logs], bool]


@dataclass(slots=True)
class Epoch:
    """What an epoch has yielded.

    Args:
        logs: Loss and metrics of training.
        validation: Those of validation.
        weights: The values of the model's variables.
    """

    logs: Logs
    validation: Logs
    weights: list[Array]


@dataclass(slots=True)
class Record:
    """What training a network has yielded.

    Args:
        epochs: By epoch.
        optimizer: The values of the optimizer's variables at the end.
        networks: How many networks were trained together.
    """

    epochs: list[Epoch] = field(default_factory=list)
    optimizer: list[Array] = field(default_factory=list)
    networks: int = 1


def train_stack(
    program: StackProgram,
    members: Sequence[Member],
    train: Batches,
    validation: Batches,
    epochs: int,
    check: Callable[[], None],
) -> list[Record]:
    """Trains networks together. Those that end leave the stack.

    Args:
        program: Runs an epoch of all.
        members: The networks.
        train: The examples that they share, as the program takes them.
        validation: The examples to validate on.
        epochs: The last epoch.
        check: Called after each epoch; may raise.

    Returns:
        What each has yielded.
    """
    records = [Record(networks=len(members)) for _ in members]
    running = list(range(len(members)))
    count = len(program.model.variables)
    rows, held_out = train.tensors()[:2], validation.tensors()
    weights = _weights(members)
    state = [tf.constant(np.stack(values)) for values in zip(*(member.state for member in members), strict=True)]
    numbers = [tf.constant(values, tf.float64) for values in zip(*(each.numbers for each in members), strict=True)]
    for number in range(1, epochs + 1):
        orders = np.stack([members[index].train.order(number - 1) for index in running])
        order = tf.constant(orders)
        state, logs, validated = program(state, rows, weights, order, held_out, numbers, train.batch_size)
        values = [tensor.numpy() for tensor in state]
        own, others = _by_network(logs, len(running)), _by_network(validated, len(running))
        stay = []
        for place, index in enumerate(running):
            record = records[index]
            record.epochs.append(Epoch(own[place], others[place], [value[place] for value in values[:count]]))
            known = own[place] | {f"val_{name}": value for name, value in others[place].items()}
            if number < epochs and not members[index].ends(number, known):
                stay.append(place)
            else:
                record.optimizer = [value[place].copy() for value in values[count:]]
        check()
        if not stay:
            break
        if len(stay) < len(running):
            running = [running[place] for place in stay]
            state, numbers = ([tf.gather(tensor, stay) for tensor in each] for each in (state, numbers))
            weights = tf.nest.map_structure(lambda tensor, stay=stay: tf.gather(tensor, stay), weights)
    return records


def _weights(members: Sequence[Member]) -> Any:
    """The sample weights of the networks, (networks, examples) for each output; an empty tuple if there are none."""
    first = members[0].train
    several = {name: tf.constant(np.stack([each.train.weights[name] for each in members])) for name in first.weights}
    if first.single_target:
        return next(iter(several.values()), ())
    return several or ()


def _by_network(logs: dict[str, tf.Tensor], networks: int) -> list[Logs]:
    """What is logged, by network."""
    arrays = {name: tensor.numpy() for name, tensor in logs.items()}
    return [{name: float(values[place]) for name, values in arrays.items()} for place in range(networks)]
