"""Rows of other data that lack a value: exported code leaves out those that the spec has a policy for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.data import Dataset
from kspec.data.imputation import Policies


def gap_without_policy(dataset: Dataset, columns: Sequence[str], missing: Any) -> str:
    """The first column whose rows with a gap kspec leaves out, and exported code cannot; empty if there is none.

    Args:
        dataset: The other data of a step.
        columns: The columns that it uses.
        missing: The value of `missing:`.
    """
    policies, fills = Policies(missing), dataset.fitted.get("fill", {})
    for name in columns:
        column = dataset.profile.column(name)
        if column is not None and column.missing and name not in fills and policies.of(name) is None:
            return name
    return ""
