"""`fit.checkpoint`: how often a run saves all that it needs to go on."""

import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from kspec.language.base import Model, fail
from kspec.language.durations import microseconds_of
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import kind_of

MAX_KEPT = 100
_HELP = "write `1 epoch`, `500 steps` or `10 min`"
_COUNT = re.compile(r"(\d{1,15})\s*(epoch|step)s?", re.IGNORECASE)


class Interval(NamedTuple):
    """How far checkpoints are apart.

    Args:
        number: How many.
        unit: Seconds, epochs or steps.
    """

    number: float
    unit: Literal["second", "epoch", "step"]


def read_interval(text: str) -> Interval | None:
    """The meaning of a text such as `500 steps`; None if it has none.

    >>> read_interval("500 steps")
    Interval(number=500, unit='step')
    >>> read_interval("10 min")
    Interval(number=600.0, unit='second')
    """
    count = _COUNT.fullmatch(text.strip())
    if count is not None:
        unit: Literal["epoch", "step"] = "epoch" if count[2].lower() == "epoch" else "step"
        return Interval(int(count[1]), unit) if int(count[1]) else None
    length = microseconds_of(text)
    return Interval(length / 1e6, "second") if length else None


def _every(value: Any) -> Any:
    if not isinstance(value, str):
        is_count = type(value) is int and value > 0
        help = f"write a unit: `{value} epochs`, `{value} steps` or `{value} min`" if is_count else _HELP
        fail(f"`every` must be a number with its unit, not {kind_of(value)}", help=help)
    if read_interval(value) is None:
        fail(f"`{value}` is no number of epochs or steps, and no length of time", help=_HELP)
    return value


class Checkpoint(Model):
    """How often a run saves all that it needs to go on where it stopped."""

    every: Annotated[
        str | None,
        BeforeValidator(_every),
        JsonSchema(errorMessage="`every` is a number with its unit: `1 epoch`, `500 steps`, `10 min`."),
    ] = Field(
        None,
        min_length=1,
        description="How far checkpoints are apart, such as `1 epoch`, `500 steps` or `10 min`; by default one is "
        "written at the end of an epoch, at most one a minute, and every ten minutes within an epoch",
    )
    keep: int = Field(2, gt=0, le=MAX_KEPT, description="How many checkpoints of a run are kept while it trains")

    @property
    def interval(self) -> Interval | None:
        """How far they are apart; None where the spec leaves it open."""
        return None if self.every is None else read_interval(self.every)


def _checkpoint(value: Any) -> Any:
    if value is not False and isinstance(value, (bool, str, int, float)):
        written = f"{{every: {value}}}" if isinstance(value, str) and read_interval(value) else "{every: 1 epoch}"
        fail(
            f"`checkpoint` must be a mapping or false, not {kind_of(value)}",
            help=f"write `checkpoint: {written}`; without it, a run writes checkpoints anyway",
            replacement=written,
        )
    return value


CheckpointSetting = Annotated[Checkpoint | Literal[False] | None, BeforeValidator(_checkpoint)]
"""Settings of checkpoints; false for none."""
