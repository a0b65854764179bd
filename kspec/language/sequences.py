"""Lists of unequal length: inputs and targets that are padded to one length."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from kspec.diagnostics import did_you_mean
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import kind_of

ENCODERS = ("TextVectorization", "StringLookup")
"""Layers that encode the texts of a target."""
End = Literal["post", "pre"]
"""An end of a list, as Keras's `pad_sequences` names it: `post` is the end, `pre` the beginning."""


def _pad(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        fail(f"`pad` must be a number or text, not {kind_of(value)}", help="write `pad: 0`")
    return value


def _through(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict) or len(value) != 1:
        fail(
            f"`through` must be the name of a node, or a layer, not {kind_of(value)}",
            help="write `through: tokens`, or `through: {TextVectorization: {split: character}}`",
        )
    name, arguments = next(iter(value.items()))
    if name not in ENCODERS:
        fail(f"`{name}` does not encode texts", key=str(name), label=did_you_mean(str(name), ENCODERS),
             help=f"use {' or '.join(f'`{each}`' for each in ENCODERS)}")  # fmt: skip
    if arguments is not None and not isinstance(arguments, dict):
        fail(f"the arguments of `{name}` need names", key=name, help=f"write `{name}: {{split: character}}`")
    if isinstance((arguments or {}).get("vocabulary"), str):  # Keras opens the file, wherever it is
        fail(f"the `vocabulary` of `{name}` must be a list here, not a file", key=name,
             help="write the items, or name a layer of the network, as in `through: tokens`")  # fmt: skip
    return {name: arguments or {}}


class ListColumn(Model):
    """A column of lists."""

    column: str = Field(min_length=1, description="The column of lists")
    length: int | None = Field(
        default=None,
        gt=0,
        description="The length of each example; by default that of the input or output, or of the longest list of the "
        "training split",
    )
    sep: str | None = Field(
        default=None,
        description='What separates the items of a text, such as " " (any white space) or ";"; "" for each character',
    )
    padding: End | None = Field(
        default=None, description="The end at which shorter lists are padded; `post` by default"
    )
    truncating: End | None = Field(default=None, description="The end at which longer lists are cut; `post` by default")

    @property
    def names(self) -> str:
        """Its column, as other settings name theirs."""
        return self.column


class ListInput(ListColumn):
    """A column of lists that feeds an input."""

    pad: Annotated[Any, BeforeValidator(_pad), JsonSchema(float | str)] = Field(
        default=None, description="What shorter lists are padded with; 0 by default, or empty text"
    )


class ListTarget(ListColumn):
    """A column of lists, or of texts that become lists, whose padding has no loss."""

    through: Annotated[
        str | dict[str, dict[str, Any]] | None,
        BeforeValidator(_through),
        JsonSchema(str | dict[str, dict[str, Any]] | None),
    ] = Field(
        default=None,
        description="What encodes the target: the name of a `TextVectorization` or `StringLookup` of the network, or "
        "a layer of its own, such as `{TextVectorization: {split: character}}`, which learns from the target",
    )
    shift: int = Field(
        default=0, ge=0, description="How many items ahead the target is: 1 for the next one at each position"
    )


LIST_KEYS = set(ListTarget.model_fields) - {"column"}
"""The keys of a target that make it one of lists."""


def list_input(value: dict[str, Any]) -> ListInput:
    """An input as written in a mapping with `column`."""
    return ListInput.model_validate(value)
