"""Keras's losses in NumPy, from their definitions: the losses that a run must log for a whole split."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

EPSILON = 1e-7
BY_BATCH = frozenset({"Dice", "Tversky", "Circle"})
"""Losses of a whole batch: their value on a split depends on how it is cut."""


def loss_value(
    name: str, target: Array, prediction: Array, weights: Array | None = None, *, batch_size: int, **arguments: Any
) -> float:
    """The value of a loss on all examples.

    Args:
        name: Keras's class.
        target: Encoded targets, shape (n, …).
        prediction: Predictions, shape (n, …).
        weights: Of the examples or their positions, in the shape of the loss's values; equal by default.
        batch_size: Examples in a batch, for losses of a whole batch.
        arguments: Those of the loss.
    """
    y, p = np.asarray(target, "float64"), np.asarray(prediction, "float64")
    w = np.float64(1) if weights is None else np.asarray(weights, "float64")
    if name in BY_BATCH and arguments.get("axis") is None:
        cuts = [slice(start, start + batch_size) for start in range(0, len(p), batch_size)]
        each = [_VALUES[name](y[cut], p[cut], **arguments) for cut in cuts]
        if name == "Circle":
            return float(np.concatenate(each).mean())
        return float(np.average(each, weights=[len(p[cut]) for cut in cuts]))
    return float((_VALUES[name](y, p, **arguments) * w).mean())


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _clip(p: Array) -> Array:
    return np.clip(p, EPSILON, 1 - EPSILON)


def _one_hot(y: Array, p: Array) -> Array:
    return np.eye(p.shape[-1])[y.reshape(p.shape[:-1]).astype(int)]


def _binary(y: Array, p: Array, *, from_logits: bool = False, label_smoothing: float = 0.0) -> Array:
    p, y = _clip(_sigmoid(p) if from_logits else p), y * (1 - label_smoothing) + label_smoothing / 2
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(axis=-1)


def _binary_focal(
    y: Array,
    p: Array,
    *,
    from_logits: bool = False,
    gamma: float = 2.0,
    alpha: float = 0.25,
    apply_class_balancing: bool = False,
) -> Array:
    p = _sigmoid(p) if from_logits else p
    each = -(y * np.log(_clip(p)) + (1 - y) * np.log(1 - _clip(p)))
    each = each * (1 - (y * p + (1 - y) * (1 - p))) ** gamma
    return (each * (y * alpha + (1 - y) * (1 - alpha) if apply_class_balancing else 1)).mean(axis=-1)


def _categorical(y: Array, p: Array, *, from_logits: bool = False, label_smoothing: float = 0.0) -> Array:
    p = _softmax(p) if from_logits else p / p.sum(axis=-1, keepdims=True)
    y = y * (1 - label_smoothing) + label_smoothing / y.shape[-1]
    return -(y * np.log(_clip(p))).sum(axis=-1)


def _categorical_focal(
    y: Array, p: Array, *, from_logits: bool = False, gamma: float = 2.0, alpha: float = 0.25
) -> Array:
    p = _clip(_softmax(p) if from_logits else p / p.sum(axis=-1, keepdims=True))
    return (-y * np.log(p) * alpha * (1 - p) ** gamma).sum(axis=-1)


def _signed(y: Array) -> Array:
    return 2 * y - 1 if np.isin(y, (0, 1)).all() else y


def _unit(x: Array) -> Array:
    return x / np.sqrt(np.maximum((x**2).sum(axis=-1, keepdims=True), EPSILON**2))


def _huber(y: Array, p: Array, *, delta: float = 1.0) -> Array:
    error = abs(p - y)
    return np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2).mean(axis=-1)


def _divergence(y: Array, p: Array) -> Array:
    y, p = np.clip(y, EPSILON, 1), np.clip(p, EPSILON, 1)
    return (y * np.log(y / p)).sum(axis=-1)


def _tversky(y: Array, p: Array, *, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    shared = (y * p).sum(axis=axis)
    false = alpha * (y * (1 - p)).sum(axis=axis) + beta * ((1 - y) * p).sum(axis=axis)
    return 1 - shared / (shared + false + EPSILON)


def _circle(y: Array, p: Array, *, gamma: float = 80.0, margin: float = 0.4) -> Array:
    same = y.reshape(-1, 1) == y.reshape(1, -1)
    similar = p @ p.T
    distance = np.maximum(1 - similar, 0)
    near, far = same & ~np.eye(len(p), dtype=bool), ~same
    positive = np.where(near, -gamma * np.maximum(margin + distance, 0) * (margin - distance), -np.inf)
    negative = np.where(far, gamma * np.maximum(1 + margin - distance, 0) * (1 - margin - distance), -np.inf)
    each = np.logaddexp(0, np.logaddexp.reduce(positive, axis=1) + np.logaddexp.reduce(negative, axis=1))
    return each[each > 0]


def _ctc(y: Array, p: Array) -> Array:
    """Minus the logarithm of the probability of all alignments, with the blank 0: the forward algorithm."""
    each = []
    for labels, logits in zip(y.astype(int), p, strict=True):
        chances = _softmax(logits)
        path = [0] + [item for label in labels[labels != 0] for item in (label, 0)]
        state = np.zeros(len(path))
        state[:2] = chances[0][path[:2]]
        for step in chances[1:]:
            before, state = state, np.zeros(len(path))
            for index, label in enumerate(path):
                skips = index > 1 and label not in (0, path[index - 2])
                state[index] = step[label] * before[max(0, index - 1 - skips) : index + 1].sum()
        each.append(-np.log(state[-2:].sum()))
    return np.array(each)


_VALUES: dict[str, Any] = {
    "BinaryCrossentropy": _binary,
    "BinaryFocalCrossentropy": _binary_focal,
    "CategoricalCrossentropy": _categorical,
    "CategoricalFocalCrossentropy": _categorical_focal,
    "SparseCategoricalCrossentropy": lambda y, p, from_logits=False: _categorical(
        _one_hot(y, p), p, from_logits=from_logits
    ),
    "CategoricalGeneralizedCrossEntropy": lambda y, p, q=0.5: (1 - (_one_hot(y, p) * p).sum(axis=-1) ** q) / q,
    "CategoricalHinge": lambda y, p: np.maximum(1 + ((1 - y) * p).max(axis=-1) - (y * p).sum(axis=-1), 0),
    "Hinge": lambda y, p: np.maximum(1 - _signed(y) * p, 0).mean(axis=-1),
    "SquaredHinge": lambda y, p: (np.maximum(1 - _signed(y) * p, 0) ** 2).mean(axis=-1),
    "CosineSimilarity": lambda y, p: -(_unit(y) * _unit(p)).sum(axis=-1),
    "Huber": _huber,
    "KLDivergence": _divergence,
    "LogCosh": lambda y, p: np.log(np.cosh(p - y)).mean(axis=-1),
    "MeanAbsoluteError": lambda y, p: abs(y - p).mean(axis=-1),
    "MeanAbsolutePercentageError": lambda y, p: 100 * (abs(y - p) / np.maximum(abs(y), EPSILON)).mean(axis=-1),
    "MeanSquaredError": lambda y, p: ((y - p) ** 2).mean(axis=-1),
    "MeanSquaredLogarithmicError": lambda y, p: (
        (np.log1p(np.maximum(y, EPSILON)) - np.log1p(np.maximum(p, EPSILON))) ** 2
    ).mean(axis=-1),
    "Poisson": lambda y, p: (p - y * np.log(p + EPSILON)).mean(axis=-1),
    "Dice": lambda y, p, axis=None: _tversky(y, p, axis=axis),
    "Tversky": _tversky,
    "Circle": _circle,
    "CTC": _ctc,
}
"""Keras's class → (target, prediction, arguments) → values of the examples or positions; one value for a batch."""
