"""What all models of the language share."""

from __future__ import annotations

from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from kspec.diagnostics import Rule, codes


class Model(BaseModel):
    """A mapping of the language: unknown keys are errors, and nothing is converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_by_alias=True, validate_by_name=False)


def fail(
    message: str, *, code: Rule = codes.INVALID_VALUE, help: str = "", key: str = "", label: str = "", write: str = ""
) -> NoReturn:
    """Refuses a value with a sentence of our own, from inside a validator.

    Args:
        key: The key of the mapping under validation that is at fault; empty for the whole value.
        write: What the value is written as when it is right; empty where that is not sure.
    """
    context = {"code": code, "help": help, "key": key, "label": label, "write": write}
    raise PydanticCustomError("kspec", message.replace("{", "{{").replace("}", "}}"), context)


def kind_of(value: Any) -> str:
    """What a value is, in the user's words: "text", "a list"."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}..."'
    return "a list" if isinstance(value, list) else "a mapping"


LATER = {
    "read": "columns of paths",
    "window": "windows over a table",
    "time": "splits by time",
    "group": "splits by group",
}
"""Words that the language reserves, and what they will say."""


def refuse_later(values: Any, *words: str) -> None:
    """Refuses the reserved words among the keys of a mapping."""
    if isinstance(values, dict):
        for word in words:
            if word in values:
                fail(f"`{word}` ({LATER[word]}) comes in a later version of kspec", code=codes.RESERVED_KEY, key=word)
