"""Rows of other data that lack a value: exported code treats those that the spec has a policy for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.data import Dataset
from kspec.data.missing.imputation import Policies
from kspec.language.data import Data
from kspec.language.indicators import has_indicator, indicator_of
from kspec.language.missing import IGNORE, MissingRule


def gap_without_policy(dataset: Dataset, columns: Sequence[str], missing: Any) -> str:
    """The first column with gaps that kspec treats without a policy, and exported code cannot; empty if none has.

    Args:
        dataset: The other data of a step.
        columns: The columns that it uses.
        missing: The value of `missing:`.
    """
    policies, fills = Policies(missing), dataset.fitted.get("fill", {})
    for name in columns:
        column = dataset.profile.column(name)
        if column is not None and column.missing and name not in fills and policies.fill_of(name) != "drop_row":
            return name
    return ""


def are_gaps(notes: Sequence[str]) -> bool:
    """Whether the rows that a step leaves out all lack a value, which its notes tell."""
    reasons = [part for note in notes if note.startswith("left out ") for part in note.split(" (")[1:]]
    return all(reason.startswith("no value in ") for reason in reasons)


def unsupported_rule(rule: MissingRule) -> str:
    """What exported code cannot do of a rule for gaps, as an infinitive; empty if it can do all."""
    return "ignore missing targets" if rule.fill == IGNORE else ""


def without_indicators(columns: Sequence[str], data: Data) -> tuple[list[str], list[int]]:
    """The columns of an input that its file has, and the indices of those that an indicator follows.

    Args:
        columns: The columns of the input.
        data: The `data` section.

    Raises:
        UnsupportedInPython: If an indicator does not follow its column.
    """
    own = [name for name in columns if not _is_indicator(name, data)]
    marked = [number for number, name in enumerate(own) if indicator_of(name) in columns and has_indicator(name, data)]
    followed = [each for i, name in enumerate(own) for each in (name, *([indicator_of(name)] * (i in marked)))]
    if followed != list(columns):
        raise UnsupportedInPython("place the indicator of a column elsewhere than behind it", ("data", "inputs"))
    return own, marked


def _is_indicator(name: str, data: Data) -> bool:
    column = name.removesuffix(indicator_of(""))
    return column != name and has_indicator(column, data)
