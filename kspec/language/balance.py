"""`data.balance`: how often each class occurs in training."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import kind_of

Balancing = Literal["oversample", "undersample"]
WAYS: tuple[Balancing, ...] = get_args(Balancing)


def _way(value: Any) -> Any:
    if value not in WAYS:
        fail(
            f"unknown way to balance `{value}`"
            if isinstance(value, str)
            else f"a way to balance is a word, not {kind_of(value)}",
            label=did_you_mean(str(value), WAYS),
            help=f"write {' or '.join(f'`{way}`' for way in WAYS)}",
        )
    return value


class Balance(Model):
    """Draws examples of the training split so that its classes are equally frequent."""

    by: Annotated[Any, BeforeValidator(_way), JsonSchema(Balancing)] = Field(
        description="`oversample` repeats examples of the rarer classes, `undersample` leaves out others"
    )
    target: str | None = Field(default=None, description="The output whose classes count, of several")


def _balance(value: Any) -> Any:
    if isinstance(value, dict):
        if "by" not in value:
            fail("`balance` does not say how", code=codes.MISSING_KEY, help="add `by: oversample` or `by: undersample`")
        return value
    return None if value is None else {"by": _way(value)}


BalanceSetting = Annotated[Balance | None, BeforeValidator(_balance), JsonSchema(Balancing | Balance | None)]
"""A way to balance, or a mapping with the output whose classes count."""
