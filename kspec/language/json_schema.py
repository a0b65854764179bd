"""What the JSON Schema needs to know of a model where a validator decides: annotations, read only when it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]

ACCEPTS = "accepts"
"""The keyword under which an annotation's type reaches the generator."""


class JsonSchema:
    """Annotation of a type whose validator decides what it accepts.

    Args:
        accepts: What stands in the place of the annotated type: a Python type, a type in the catalog's notation
            (`<optimizer>|null`), or a definition (`#/definitions/…`); None for the annotated type itself.
        keywords: Keywords of JSON Schema, added to those of the type.
    """

    def __init__(self, accepts: Any = None, /, **keywords: Any) -> None:
        self.accepts = accepts
        self.keywords = keywords

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Callable[[Any], Schema]) -> Schema:
        if self.accepts is None:
            return handler(core_schema) | self.keywords
        return {ACCEPTS: self.accepts} | self.keywords


def reject(message: str) -> Schema:
    """A schema that rejects every mapping, with an error message."""
    return {"type": "string", "errorMessage": message}


def exactly_one(keys: tuple[str, ...], *, none: str, several: str) -> Callable[[Schema], None]:
    """A rule for `json_schema_extra`: a mapping has exactly one of some keys.

    An unknown key is an error of its own, and may be a misspelling of one of them: then `none` is not reported.

    Args:
        keys: The keys.
        none: Error message for a mapping with none of them.
        several: Error message for a second one.
    """

    def add(schema: Schema) -> None:
        any_of = {"anyOf": [{"required": [key]} for key in keys]}
        schema |= {
            "if": {"type": "object", "propertyNames": {"enum": list(schema["properties"])}, "not": any_of},
            "then": reject(none),
            "dependencies": {
                key: {"if": {"anyOf": [{"required": [other]} for other in keys[:number]]}, "then": reject(several)}
                for number, key in enumerate(keys)
                if number
            },
        }

    return add
