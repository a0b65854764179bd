"""`data.targets`: the columns of targets, and how they are scaled."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail, reject_unknown_key
from kspec.language.field_types import ColumnNames, check_columns
from kspec.language.json_schema import JsonSchema
from kspec.language.sequences import LIST_KEYS, ListTarget

Scale = Literal["standard", "minmax", "log"]
SCALES: tuple[Scale, ...] = get_args(Scale)


def _scale(value: Any) -> Any:
    if value is not None and value not in SCALES:
        fail(
            f"unknown scale `{value}`" if isinstance(value, str) else "a scale must be a word",
            label=did_you_mean(str(value), SCALES),
            help=f"available scales: {', '.join(SCALES)}",
        )
    return value


class TargetColumns(Model):
    """The columns of a target, and what training does to their values."""

    column: Annotated[Any, BeforeValidator(check_columns), JsonSchema(ColumnNames)] = Field(
        default=None, description="The column"
    )
    columns: Annotated[Any, BeforeValidator(check_columns), JsonSchema(ColumnNames)] = Field(
        default=None, description="Several columns, or a glob"
    )
    scale: Annotated[Any, BeforeValidator(_scale), JsonSchema(Scale)] = Field(
        default=None,
        description="Train on scaled values: `standard` (mean 0, deviation 1), `minmax` (from 0 to 1) or `log`, each "
        "learned on the training split; predictions and metrics stay in the unit of the column",
    )

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("column") is None and value.get("columns") is None:
                fail("the target names no column", code=codes.MISSING_KEY, help="add `column: name`")
            if value.get("column") is not None and value.get("columns") is not None:
                fail("`column` and `columns` are the same setting", key="columns", help="keep one of them")
        return value

    @property
    def names(self) -> Any:
        """A column, a glob, or a list of them."""
        return self.columns if self.column is None else self.column


def _targets(value: Any) -> Any:
    if not isinstance(value, dict):
        return check_columns(value)
    if "scale" in value and ("column" in value or "columns" in value):
        fail(
            "the scale of a target needs the name of its output",
            key="scale",
            help="write `targets: {output: {column: ..., scale: ...}}`, with the name of the output",
        )
    return _BY_OUTPUT.validate_python(value)


def _target(value: Any) -> Any:
    if not isinstance(value, dict):
        return check_columns(value)
    reject_unknown_key(value, TargetColumns, ListTarget, of="a target")
    if LIST_KEYS & set(value):
        if value.get("scale") is not None:
            fail("a target of lists has no scale", key="scale", help="remove `scale`")
        return ListTarget.model_validate(value)
    return TargetColumns.model_validate(value)


_BY_OUTPUT = TypeAdapter(dict[str, Annotated[Any, BeforeValidator(_target)]])
"""Validates each target, so that a problem within one has its place."""
Targets = Annotated[
    Any,
    BeforeValidator(_targets),
    JsonSchema(ColumnNames | dict[str, ColumnNames | TargetColumns | ListTarget]),
]
"""Columns of the only target, or a mapping from outputs to columns, to columns and their scale, or to lists."""


def target_columns(targets: Any, output: str) -> Any:
    """The columns that the spec names as the target of an output: a name, a glob, a list of them, or None.

    Args:
        targets: `data.targets`.
        output: The output.
    """
    setting = targets.get(output) if isinstance(targets, dict) else targets
    return setting.names if isinstance(setting, (TargetColumns, ListTarget)) else setting


def target_scale(targets: Any, output: str) -> Scale | None:
    """The scale on which an output is trained; None for the column's own unit.

    Args:
        targets: `data.targets`.
        output: The output.
    """
    setting = targets.get(output) if isinstance(targets, dict) else None
    return setting.scale if isinstance(setting, TargetColumns) else None


def named_targets(targets: Any) -> list[str]:
    """The columns and globs that the spec names in `data.targets`."""
    settings = targets.values() if isinstance(targets, dict) else [targets]
    columns = [each.names if isinstance(each, (TargetColumns, ListTarget)) else each for each in settings]
    return [name for each in columns for name in ([each] if isinstance(each, str) else each or [])]
