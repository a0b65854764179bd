"""Rows of other data that lack a value: exported code treats those that the spec has a policy for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.data import Dataset
from kspec.data.missing.imputation import Policies
from kspec.language.missing import IGNORE, NEIGHBORS, MissingRule


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


def unsupported_rule(rule: MissingRule) -> str:
    """What exported code cannot do of a rule for gaps, as an infinitive; empty if it can do all."""
    if rule.fill in NEIGHBORS:
        return f"fill gaps {rule.fill}"
    if rule.fill == IGNORE:
        return "ignore missing targets"
    return "indicate gaps" if rule.indicator else ""
