"""`budget`: what a run may take."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kspec.language.base import Model, fail
from kspec.language.byte_sizes import read_bytes
from kspec.language.durations import TIME_HELP, check_duration, microseconds_of
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import kind_of

_MEMORY_HELP = "write a number with its unit, such as `512 MB` or `4 GB`"


def _memory(value: Any) -> Any:
    if value is None:
        return value
    if not isinstance(value, str):
        fail(f"`memory` must be a number of bytes with its unit, not {kind_of(value)}", help=_MEMORY_HELP)
    if not read_bytes(value):
        fail(f"`{value}` is not a number of bytes", help=_MEMORY_HELP)
    return value


def _time(value: Any) -> Any:
    return check_duration(value, "`time`")


class Budget(Model):
    """What a run may take: `kspec estimate` reports more as an error, and so does `check` where it is certain."""

    memory: Annotated[
        str | None, BeforeValidator(_memory), JsonSchema(errorMessage=f"`memory` is {_MEMORY_HELP[6:]}.")
    ] = Field(None, min_length=1, description="Memory of the whole run, such as `4 GB`")
    time: Annotated[str | None, BeforeValidator(_time), JsonSchema(errorMessage=f"`time` is {TIME_HELP[6:]}.")] = Field(
        None, min_length=1, description="Time of the whole run, such as `1 h`"
    )

    @property
    def bytes(self) -> float | None:
        """The memory in bytes; None for any."""
        return None if self.memory is None else read_bytes(self.memory)

    @property
    def seconds(self) -> float | None:
        """The time in seconds; None for any."""
        return None if self.time is None else (microseconds_of(self.time) or 0) / 1e6
