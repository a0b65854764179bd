"""How well a classifier tells its classes apart: the confusion matrix, and what follows from it for each class."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


def confusion(actual: Array, predicted: Array, count: int) -> Array:
    """Counts of shape (count, count): a row for each actual class, a column for each predicted one.

    Args:
        actual: Indices of classes, shape (n,).
        predicted: Likewise.
        count: How many classes there are.
    """
    pairs = actual.astype("int64") * count + predicted.astype("int64")
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


class ClassScores(NamedTuple):
    """For each class, shape (k,); 0 where there is nothing to divide by.

    Args:
        precision: The share of its predictions that are right.
        recall: The share of its examples that are found.
        f1: Their harmonic mean.
        support: How many examples it has.
    """

    precision: Array
    recall: Array
    f1: Array
    support: Array


def class_scores(matrix: Array) -> ClassScores:
    """The scores of each class.

    Args:
        matrix: A confusion matrix, shape (k, k).
    """
    right = np.diagonal(matrix).astype("float64")
    support, named = matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = _ratio(right, named), _ratio(right, support)
    return ClassScores(precision, recall, _ratio(2 * right, support + named), support)


def top_k(scores: Array, actual: Array, largest: int = 10) -> Array:
    """The share of examples whose class is among the k highest scores, for k from 1, shape (largest,).

    Args:
        scores: Shape (n, k).
        actual: Indices of classes, shape (n,).
        largest: The largest k; all classes at most.
    """
    own = scores[np.arange(len(actual)), actual]
    above = (scores > own[:, None]).sum(axis=1)
    return np.array([float(np.mean(above < each)) for each in range(1, min(largest, scores.shape[1]) + 1)])


def _ratio(parts: Array, wholes: Array) -> Array:
    return np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
