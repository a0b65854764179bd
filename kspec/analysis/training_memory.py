"""The memory of training, as far as the network and its settings decide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.analysis.program import Analysis
from kspec.analysis.shapes.dtypes import bytes_of
from kspec.analysis.stages import Stage, trained_sizes

_VALUES = {
    **dict.fromkeys(("Adadelta", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Nadam", "ScheduleFreeAdamW"), 2),
    **dict.fromkeys(("Adafactor", "Adagrad", "Lion", "Muon", "RMSprop"), 1),
}
"""Optimizer → the values that it keeps for each trained parameter, at least. SGD keeps none without momentum."""
_FURTHER = (
    ("SGD", "momentum"),
    ("RMSprop", "momentum"),
    ("RMSprop", "centered"),
    ("Adam", "amsgrad"),
    ("AdamW", "amsgrad"),
    ("", "use_ema"),
    ("", "gradient_accumulation_steps"),
)
"""Optimizer, or any, and the argument for which it keeps one value more."""


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes that training holds at once.

    Args:
        weights: All parameters of the model.
        gradients: A value for each parameter that trains.
        optimizer: The optimizer's own values.
    """

    weights: int
    gradients: int
    optimizer: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer


def training_memory(analysis: Analysis, policy: str | None) -> TrainingMemory | None:
    """The memory of the stage that takes most.

    Args:
        analysis: The network, with the settings of training.
        policy: The dtype policy of the layers; None for Keras's default.

    Returns:
        The bytes; None where a number of parameters is unknown, or the spec has errors.
    """
    contributing = analysis.graph.contributing_nodes()
    weights = [call.weights for name, call in analysis.types.calls.items() if name in contributing]
    if analysis.settings is None or None in weights:
        return None
    width = bytes_of("float32" if policy is None or policy.startswith("mixed_") else policy)
    stored = width * sum(weight.size for each in weights for weight in each or ())
    stages = [_of_stage(analysis, stage, stored, width) for stage in analysis.settings.stages]
    return max(filter(None, stages), key=lambda memory: memory.total, default=None)


def optimizer_values(optimizer: Any) -> int:
    """The values that an optimizer keeps for each trained parameter, at least.

    Args:
        optimizer: As a spec would write it.
    """
    head, arguments = next(iter(optimizer.items())) if isinstance(optimizer, dict) else (optimizer, None)
    entry = catalog.find("optimizer", head)
    arguments = arguments if isinstance(arguments, dict) else {}
    if "inner_optimizer" in arguments:
        return optimizer_values(arguments["inner_optimizer"])
    name = head if entry is None else entry.name
    return _VALUES.get(name, 0) + sum(bool(arguments.get(key)) for of, key in _FURTHER if of in ("", name))


def _of_stage(analysis: Analysis, stage: Stage, weights: int, width: int) -> TrainingMemory | None:
    sizes = trained_sizes(analysis.graph, analysis.types, stage).values()
    if None in sizes:
        return None
    gradients = width * sum(size or 0 for size in sizes)
    return TrainingMemory(weights, gradients, gradients * optimizer_values(stage.optimizer))
