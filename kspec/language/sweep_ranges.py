"""The ranges of a sweep: what an address of the spec may be."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import abbreviate, kind_of, to_yaml

HEADS = ("choice", "uniform", "log", "int")
_HELP = "write `{choice: [8, 16]}`, `{uniform: [0.0, 0.5]}`, `{log: [1e-4, 1e-1]}` or `{int: [1, 4]}`"
_BOUNDS = Annotated[list[float], Field(min_length=2, max_length=2)]
_INTEGERS = Annotated[list[int], Field(min_length=2, max_length=2)]


def _choices(value: Any) -> Any:
    if not isinstance(value, list):
        fail(f"`choice` must be a list of values, not {kind_of(value)}", help="write `choice: [8, 16, 32]`")
    if not value:
        fail("`choice` has no values", help="write `choice: [8, 16, 32]`")
    texts = [abbreviate(item) for item in value]
    twice = next((text for text in texts if texts.count(text) > 1 and text != "..."), None)
    if twice is not None:
        fail(f"`choice` has {twice} twice", help="name each value once")
    return value


def _bounds(value: Any, word: str) -> list[Any]:
    example = f"write `{word}: [{'1, 4' if word == 'int' else '1e-4, 1e-1' if word == 'log' else '0.0, 0.5'}]`"
    if not isinstance(value, list) or len(value) != 2:
        fail(f"`{word}` must be a list of the lowest and the highest value, not {kind_of(value)}", help=example)
    for item in value:
        if isinstance(item, bool) or not isinstance(item, (int, float)) or not math.isfinite(item):
            fail(f"a bound of `{word}` must be a number, not {kind_of(item)}", help=example)
        if word == "int" and not isinstance(item, int):
            fail(f"a bound of `int` must be an integer, not {item}", help="use `uniform` for fractions")
    low, high = value
    if low > high:
        fail(
            f"`{word}` begins with {low}, above {high}: the lowest value comes first",
            help=f"write `{word}: [{high}, {low}]`",
            replacement=f"[{high}, {low}]",
        )
    return value


def _uniform(value: Any) -> Any:
    return None if value is None else _bounds(value, "uniform")


def _integers(value: Any) -> Any:
    return None if value is None else _bounds(value, "int")


def _log(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    return _positive(_bounds(value, "log"), "log: [1e-4, 1]")


def _positive(bounds: list[Any], example: str) -> list[Any]:
    if bounds[0] <= 0:
        fail(f"the lowest value of a logarithmic range must be above 0, not {bounds[0]}", help=f"write `{example}`")
    return bounds


class Range(Model):
    """The values that an address of the spec may have."""

    choice: Annotated[
        list[Any] | None, BeforeValidator(_choices), JsonSchema(Annotated[list[Any], Field(min_length=1)])
    ] = Field(None, description="The values to choose from")
    uniform: Annotated[list[float | int] | None, BeforeValidator(_uniform), JsonSchema(_BOUNDS)] = Field(
        None, description="The lowest and the highest value; any number between them is as likely"
    )
    log: Annotated[list[float | int] | bool | None, BeforeValidator(_log), JsonSchema(_BOUNDS | bool)] = Field(
        None,
        description="The lowest and the highest value; any order of magnitude between them is as likely. With `int`, "
        "true for such integers",
    )
    integers: Annotated[list[int] | None, BeforeValidator(_integers), JsonSchema(_INTEGERS)] = Field(
        None, alias="int", description="The lowest and the highest integer"
    )
    step: Annotated[int, Field(gt=0)] | Annotated[float, Field(gt=0)] | None = Field(
        None, description="The distance between two values of `uniform` or `int`"
    )

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if not isinstance(value, (dict, cls)):
            choice = f"write `{{choice: {to_yaml(value)}}}`" if isinstance(value, list) and value else _HELP
            fail(f"a range must be a mapping, not {kind_of(value)}", help=choice)
        return value

    @model_validator(mode="after")
    def _one_head(self) -> "Range":
        if self.log is True or self.log is False:
            if self.integers is None:
                fail("`log: true` belongs to `int`", key="log", help="write `{log: [1e-4, 1e-1]}` for fractions")
            if self.log:
                _positive(self.integers, "{int: [1, 64], log: true}")
        heads = [word for word in HEADS if self.bounds_of(word) is not None]
        if not heads:
            fail("the range has no values", help=_HELP)
        if len(heads) > 1:
            fail(f"a range is one of {' and '.join(f'`{word}`' for word in heads)}", key=heads[1], help="keep one")
        if self.step is not None and (self.is_log or heads[0] not in ("uniform", "int")):
            fail("`step` belongs to `uniform`, or to `int` without `log`", key="step", help="remove it")
        if self.step is not None and heads[0] == "int" and not isinstance(self.step, int):
            fail(f"the `step` of `int` must be an integer, not {self.step}", key="step")
        if self.step is not None and self.step > self._ends[1] - self._ends[0]:
            fail(f"the `step` {self.step} is longer than the range", key="step", help="write a shorter one")
        return self

    def bounds_of(self, word: str) -> Any:
        """The value of a head; None without it."""
        value = self.integers if word == "int" else getattr(self, word)
        return None if isinstance(value, bool) else value

    @property
    def is_log(self) -> bool:
        """Whether values are drawn by their orders of magnitude."""
        return bool(self.log)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that it has; of a range that is no choice."""
        low, high = self._ends
        return low, (high if self.step is None else low + self.step * int((high - low) / self.step + 1e-9))

    @property
    def _ends(self) -> tuple[float, float]:
        low, high = next(self.bounds_of(word) for word in HEADS[1:] if self.bounds_of(word) is not None)
        return low, high

    @property
    def count(self) -> int | None:
        """The number of its values; None if it is continuous."""
        if self.choice is not None:
            return len(self.choice)
        if self.integers is None and self.step is None:
            return 1 if self.bounds[0] == self.bounds[1] else None
        low, high = self.bounds
        return int((high - low) / (self.step or 1) + 1e-9) + 1
