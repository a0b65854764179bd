"""The variables that training changes: weights and states of layers, of the optimizer and of the metrics."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kspec.training.checkpoints.values import Array, assign
from kspec.training.engine.stateful_engine import stateful_layers


def training_variables(model: Any, *, within_epoch: bool) -> dict[str, list[Any]]:
    """The variables of a compiled model by group: those of layers include the states of their random generators.

    The optimizer's are made, if they are not there yet.

    Args:
        model: The compiled model.
        within_epoch: Whether to include what begins anew with each epoch: metrics, and the states of stateful layers.
    """
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = {"model": list(model.variables), "optimizer": list(optimizer.variables)}
    if within_epoch:
        metrics = [variable for metric in model.metrics for variable in metric.variables]
        states = [state for layer in stateful_layers(model) for state in keras.tree.flatten(layer.states)]
        known = {id(variable) for variable in variables["model"]}
        variables["metrics"] = _distinct(metrics)
        variables["states"] = [state for state in _distinct(states) if id(state) not in known]
    return variables


def capture_variables(model: Any, arrays: list[Array], *, within_epoch: bool) -> dict[str, int]:
    """Adds the values of all variables.

    Args:
        model: The compiled model.
        arrays: Receives the values, in order.
        within_epoch: See `training_variables`.

    Returns:
        The number of variables in each group.
    """
    counts = {}
    for group, variables in training_variables(model, within_epoch=within_epoch).items():
        arrays.extend(np.asarray(variable.numpy()) for variable in variables)
        counts[group] = len(variables)
    return counts


def restore_variables(model: Any, counts: dict[str, int], arrays: list[Array]) -> None:
    """Gives all variables their values.

    Args:
        model: The model, compiled in the same way.
        counts: As `capture_variables` returned them.
        arrays: The values come first in it.

    Raises:
        ValueError: If there are other variables than those.
    """
    start = 0
    groups = training_variables(model, within_epoch="metrics" in counts)
    if set(counts) != set(groups):
        raise ValueError(f"it has variables of {', '.join(counts)}")
    for group, variables in groups.items():
        if counts[group] != len(variables):
            raise ValueError(f"{len(variables)} variables of the {group}, not {counts[group]}")
        for variable, array in zip(variables, arrays[start : start + len(variables)], strict=True):
            assign(variable, array)
        start += len(variables)


def _distinct(variables: list[Any]) -> list[Any]:
    return list({id(variable): variable for variable in variables}.values())
