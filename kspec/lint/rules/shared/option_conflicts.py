"""Options of a training that exclude each other, or have no effect without another: tables for one rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kspec.lint.rules.shared.training_parts import Part

Condition = Callable[[Part], bool]

EXCLUSIVE_ARGUMENTS = (("clipnorm", "clipvalue", "global_clipnorm"),)
"""Arguments of one object of which only one can be given."""


@dataclass(frozen=True, slots=True)
class Need:
    """An argument that has no effect without another.

    Args:
        name: Keras's class; empty for all that have the argument.
        argument: The argument.
        is_met: Whether it has an effect.
        cure: What to add.
        value: The value of the cure for `--fix`, `true` in most cases; empty where nobody else can choose it.
    """

    name: str
    argument: str
    is_met: Condition
    cure: str
    value: str = ""


def _is_true(argument: str) -> Condition:
    return lambda part: part[argument] is True


def _is_positive(argument: str) -> Condition:
    return lambda part: _number(part[argument]) > 0


NEEDS = (
    Need("", "ema_momentum", _is_true("use_ema"), "use_ema", "true"),
    Need("", "ema_overwrite_frequency", _is_true("use_ema"), "use_ema", "true"),
    Need("SGD", "nesterov", _is_positive("momentum"), "momentum", "0.9"),
    Need("CosineDecay", "warmup_target", _is_positive("warmup_steps"), "warmup_steps"),
    Need("CosineDecay", "warmup_steps", lambda part: part["warmup_target"] is not None, "warmup_target"),
    Need("ModelCheckpoint", "monitor", _is_true("save_best_only"), "save_best_only", "true"),
    Need("ModelCheckpoint", "mode", _is_true("save_best_only"), "save_best_only", "true"),
    Need("ModelCheckpoint", "initial_value_threshold", _is_true("save_best_only"), "save_best_only", "true"),
    Need("TensorBoard", "write_images", _is_positive("histogram_freq"), "histogram_freq", "1"),
    Need("TensorBoard", "embeddings_metadata", _is_positive("embeddings_freq"), "embeddings_freq", "1"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parts of a training that do not go together; the first is reported.

    Args:
        part: Selects the first.
        other: Selects the second, given the first.
        message: What is wrong; `{part}` and `{other}` are their classes.
        help: What to write instead.
        is_error: Whether Keras refuses it, or it ruins the training; else it has no effect.
    """

    part: Condition
    other: Callable[[Part, Part], bool]
    message: str
    help: str
    is_error: bool


def is_restoring(part: Part) -> bool:
    """Whether a part restores the weights of the best epoch when training ends."""
    return part.name == "EarlyStopping" and part["restore_best_weights"] is True


def _is(name: str) -> Condition:
    return lambda part: part.name == name


PAIRS = (
    Pair(
        _is("ReduceLROnPlateau"),
        lambda _, other: other.kind == "schedule",
        "`{part}` cannot change the learning rate, which `{other}` sets at every step",
        "remove one of them: with the callback, write `learning_rate` as a number",
        is_error=True,
    ),
    Pair(
        _is("SwapEMAWeights"),
        lambda part, other: other.name == part.name and other.path < part.path,
        "the second `{part}` swaps the weights back",
        "remove one of them",
        is_error=True,
    ),
    Pair(
        is_restoring,
        lambda part, other: is_restoring(other) and other.path > part.path,
        "`restore_best_weights` has no effect: a later `{other}` restores other weights",
        "write `restore_best_weights` in one of them, with the quantity that decides",
        is_error=False,
    ),
    Pair(
        _is("LossScaleOptimizer"),
        lambda part, other: other.outer is part and other.name == part.name,
        "`{part}` cannot hold another `{other}`: the loss would be scaled twice",
        "write the optimizer itself as `inner_optimizer`",
        is_error=True,
    ),
    Pair(
        lambda part: part.outer is not None and part.sets("loss_scale_factor"),
        lambda part, other: other is part.outer and other.name == "LossScaleOptimizer",
        "`loss_scale_factor` has no effect inside `{other}`, which chooses the factor itself",
        "remove it; `initial_scale` of `LossScaleOptimizer` is the factor to begin with",
        is_error=False,
    ),
)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
