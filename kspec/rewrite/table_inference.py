"""Infers the target of a table, its task, and the role of every other column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.rewrite.init import InitRefused

TARGETS = ("target", "targets", "label", "labels", "class", "y", "diagnosis", "outcome", "species", "survived", "churn")
"""Names of a target column, wherever it stands; otherwise the last column is the target."""

ONE_HOT = 20
"""Up to this many distinct texts are one-hot encoded; more are embedded."""
MOST_CLASSES = 100
_NUMBERS = ("integer", "float", "boolean")
_KEY = re.compile(r"(^|[_\W])(id|uuid|index|key)$|^unnamed|^$", re.IGNORECASE)


@dataclass(slots=True)
class TableRoles:
    """The roles of a table's columns.

    Args:
        target: The column to predict.
        task: The task of the output.
        why: The reason for the task, as a predicate: `is one of 3 texts`.
        numbers: Numeric columns, which feed one input together.
        categories: Categorical text columns, an input each.
        texts: Columns of running text, an input each.
        unused: Column → why it is not used.
    """

    target: ColumnProfile
    task: str
    why: str
    numbers: list[ColumnProfile] = field(default_factory=list)
    categories: list[ColumnProfile] = field(default_factory=list)
    texts: list[ColumnProfile] = field(default_factory=list)
    unused: dict[str, str] = field(default_factory=dict)


def infer_columns(profile: DataProfile, target: str | None = None) -> TableRoles:
    """Infers the roles of a table's columns.

    Args:
        profile: The profile of the columns.
        target: The column to predict, if the user named it.

    Returns:
        The roles.

    Raises:
        InitRefused: If there is nothing to predict, or nothing to predict it from.
    """
    if len(profile.columns) < 2:
        raise InitRefused("the table has one column; a spec needs a column to predict and one to predict it from")
    column = _target(profile, target)
    task, why = _task(column, profile.rows)
    roles = TableRoles(column, task, why)
    for other in profile.columns:
        if other.name != column.name:
            _assign(other, profile.rows, roles)
    if not (roles.numbers or roles.categories or roles.texts):
        reasons = "; ".join(f"{name}: {reason}" for name, reason in roles.unused.items())
        raise InitRefused(f"no column is left from which to predict `{column.name}` ({reasons})")
    return roles


def _target(profile: DataProfile, name: str | None) -> ColumnProfile:
    if name is not None:
        column = profile.column(name)
        if column is None:
            from kspec.diagnostics import did_you_mean

            names = [known.name for known in profile.columns]
            suggestion = did_you_mean(name, names) or f"available columns: {', '.join(names[:20])}"
            raise InitRefused(f"unknown column `{name}`; {suggestion}")
        return column
    by_name = {known.name.lower(): known for known in profile.columns}
    return next((by_name[name] for name in TARGETS if name in by_name), profile.columns[-1])


def _task(column: ColumnProfile, rows: int) -> tuple[str, str]:
    distinct = column.distinct
    if column.type in ("array", "image") or distinct is None:
        raise InitRefused(
            f"`{column.name}` holds {column.type}s, which cannot be a target; name another column with --target"
        )
    if distinct < 2:
        raise InitRefused(f"`{column.name}` has the same value in every row; name another column with --target")
    if distinct == 2 and column.type != "float":
        values = ", ".join(sorted(column.classes))
        return "binary_classification", f"has the values {values}" if values else "has two values"
    if column.type == "text":
        if distinct > MOST_CLASSES or distinct > rows / 2:
            raise InitRefused(f"`{column.name}` has {distinct} distinct texts; name another column with --target")
        return "multiclass_classification", f"is one of {distinct} texts"
    if column.type == "integer" and distinct <= 20 and distinct * 5 <= rows and _counts_up(column):
        return "multiclass_classification", f"is one of {distinct} small integers"
    return "regression", "is numeric"


def _counts_up(column: ColumnProfile) -> bool:
    """Whether the integers look like labels: 0, 1, 2 … or 1, 2, 3 … without a gap."""
    low, high, distinct = column.minimum, column.maximum, column.distinct
    return low in (0, 1) and high is not None and distinct is not None and high - low + 1 == distinct


def _assign(column: ColumnProfile, rows: int, roles: TableRoles) -> None:
    distinct = column.distinct or 0
    if column.type in ("array", "image"):
        roles.unused[column.name] = f"it holds {column.type}s"
    elif column.missing >= rows:
        roles.unused[column.name] = "it is empty"
    elif distinct == 1:
        roles.unused[column.name] = "it has the same value in every row"
    elif distinct >= rows - column.missing and column.type != "float" and _KEY.search(column.name):
        roles.unused[column.name] = "it is a row identifier"
    elif column.type in _NUMBERS:
        roles.numbers.append(column)
    elif column.example.count(" ") >= 3 and distinct > ONE_HOT:
        roles.texts.append(column)
    elif distinct > rows / 2 and distinct > ONE_HOT:
        roles.unused[column.name] = "almost every value is unique"
    else:
        roles.categories.append(column)
