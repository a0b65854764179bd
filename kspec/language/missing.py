"""`data.missing`: how the missing values of columns are treated."""

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from pydantic import Field

from kspec.diagnostics import Path, did_you_mean
from kspec.language.base import Model, fail
from kspec.syntax.yaml_flow import kind_of

STATISTICS = ("mean", "median", "most_frequent")
"""Fill values that are computed from the training split."""
NEIGHBORS = ("forward", "backward")
"""Fill values that are those of the row before or after."""
IGNORE = "ignore"
"""The policy of a target: an example without it has no loss for its output."""
POLICIES = ("drop_row", *STATISTICS, *NEIGHBORS, IGNORE)
"""Ways to handle missing values, besides a fill value."""
FillValue = str | float | bool
_KEYS = ("fill", "else", "indicator")


class ColumnFill(Model):
    """What fills the gaps of a column, and whether the network learns where they were."""

    fill: FillValue = Field(
        description="`mean`, `median` or `most_frequent` of the training split, `forward` (the last known value), "
        "`backward` (the next one), or a value"
    )
    else_: FillValue | None = Field(
        None, alias="else", description="What fills a gap without a known value before it (after it, for `backward`)"
    )
    indicator: bool = Field(
        False,
        description="Whether the inputs of the column also take `COLUMN_missing`, right after it: 1 where it had a gap",
    )


class MissingRule(NamedTuple):
    """How the missing values of a column are treated.

    Args:
        fill: A policy, or a fill value.
        otherwise: What fills a gap that has no neighbor: a statistic or a value; None to fill none.
        indicator: Whether a column tells where the gaps were.
        path: The place of the policy in the spec.
    """

    fill: Any
    otherwise: Any = None
    indicator: bool = False
    path: Path = ()


def missing_rule(setting: Any, column: str) -> MissingRule | None:
    """How the missing values of a column are treated; None if the spec does not say.

    Args:
        setting: The value of `missing`.
        column: The column.
    """
    path: Path = ("data", "missing")
    if setting is None:
        return None
    if not isinstance(setting, Mapping):
        return MissingRule(setting, path=path)
    key = column if column in setting else next((key for key in setting if fnmatchcase(column, key)), None)
    if key is None:
        return None
    value, path = setting[key], (*path, key)
    if not isinstance(value, Mapping):
        return MissingRule(value, path=path)
    return MissingRule(value["fill"], value.get("else"), value.get("indicator", False), (*path, "fill"))


def check_missing(value: Any) -> Any:
    """Rejects what is neither a policy nor a fill value, for all columns or by column."""
    for key, item in value.items() if isinstance(value, dict) else (("", value),):
        if isinstance(item, dict) and key:
            _check_fill(key, item)
        else:
            _check_value(key, item)
    return value


def _check_value(key: str, value: Any) -> None:
    if not isinstance(value, (str, int, float)):
        fail(
            f"a fill value must be text or a number, not {kind_of(value)}",
            key=key,
            help=f"use one of {', '.join(POLICIES)}, or a fill value",
        )
    if isinstance(value, float) and not math.isfinite(value):
        fail(f"a fill value must be finite, not {value}", key=key)


def _check_fill(key: str, value: dict[Any, Any]) -> None:
    """Rejects a mapping that does not say how to fill a column.

    Args:
        key: The column.
        value: The mapping.
    """
    wrong = next((word for word in value if word not in _KEYS), None)
    if wrong is not None:
        fail(
            f"unknown key `{wrong}` for the missing values of `{key}`",
            key=key,
            label=did_you_mean(str(wrong), _KEYS),
            help=f"available keys: {', '.join(_KEYS)}",
        )
    if "fill" not in value:
        fail(f"`{key}` needs a `fill`", key=key, help="write `{fill: median, indicator: true}`")
    fill, otherwise, indicator = value["fill"], value.get("else"), value.get("indicator", False)
    _check_value(key, fill)
    if not isinstance(indicator, bool):
        fail(f"`indicator` must be true or false, not {kind_of(indicator)}", key=key)
    if fill in ("drop_row", IGNORE) and indicator:
        fail(f"`{fill}` leaves no gap to indicate", key=key, help="remove `indicator`, or fill the gaps")
    if "else" not in value:
        return
    _check_value(key, otherwise)
    if fill not in NEIGHBORS:
        fail(f"`else` is for gaps that `forward` or `backward` leaves, and `{fill}` leaves none", key=key)
    if otherwise in POLICIES and otherwise not in STATISTICS:
        fail(f"`else` must be a value, or one of {', '.join(STATISTICS)}, not `{otherwise}`", key=key)
