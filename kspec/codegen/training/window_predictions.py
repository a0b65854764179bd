"""The step predict for windows: a line for each row that is predicted, with its series, time and step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.series import time_variable
from kspec.codegen.data.step_rows import StepRows

Shape = tuple[int | None, ...]


def columns_by_row(info: DatasetInfo, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """By output, how many values it predicts of each row; empty unless all outputs predict row by row.

    Args:
        info: The data that is predicted.
        shapes: By output, its shape with the batch axis.
    """
    window = info.data.window
    if window is None or not window.horizon:
        return {}
    found = {name: _width(shape, info, name, window.horizon) for name, shape in shapes.items()}
    return {name: width for name, width in found.items() if width} if all(found.values()) else {}


def _width(shape: Shape, info: DatasetInfo, name: str, steps: int) -> int:
    """How many values an output predicts of each row; 0 if it does not predict row by row.

    Args:
        shape: Its shape with the batch axis.
        info: The data that is predicted.
        name: The output.
        steps: How many rows are predicted.
    """
    target = info.targets.get(name)
    if len(shape) > 2 and shape[1] == steps:
        return _size(shape[2:])
    columns, labels = (1, None) if target is None else (max(1, len(target.columns)), target.labels)
    if labels is None and _size(shape[1:]) == steps * columns:
        return columns
    return _size(shape[1:]) if steps == 1 else 0


def _size(shape: Shape) -> int:
    size = 1
    for length in shape:
        size *= length or 0
    return size


def place_columns(step_rows: StepRows) -> list[tuple[str, Any]]:
    """The columns that say which series, time and step a prediction is about.

    Args:
        step_rows: The examples that are predicted.
    """
    info, window, steps = step_rows.info, step_rows.info.data.window, step_rows.steps
    if window is None:
        return []
    columns = list[tuple[str, Any]]()
    if window.by is not None:
        columns.append((window.by, step_rows.repeated(info.variables.of(window.by))))
    if window.time is not None:
        time = f"{time_variable(info, window.time)}[{step_rows.split}]"
        many = ".ravel()" if steps else "[:, 0]"
        columns.append((window.time, time + (many if window.horizon else "")))
    if steps:
        count = f"len({step_rows.split})"
        step = f"np.tile(np.arange(1, HORIZON + 1), {count})" if steps > 1 else f"np.ones({count}, int)"
        columns.append(("step", step))
    return columns
