"""Rows of other data that lack a value: exported code treats those that the spec has a policy for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.data import Dataset
from kspec.data.imputation import Policies


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
        stated = policies.of(name)
        if column is not None and column.missing and name not in fills and (stated is None or stated[0] != "drop_row"):
            return name
    return ""
