"""`data.columns` and `data.where`: SQL expressions over the columns of a row, as texts."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kspec.language.base import fail
from kspec.syntax.yaml_flow import kind_of


def _text(value: Any) -> Any:
    if isinstance(value, str) and value.strip():
        return value
    fail(
        f"an expression is a text in SQL, not {kind_of(value) if value != '' else 'an empty text'}",
        help="for example `where: price > 0`",
    )


Expression = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Expressions = dict[Annotated[str, Field(min_length=1)], Expression]
