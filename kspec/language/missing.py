"""`data.missing`: how the missing values of columns are treated."""

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from kspec.diagnostics import Path
from kspec.language.base import Model, fail, reject_unknown_key
from kspec.syntax.yaml_flow import kind_of, to_yaml

STATISTICS = ("mean", "median", "most_frequent")
"""Fill values that are computed from the training split."""
NEIGHBORS = ("forward", "backward")
"""Fill values that are those of the row before or after."""
IGNORE = "ignore"
"""The policy of a target: an example without it has no loss for its output."""
POLICIES = ("drop_row", *STATISTICS, *NEIGHBORS, IGNORE)
"""Ways to handle missing values, besides a fill value."""
FillValue = str | float | bool


def _value(value: Any) -> Any:
    """Rejects what is neither a policy nor a fill value."""
    if not isinstance(value, (str, int, float)):
        fail(
            f"a fill value must be text or a number, not {kind_of(value)}",
            help=f"use one of {', '.join(POLICIES)}, or a fill value",
        )
    if isinstance(value, float) and not math.isfinite(value):
        fail(f"a fill value must be finite, not {value}")
    return value


class ColumnFill(Model):
    """What fills the gaps of a column, and whether the network learns where they were."""

    fill: Annotated[FillValue, BeforeValidator(_value)] = Field(
        description="`mean`, `median` or `most_frequent` of the training split, `forward` (the last known value), "
        "`backward` (the next one), or a value"
    )
    else_: Annotated[FillValue | None, BeforeValidator(_value)] = Field(
        None, alias="else", description="What fills a gap without a known value before it (after it, for `backward`)"
    )
    indicator: bool = Field(
        False,
        description="Whether the inputs of the column also take `COLUMN_missing`, right after it: 1 where it had a gap",
    )

    @model_validator(mode="after")
    def _fits_the_fill(self) -> Self:
        fill, otherwise = self.fill, self.else_
        if fill in ("drop_row", IGNORE) and self.indicator:
            message = f"`{fill}` leaves no gap to indicate"
            fail(message, key="indicator", help="remove `indicator`, or fill the gaps")
        if otherwise is not None and fill not in NEIGHBORS:
            shown = f"{fill:g}" if isinstance(fill, float) else to_yaml(fill)
            message = f"`else` is for gaps that `forward` or `backward` leaves, and `{shown}` leaves none"
            fail(message, key="else", help="remove `else`")
        if otherwise in POLICIES and otherwise not in STATISTICS:
            fail(f"`else` must be a value, or one of {', '.join(STATISTICS)}, not `{otherwise}`", key="else")
        return self


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


def _rule(value: Any) -> Any:
    if not isinstance(value, dict):
        return _value(value)
    reject_unknown_key(value, ColumnFill, of="the missing values of a column")
    ColumnFill.model_validate(value)
    return value


_BY_COLUMN = TypeAdapter(dict[Any, Annotated[Any, BeforeValidator(_rule)]])
"""Validates the rule of each column, so that a problem within one has its place."""


def check_missing(value: Any) -> Any:
    """Rejects what is neither a policy nor a fill value, for all columns or by column."""
    return _BY_COLUMN.validate_python(value) if isinstance(value, dict) else _value(value)
