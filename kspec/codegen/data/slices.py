"""The columns by whose values the exported file slices an evaluation."""

from __future__ import annotations

import numpy as np

from kspec.codegen.data.dataset_info import FOLDERS, DatasetInfo
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.data.expressions.duckdb_engine import Engine

_NOT_TABLES = (*FOLDERS, "npy", "npz", "keras")
_TYPES = ("text", "integer", "float", "boolean")


def sliced_columns(info: DatasetInfo) -> list[str]:
    """The columns of `evaluate: {slices}`, in order.

    Args:
        info: The training data.

    Raises:
        UnsupportedInPython: If the code cannot slice the examples alike.
    """
    evaluate, inputs = info.spec.document.evaluate, info.spec.document.inputs
    path = ("evaluate", "slices")
    if not evaluate.slices:
        return []
    if evaluate.data is not None:
        raise UnsupportedInPython("evaluate slices of other data", path)
    if info.data.window is not None or info.source in _NOT_TABLES:
        raise UnsupportedInPython("evaluate slices of windows, files or arrays", path)
    if any(settings.batch_size is not None for settings in inputs.values()):
        raise UnsupportedInPython("evaluate slices by batches of a fixed size", path)
    columns: dict[str, None] = {}
    with Engine(info.data.limits.memory) as engine:
        for number, expression in enumerate(evaluate.slices):
            columns[_column(info, expression, number, engine)] = None
    return list(columns)


def _column(info: DatasetInfo, expression: str, number: int, engine: Engine) -> str:
    """The column that an expression names.

    Args:
        info: The training data.
        expression: An expression of `slices`.
        number: Its place among them.
        engine: Parses it.
    """
    path = ("evaluate", "slices", number)
    root = engine.parse(expression).root
    names = root.get("column_names", []) if root["class"] == "COLUMN_REF" else []
    profile = info.dataset.profile.column(names[0]) if len(names) == 1 else None
    if profile is None:
        raise UnsupportedInPython("compute the slices of an evaluation; name the expression in `columns`", path)
    split = info.dataset.splits.get(info.split_of("evaluate"))  # None is reported as an empty split
    has_blanks = split is not None and np.any(split.slices[expression] == "")
    if profile.missing or has_blanks or profile.type not in _TYPES:
        raise UnsupportedInPython(f"evaluate slices by `{profile.name}`, which has gaps, dates or arrays", path)
    return profile.name
