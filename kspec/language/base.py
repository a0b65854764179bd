"""The base of the language's Pydantic models, and the errors that their validators raise."""

from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from kspec.diagnostics import Rule, codes, did_you_mean
from kspec.language.removed_values import RemovedValue


class Model(BaseModel):
    """A mapping of the language: unknown keys are errors, and values are never converted."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_by_alias=True, validate_by_name=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise RemovedValue(name)
            return super().__getattr__(name)


def fail(
    message: str,
    *,
    code: Rule = codes.INVALID_VALUE,
    help: str = "",
    key: str = "",
    label: str = "",
    replacement: str = "",
) -> NoReturn:
    """Reject a value from inside a validator, with a message of its own.

    Args:
        message: What is wrong.
        code: The rule to report.
        help: What to write instead.
        key: The key of the mapping under validation to report; empty for the whole value.
        label: A few words for the underline.
        replacement: The text to replace the value with; empty if that is uncertain.
    """
    context = {"code": code, "help": help, "key": key, "label": label, "replacement": replacement}
    # Pydantic fills its template value by value. The message comes last, so that its braces stay as they are.
    raise PydanticCustomError("kspec", "{message}", {**context, "message": message})


def reject_unknown_key(value: dict[Any, Any], *models: type[BaseModel], of: str) -> None:
    """Reject a key that none of some models has, for a mapping whose model depends on its keys.

    Args:
        value: The mapping.
        models: The models that it may be.
        of: What the mapping is, for the message.
    """
    fields = (field for model in models for field in model.model_fields.items())
    known = tuple(dict.fromkeys(field.alias or name for name, field in fields))
    stray = next((key for key in value if key not in known), None)
    if stray is not None:
        fail(
            f"unknown key `{stray}` of {of}",
            code=codes.UNKNOWN_KEY,
            key=str(stray),
            label=did_you_mean(str(stray), known),
            help=f"available keys: {', '.join(known)}",
        )


RESERVED = {
    "repeats": "repeated cross-validation",
}
"""Keys that are reserved, and what they will mean."""


def reject_reserved(values: Any, *words: str) -> None:
    """Reject reserved keys in a mapping."""
    if isinstance(values, dict):
        for word in words:
            if word in values:
                fail(f"`{word}` ({RESERVED[word]}) is not supported yet", code=codes.RESERVED_KEY, key=word)
