"""Predictions of a run's outputs as columns of numbers: how they depend on columns, and their residuals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kspec.data.targets.encoding import TargetEncoding
from kspec.report.explanation.examples import Examples
from kspec.report.explanation.explanation import ColumnDependence, Curve, Residuals
from kspec.report.numbers.columns import InputColumn
from kspec.report.numbers.dependence import dependence, grid_of
from kspec.report.numbers.slices import parts_of, ranges_of, residual_ranges

Array = np.ndarray[Any, Any]
MOST_CURVES = 5
MOST_EXAMPLES = 500
"""How many examples a dependence is averaged over."""
MOST_RANGES = 10
DECILES = np.linspace(0, 1, 11)


def dependences_of(examples: Examples, column: InputColumn) -> list[ColumnDependence]:
    """How the predictions of each output depend on a column; of many classes, those that follow it most.

    Args:
        examples: The examples and the model.
        column: The column.
    """
    values = column.values(examples.inputs)
    some = examples.some(MOST_EXAMPLES)
    groups: dict[str, list[str]] = {}

    def predicted(inputs: Any) -> Array:
        own, found = prediction_table(some, inputs)
        groups.update(own)
        return found

    found = dependence(predicted, some.inputs, column, grid_of(values))
    mean, (low, high) = found.mean(), found.band()
    deciles = np.quantile(values, DECILES).astype(float).tolist() if values.dtype.kind in "fiu" else []
    start, by_output = 0, []
    for names in groups.values():
        reach = np.ptp(mean[:, start : start + len(names)], axis=0)
        shown = sorted(np.argsort(-reach, kind="stable")[:MOST_CURVES].tolist())
        curves = [
            Curve(name=names[at], **{key: each[:, start + at].tolist() for key, each in
                                     (("mean", mean), ("low", low), ("high", high))})
            for at in shown
        ]  # fmt: skip
        by_output.append(ColumnDependence(column=column.name, grid=found.grid, deciles=deciles, curves=curves))
        start += len(names)
    return by_output


def prediction_table(examples: Examples, inputs: Any) -> tuple[dict[str, list[str]], Array]:
    """The predictions for inputs, a column for each class or value, averaged over positions.

    Args:
        examples: The model.
        inputs: By input, shape (n, …).

    Returns:
        By output, the names of its columns; and all columns, shape (n, k).
    """
    names: dict[str, list[str]] = {}
    columns: list[Array] = []
    for output, values in examples.predict(inputs).items():
        flat = values.reshape(len(values), -1, values.shape[-1] if values.ndim > 1 else 1).mean(axis=1, dtype="float64")
        own = _names(output, examples.run.encodings[output], flat.shape[1])
        if len(own) > MOST_CURVES and examples.run.settings.outputs[output].task == "regression":
            own, flat = [f"mean of {output}"], flat.mean(axis=1, keepdims=True)
        names[output] = own
        columns.append(flat)
    return names, np.concatenate(columns, axis=1)


def _names(output: str, encoding: TargetEncoding, width: int) -> list[str]:
    task, labels = encoding.settings.task, encoding.labels
    if task == "multiclass_classification":
        return list(encoding.names(width))
    if width == 1:
        return [output if task == "regression" or labels is None else labels.names[1]]
    return [f"{output}: {suffix}" for suffix in encoding.suffixes(width)]


def residuals_of(examples: Examples, columns: Sequence[InputColumn]) -> list[Residuals]:
    """The residuals (predicted - actual, in the unit of the target) of each regression along columns.

    Args:
        examples: The examples and the model.
        columns: The columns.
    """
    outputs = [name for name, own in examples.run.settings.outputs.items() if own.task == "regression"]
    targets = examples.split.targets
    outputs = [name for name in outputs if name in targets and targets[name].dtype.kind in "fiub"]
    if not outputs or not columns:
        return []
    predictions, found = examples.predict(examples.inputs), []
    for output in outputs:
        raw = targets[output].reshape(len(examples), -1).astype("float64")
        values = predictions[output].reshape(len(examples), -1)
        if raw.shape != values.shape:
            continue
        absent = examples.split.absent.get(output)
        missing = np.zeros(len(raw), bool) if absent is None else absent.reshape(len(raw), -1).any(axis=1)
        residual = (values - raw).mean(axis=1)
        known = ~missing & np.isfinite(residual)
        for column in columns:
            parts = parts_of(column.values(examples.inputs)[known], ranges_of(int(known.sum()), MOST_RANGES))
            ranges = residual_ranges(residual[known], parts)
            if ranges:
                names, counts, low, median, high = (list(each) for each in zip(*ranges, strict=True))
                found.append(Residuals(
                    column=column.name, target=output, parts=names, counts=counts, low=low, median=median, high=high
                ))  # fmt: skip
    return found
