"""The code that learns the scale of a target from the training rows, applies it, and scales predictions back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.analysis.program import Analysis
from kspec.analysis.target_scaling import TargetScaling, scalings_from_json
from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.series import is_in_order, series_of_windows, training_targets
from kspec.codegen.data.target import Target
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text

if TYPE_CHECKING:
    from kspec.data import Dataset

_NAMES = {"standard": ("mean", "deviation"), "minmax": ("minimum", "span")}
"""Scale → the endings of the variables of its numbers."""
_IN_UNITS = '''\
def in_units(metric, to_units):
    """Lets a metric compare values in the unit of the column."""
    update = metric.update_state

    def update_state(y_true, y_pred, sample_weight=None):
        y_true, y_pred = (keras.ops.cast(values, "float64") for values in (y_true, y_pred))
        return update(to_units(y_true), to_units(y_pred), sample_weight)

    metric.update_state = update_state
    return metric'''
IN_UNITS = _IN_UNITS.splitlines()


def with_scales(analysis: Analysis, dataset: Dataset) -> Analysis:
    """The analysis with the scales that the data has.

    Args:
        analysis: The analysis of the spec.
        dataset: The training data.
    """
    assert analysis.settings is not None
    scalings = scalings_from_json(dataset.fitted)
    outputs = {name: replace(each, scaling=scalings.get(name)) for name, each in analysis.settings.outputs.items()}
    return replace(analysis, settings=replace(analysis.settings, outputs=outputs))


def scale_lines(info: DatasetInfo) -> list[str]:
    """The lines of `main` that learn the scales of targets; none without any.

    Args:
        info: The training data.
    """
    lines: list[str] = []
    for target in info.targets.values():
        scaling = target.scaling
        if scaling is None or not scaling.is_affine:
            continue
        raw, rows = info.dataset.splits["train"].targets[target.name], f"{target.variable}[train]"
        if info.data.window is not None:
            raw = training_targets(info, target.name)
            if not is_in_order(series_of_windows(info)):
                rows = f"{target.variable}[rows]"
        if not _is_exact(raw, scaling):
            raw, rows = raw.astype(float), f"{rows}.astype(float)"
        if not _is_exact(raw, scaling):
            path = ("data", "targets", target.name, "scale")
            raise UnsupportedInPython(f"learn the scale of `{target.name}`", path)
        axis = "axis=0" if raw.ndim > 1 else ""
        first, second = _variables(info, target)
        if scaling.scale == "standard":
            values = f"{rows}.mean({axis}), {rows}.std({axis})"
        else:
            lines.append(f"    {first} = {rows}.min({axis})")
            lines.append(f"    {second} = {rows}.max({axis}) - {first}")
            continue
        lines.append(f"    {first}, {second} = {values}")
    if any("[rows]" in line for line in lines):
        lines.insert(0, "    rows = order[np.isin(order, train)]  # as kspec sums them: in the order of their series")
    return lines


def _is_exact(raw: Any, scaling: TargetScaling) -> bool:
    """Whether NumPy computes the numbers of a scale from the raw targets of training, to the bit."""
    if raw.ndim > 2:
        return False
    found = (
        (raw.mean(axis=0), raw.std(axis=0)) if scaling.scale == "standard" else (raw.min(axis=0), np.ptp(raw, axis=0))
    )
    known = (scaling.centers, scaling.spreads)
    return all(np.array_equal(np.ravel(own), np.array(each)) for own, each in zip(found, known, strict=True))


def _variables(info: DatasetInfo, target: Target) -> tuple[str, str]:
    """The variables of the numbers of a scale."""
    assert target.scaling is not None
    first, second = _NAMES[target.scaling.scale]
    return info.variables.of(target.name, first), info.variables.of(target.name, second)


def scaled(info: DatasetInfo, target: Target, values: str) -> str:
    """Values of a target on its scale, in Python.

    Args:
        info: The training data.
        target: The target, which has a scale.
        values: Its values in Python.
    """
    assert target.scaling is not None
    if not target.scaling.is_affine:
        return f"np.log({values})"
    first, second = _variables(info, target)
    return f"({values} - {first}) / {second}"


def predictions_in_units(info: DatasetInfo, target: Target, predictions: str) -> str:
    """Predictions in the unit of the column, in Python.

    Args:
        info: The training data.
        target: The target, which has a scale.
        predictions: The predictions in Python.
    """
    assert target.scaling is not None
    values, dtype = f'{predictions}.astype("float64")', text(target.scaling.dtype)
    if not target.scaling.is_affine:
        return f"np.exp({values}).astype({dtype})"
    first, second = _variables(info, target)
    return f"({values} * {second} + {first}).astype({dtype})"


def to_units(info: DatasetInfo, target: Target) -> str:
    """The function from values on the scale of a target to the unit of its column, in Python."""
    assert target.scaling is not None
    if not target.scaling.is_affine:
        return "keras.ops.exp"
    first, second = _variables(info, target)
    return f"lambda values: values * {second} + {first}"
