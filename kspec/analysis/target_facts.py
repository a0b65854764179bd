"""Facts about outputs and targets before a model is built, from shapes, the spec and the data's profile."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.list_targets import list_targets
from kspec.analysis.settings import TargetFacts
from kspec.analysis.shapes.types import Types
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.data import CLASS_FOLDERS
from kspec.language.removed_values import REMOVED, attempt
from kspec.language.targets import target_columns


def target_facts(spec: Spec, graph: Graph, types: Types, profile: DataProfile | None = None) -> dict[str, TargetFacts]:
    """The facts by output.

    Args:
        spec: The spec.
        graph: Its graph.
        types: The types of its nodes.
        profile: Facts about the data, if it has been read.
    """
    facts = {}
    lists = attempt(lambda: list_targets(spec))
    encoded = [] if lists is REMOVED else [name for name, setting in lists.items() if setting.through is not None]
    for name, tensor in graph.outputs.items():
        shape = types.tensor(tensor).shape
        units = None if shape is None else shape[-1] if len(shape) > 1 else 1
        columns, present = (_unless_removed(fact, spec, name) for fact in (_columns_in_spec, _presence_in_spec))
        labels: tuple[str, ...] = ()
        column_names: tuple[str, ...] = ()
        if profile is not None and profile.source != "synthetic":
            columns, present = _columns_in_data(name, profile, len(shape or (None, None)))
            labels, column_names = _labels(name, profile), _column_names(name, profile)
        if name in encoded:
            columns, present = None, True
        if horizon := _horizon(spec):
            columns = _columns_of_rows(spec, name, profile, horizon if shape is not None and len(shape) == 2 else 1)
        elif shape is None or (len(shape) > 2 and profile is None):  # columns may be positions
            columns = None
        rank = None if shape is None else len(shape)
        facts[name] = TargetFacts(columns or None, units, present, rank, labels, column_names)
    return facts


def _horizon(spec: Spec) -> int:
    """The rows of a target of windows; 0 for a single one."""
    horizon = attempt(lambda: _horizon_in_spec(spec))
    return 0 if horizon is REMOVED else int(horizon)


def _horizon_in_spec(spec: Spec) -> int:
    data = spec.document.data
    return 0 if data is None or data.window is None else data.window.horizon


def _columns_of_rows(spec: Spec, name: str, profile: DataProfile | None, rows: int) -> int | None:
    """The values of a target of windows for each prediction; None if unknown.

    Args:
        spec: The spec.
        name: The output.
        profile: Facts about the data, if it has been read.
        rows: The rows of a prediction.
    """
    if profile is None:
        columns = _unless_removed(_columns_in_spec, spec, name)
    else:
        columns = sum(math.prod(column.shape) for column in profile.columns if f"target {name}" in column.use)
    return columns * rows if columns else None


def _unless_removed(fact: Callable[[Spec, str], Any], spec: Spec, name: str) -> Any:
    """A fact about an output's target; None if it depends on a setting of `data` that is invalid."""
    value = attempt(lambda: fact(spec, name))
    return None if value is REMOVED else value


def _columns_in_data(name: str, profile: DataProfile, rank: int) -> tuple[int | None, bool]:
    """The number of columns of a target for each prediction, None if unknown; and whether there is a target.

    Args:
        name: The output.
        profile: Facts about the data.
        rank: The output's rank, with the batch: of 3 and more, it predicts at each of several positions.
    """
    columns = [column for column in profile.columns if f"target {name}" in column.use]
    shape = columns[0].shape if len(columns) == 1 else (len(columns),)
    if rank > 2:
        return (None if len(columns) > 1 else shape[-1] if len(shape) == rank - 1 else 1), bool(columns)
    return (shape[0] if shape else 1), bool(columns)


def _presence_in_spec(spec: Spec, name: str) -> bool | None:
    """Whether an output has a target, as far as the spec tells; one that `targets` leaves out may have a column."""
    data = spec.document.data
    if data is None or not isinstance(data.targets, dict):
        return None
    return name in data.targets


def _labels(name: str, profile: DataProfile) -> tuple[str, ...]:
    """The classes of a target in the order of their numbers: integers as numbers, texts by code point."""
    labels = {label for part in profile.classes.get(name, {}).values() for label in part}
    is_integer = all(label.lstrip("-").isdigit() for label in labels)
    columns = [column for column in profile.columns if f"target {name}" in column.use]
    if is_integer and all(column.type != "text" for column in columns):
        return tuple(sorted(labels, key=int))
    return tuple(sorted(labels))


def _column_names(name: str, profile: DataProfile) -> tuple[str, ...]:
    return tuple(column.name for column in profile.columns if f"target {name}" in column.use)


def _columns_in_spec(spec: Spec, name: str) -> int | None:
    """The number of columns that the spec names for the target of an output; None if unknown."""
    data = spec.document.data
    if data is None or data.source not in ("csv", "parquet", *CLASS_FOLDERS):
        return None
    if data.source in CLASS_FOLDERS and data.targets is None:
        return 1
    target = target_columns(data.targets, name)
    names = [target] if isinstance(target, str) else target or []
    if any(character in column for column in names for character in "*?["):
        return None
    return len(names) or None
