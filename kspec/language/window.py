"""`data.window`: examples that are windows over the rows of a table, and the inputs that take them."""

import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail, reject_unknown_key
from kspec.language.durations import SECONDS, UNITS
from kspec.language.field_types import ColumnNames, check_columns
from kspec.language.json_schema import JsonSchema
from kspec.language.sequences import ListColumn, ListInput, list_input
from kspec.syntax.yaml_flow import kind_of

CALENDAR_UNITS = {"month": 1, "quarter": 3, "year": 12}
"""Unit of the calendar → its months."""
EACH_ROW = "row"
"""The `every` of rows that follow one another, whatever their times are."""
_STEP = re.compile(r"(?:(\d+)\s*)?([a-z]+?)s?")
_STEP_HELP = "write a number, `row`, or a time such as `1 hour`, `7 days` or `1 month`"


class Step(NamedTuple):
    """The step from one row to the next.

    Args:
        size: How many units.
        unit: `number` of a column of numbers, `second` of times, `month` of the calendar, or `row`.
    """

    size: float
    unit: Literal["number", "second", "month", "row"]


def read_step(text: str | int | float) -> Step | None:
    """The step that a text such as `1 hour` means; None if it means none."""
    if not isinstance(text, str):
        return Step(text, "number") if text > 0 else None
    if text == EACH_ROW:
        return Step(1, "row")
    found = _STEP.fullmatch(text.strip().lower())
    count = int(found[1] or 1) if found else 0
    if not found or not count:
        return None
    if found[2] in UNITS:
        return Step(count * SECONDS[UNITS[found[2]]], "second")
    return Step(count * CALENDAR_UNITS[found[2]], "month") if found[2] in CALENDAR_UNITS else None


def _every(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        fail(f"a step must be a number or a time, not {kind_of(value)}", help=_STEP_HELP)
    if read_step(value) is None:
        word = re.sub(r"[\d\s]", "", str(value))
        known = (*SECONDS, *CALENDAR_UNITS, EACH_ROW)
        fail(f"`{value}` is not a step", label=did_you_mean(word, known) if word else "", help=_STEP_HELP)
    return value


class Window(Model):
    """Examples that are windows over the rows of a table: some rows of the past, and the rows to predict."""

    length: int = Field(gt=0, description="Rows of the past in an example, the last of them row t")
    horizon: int = Field(
        default=1, ge=0, description="Rows to predict, from row t+1 on; 0 for the target of row t itself"
    )
    stride: int = Field(default=1, gt=0, description="Rows from one example to the next")
    gap: int = Field(default=0, ge=0, description="Rows left out between row t and the first that is predicted")
    time: str | None = Field(
        default=None, min_length=1, description="The column of time that orders the rows; by default their order"
    )
    by: str | None = Field(
        default=None, min_length=1, description="The column that names the series of a row; no window crosses series"
    )
    every: Annotated[
        str | int | float | None,
        BeforeValidator(_every),
        JsonSchema(
            Annotated[float, Field(gt=0)] | Annotated[str, Field(min_length=1)],
            errorMessage="A step is a number, `row`, or a time such as `1 hour`, `7 days` or `1 month`.",
        ),
    ] = Field(
        default=None,
        description="The step in time from row to row, such as `1 hour`: no window crosses a larger one. By default "
        "the most frequent one; `row` for rows that follow one another, whatever their times are",
    )
    season: int | None = Field(
        default=None, gt=0, description="Rows in a season: the forecast that repeats it becomes a baseline"
    )

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if isinstance(value, dict):
            if "length" not in value:
                fail(
                    "`window` does not say how many rows it has",
                    code=codes.MISSING_KEY,
                    help="add `length`, the rows of the past in an example: `window: {length: 24, horizon: 1}`",
                )
            if value.get("every") is not None and value.get("time") is None and value["every"] != EACH_ROW:
                fail(
                    "`every` is a step in time, and no column of time is named", key="every", help="add `time: column`"
                )
        elif value is not None:
            length = value if isinstance(value, int) and not isinstance(value, bool) else 24
            fail(f"`window` must be a mapping, not {kind_of(value)}", help=f"write `window: {{length: {length}}}`")
        return value

    @model_validator(mode="after")
    def _season_is_known(self) -> "Window":
        if self.season is not None and self.season > self.length:
            fail(
                f"a season of {self.season} rows is longer than the {self.length} rows of the past",
                key="season",
                help=f"use `length: {self.season}` or more",
            )
        return self

    @property
    def reach(self) -> int:
        """The rows after row t that an example needs."""
        return self.gap + self.horizon if self.horizon else 0

    def rows(self, part: Literal["past", "future"]) -> int:
        """The number of rows in a part of an example."""
        return self.length if part == "past" else self.horizon


class WindowColumns(Model):
    """Columns of which an input takes several rows."""

    columns: Annotated[Any, BeforeValidator(check_columns), JsonSchema(ColumnNames)] = Field(
        description="A column, a glob, or a list of them"
    )
    window: Literal["past", "future"] = Field(
        description="`past`: the rows up to row t; `future`: the rows to predict, for what is known beforehand"
    )


def _input(value: Any) -> Any:
    if not isinstance(value, dict):
        return check_columns(value)
    reject_unknown_key(value, WindowColumns, ListInput, of="an input")
    return list_input(value) if "column" in value else WindowColumns.model_validate(value)


_BY_INPUT = TypeAdapter(dict[str, Annotated[Any, BeforeValidator(_input)]])
"""Validates each input, so that a problem within one has its place."""


def _inputs(value: Any) -> Any:
    return _BY_INPUT.validate_python(value) if isinstance(value, dict) else check_columns(value)


InputColumns = Annotated[
    Any,
    BeforeValidator(_inputs),
    JsonSchema(ColumnNames | dict[str, ColumnNames | WindowColumns | ListInput]),
]
"""Columns of the only input, or a mapping from inputs to columns, or to rows of them."""


def column_names(setting: Any) -> Any:
    """The columns of an input's setting, without what else it says: a name, a glob, or a list of them."""
    if isinstance(setting, ListColumn):
        return setting.names
    return setting.columns if isinstance(setting, WindowColumns) else setting
