"""`data.split`: how the examples are split into training, validation and test."""

import datetime
import math
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from kspec.diagnostics import codes
from kspec.language.base import Model, fail, reject_reserved
from kspec.language.durations import microseconds_of
from kspec.language.json_schema import JsonSchema
from kspec.language.source_files import SplitName
from kspec.syntax.yaml_flow import kind_of

WAYS = {
    "by": "assigns every row to a split",
    "time": "splits by time",
    "order": "splits in the order of the rows",
    "group": "splits by group",
    "hash": "splits by hash",
    "lists": "assigns the rows to splits",
}
"""The keys that each state a way to split, and what it does; without one, chance decides."""
_SUITS = {
    "by": (),
    "time": ("validation", "test", "gap"),
    "order": ("validation", "test", "gap"),
    "group": ("validation", "test", "stratify"),
    "hash": ("validation", "test"),
    "lists": ("key",),
    "": ("validation", "test", "stratify"),
}
"""Way → the other keys that have an effect with it."""
FOLDED = ("", "time", "order", "group")
"""The ways that can make folds."""


def _check_part(value: Any) -> Any:
    """A fraction of the rows, or with `time` the time at which the part begins."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        fail(f"a fraction must be a number, not {kind_of(value)}", help="write a number from 0 to 1, such as 0.2")
    if isinstance(value, str):
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            fail(
                f'"{value}" is neither a fraction nor a date',
                help="write a fraction such as 0.2; or, with `time`, a date such as 2024-01-31",
            )
        return value
    if not math.isfinite(value):
        fail(f"a fraction must be finite, not {value}")
    return float(value) if 0 <= value < 1 else value


def _check_gap(value: Any) -> Any:
    if isinstance(value, str):
        if microseconds_of(value) is None:
            fail(
                f'"{value}" is not a length of time',
                help="write a number and seconds, minutes, hours, days or weeks, such as `7 days`",
            )
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        fail(f"a gap must be a length of time, not {kind_of(value)}", help="write `gap: 7 days`")
    elif not 0 <= value < math.inf:
        fail(f"a gap cannot be {value}", help="write 0 or more")
    return value


def _check_lists(value: Any) -> Any:
    if isinstance(value, dict) and "train" not in value:
        fail("the list of the training split is missing", help="add `train: train.txt`")
    return value


def _combinations() -> list[Any]:
    """JSON Schema: the keys that have no effect with each way to split."""
    words = ("validation", "test", "stratify", "gap", "key")
    conditions: list[Any] = []
    for way, does in WAYS.items():
        others = [word for word in (*WAYS, *words) if word != way and word not in _SUITS[way]]
        stated = {"const": True} if way == "order" else {"type": "object" if way == "lists" else "string"}
        conditions.append(
            {
                "if": {"required": [way], "properties": {way: stated}},
                "then": {
                    "properties": {
                        word: {"enum": [None, False]} if word in (*WAYS, "stratify") else False for word in others
                    },
                    "errorMessage": f"`{way}` {does}; remove `{way}` or the other keys.",
                },
            }
        )
    for word, ways in (("gap", ["time", "order"]), ("key", ["lists"])):
        needed = " or ".join(f"`{way}`" for way in ways)
        conditions.append(
            {
                "if": {"required": [word]},
                "then": {"anyOf": [{"required": [way]} for way in ways], "errorMessage": f"`{word}` needs {needed}."},
            }
        )
    conditions.append({"if": {"required": ["lists"]}, "then": {"required": ["key"]}})
    conditions.append({"if": {"required": ["fold"]}, "then": {"required": ["folds"]}})
    unsuited = {word: {"enum": [None, False]} for word in WAYS if word not in FOLDED}
    message = f"`folds` goes with {', '.join(f'`{way}`' for way in FOLDED if way)} and `test`; remove the other keys."
    alone = {"properties": {**unsuited, "validation": False}, "errorMessage": message}
    conditions.append({"if": {"required": ["folds"], "properties": {"folds": {"type": "integer"}}}, "then": alone})
    fraction = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    fractions = {"properties": dict.fromkeys(("validation", "test"), fraction)}
    conditions.append({"if": {"required": ["time"]}, "else": fractions})
    return conditions


_Time = Annotated[str, Field(pattern="^[0-9]{4}")]
_Part = Annotated[float | int | str, BeforeValidator(_check_part), JsonSchema(float | _Time)]


class Split(Model):
    """How the examples are split into training, validation and test."""

    validation: _Part = Field(
        default=0.2,
        description="Fraction of the examples held out for validation during training; with `time`, also the date (or "
        "the number, in a column of numbers) from which on examples are held out",
    )
    test: _Part = Field(
        default=0.2,
        description="Fraction of the examples held out for evaluation; with `time`, also the date (or the number, in a "
        "column of numbers) from which on examples are held out",
    )
    stratify: bool | str = Field(
        default=False, description="Keep the class proportions in each split: `true`, or the column to stratify by"
    )
    by: str | None = Field(
        default=None, description="A column that assigns each row to `train`, `validation` or `test`"
    )
    time: str | None = Field(
        default=None, description="A column of times: training has the earliest rows, test the latest"
    )
    order: bool = Field(default=False, description="Split in the order of the rows: the last rows are the test split")
    gap: Annotated[float | int | str | None, BeforeValidator(_check_gap), JsonSchema(float | str)] = Field(
        default=None,
        description="What is left out before each later split: a length of time such as `7 days`, a number in the "
        "unit of the time column, or with `order` a number of rows",
    )
    group: str | None = Field(default=None, description="A column of groups, each of which is in one split only")
    hash: str | None = Field(
        default=None, description="A column of keys that decides alone, so that rows stay in their split as others come"
    )
    lists: Annotated[dict[SplitName, str] | None, BeforeValidator(_check_lists)] = Field(
        default=None, description="By split, a text file with the keys of its rows, one on each line"
    )
    key: str | None = Field(default=None, description="The column of the keys that the `lists` name")
    folds: int | None = Field(
        default=None,
        ge=2,
        description="The number of parts, each of which is the validation split of one run; in time, each run trains "
        "on what lies before",
    )
    fold: int | None = Field(default=None, ge=1, description="The only fold to run; by default all")

    model_config = ConfigDict(json_schema_extra={"allOf": _combinations()})

    @property
    def way(self) -> str:
        """The key of `WAYS` that is stated; empty if chance decides."""
        return next((way for way in WAYS if getattr(self, way)), "")

    @property
    def fractions(self) -> dict[str, float]:
        """The fractions of `validation` and `test`, where both are stated as such."""
        return {"validation": float(self.validation), "test": float(self.test)}

    @property
    def columns(self) -> list[str]:
        """The columns that decide the split, besides those of `stratify`."""
        return [name for name in (self.by, self.time, self.group, self.hash, self.key) if name is not None]

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        reject_reserved(value, "repeats")
        if not isinstance(value, dict):
            return value
        ways = [way for way in WAYS if value.get(way) not in (None, False)]
        if len(ways) > 1:
            fail(
                f"`{ways[0]}` and `{ways[1]}` are two ways to split",
                key=ways[1],
                help=f"keep one of them; `{ways[0]}` {WAYS[ways[0]]}",
            )
        way = ways[0] if ways else ""
        for word in ("validation", "test", "stratify", "gap", "key"):
            if word not in value or word in _SUITS[way] or (value[word] in (None, False) and word == "stratify"):
                continue
            if way:
                shown = value[way] if isinstance(value[way], str) else "true" if value[way] is True else "..."
                fail(
                    f"`{word}` has no effect with `{way}: {shown}`, which {WAYS[way]}",
                    key=word,
                    help=f"remove `{word}` or `{way}`",
                )
            needed = "`lists`" if word == "key" else "`time` or `order`"
            fail(f"`{word}` has no effect without {needed}", key=word, help=f"remove `{word}`, or add {needed}")
        if value.get("fold") is not None and value.get("folds") is None:
            fail("`fold` has no effect without `folds`", key="fold", help="remove `fold`, or add `folds: 5`")
        if value.get("folds") is not None:
            if way not in FOLDED:
                help = f"remove `folds` or `{way}`"
                fail(f"`folds` has no effect with `{way}`, which {WAYS[way]}", key="folds", help=help)
            if "validation" in value:
                help = "remove `validation`; `test` can be held out from all folds"
                message = "each fold is the validation split once, so it has no size of its own"
                fail(message, key="validation", help=help)
        if way == "lists" and value.get("key") is None:
            fail("`lists` needs the column of the keys", key="lists", help="add `key: id`")
        return value

    @model_validator(mode="after")
    def _leaves_training(self) -> "Split":
        if self.folds is not None:
            if "test" not in self.model_fields_set:
                self.__dict__["test"] = 0.0
            self.__dict__["validation"] = 1 / self.folds
            if self.fold is not None and self.fold > self.folds:
                help = f"use a number from 1 to {self.folds}"
                fail(f"there is no fold {self.fold} of {self.folds}", key="fold", help=help)
        is_dated = {name: not _is_fraction(getattr(self, name)) for name in ("validation", "test")}
        if self.time is None:
            for name in ("validation", "test"):
                if is_dated[name]:
                    value = getattr(self, name)
                    help = "write a fraction such as 0.2"
                    if isinstance(value, str):
                        fail(f"`{name}` is a date, but the split is not by time", key=name, help="add `time: column`")
                    fail(f"must be {'at least 0' if value < 0 else 'less than 1'}, not {value}", key=name, help=help)
        elif any(is_dated.values()):
            for name in ("validation", "test"):  # a split that begins at a date says nothing of the size of the other
                if name not in self.model_fields_set:
                    self.__dict__[name] = 0.0
        if self.order and not (self.gap is None or (isinstance(self.gap, (int, float)) and self.gap == int(self.gap))):
            fail(f"with `order`, `gap` is a number of rows, not {self.gap}", key="gap", help="write `gap: 10`")
        parts = [self.test] if self.folds is not None else [self.validation, self.test]
        held = sum(part for part in parts if isinstance(part, float) and _is_fraction(part))
        if self.way not in ("by", "lists") and held >= 1:
            fail(
                "`validation` and `test` leave no examples to train on",
                code=codes.EMPTY_SPLIT,
                help="their sum must be less than 1",
            )
        return self


def _is_fraction(value: float | str) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < 1
