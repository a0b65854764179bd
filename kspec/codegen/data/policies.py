"""What the spec says of the gaps of the columns in use."""

from __future__ import annotations

from typing import Any

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.language.missing import missing_rule


def policy(info: DatasetInfo, column: str) -> Any:
    """The spec's policy for a column's missing values; None if it has none."""
    rule = missing_rule(info.data.missing, column)
    return None if rule is None else rule.fill


def row_dropping_columns(info: DatasetInfo) -> list[str]:
    """The columns whose missing values drop a row."""
    columns = dict.fromkeys([*info.used_columns(), *info.split_columns])
    return [name for name in columns if info.column(name).missing and policy(info, name) == "drop_row"]
