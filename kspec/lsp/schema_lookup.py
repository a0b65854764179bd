"""The JSON Schema along a path of a spec: the allowed keys and values, and their documentation.

Editors without the language server use the same schema, so both propose the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from kspec.diagnostics import Path

Schema = dict[str, Any]

MAX_NUMBERS = 8
"""A range of numbers up to this size is proposed: `verbose` is 0, 1 or 2."""


@cache
def _whole() -> Schema:
    from kspec.schema.document import json_schema

    return json_schema()


def schemas_at(path: Path) -> list[Schema]:
    """Every part of the schema that applies to the value at a path."""
    found = list(_parts(_whole()))
    for key in path:
        found = [part for schema in found for inner in _inner(schema, key) for part in _parts(inner)]
    return found


def keys_at(path: Path) -> dict[str, Schema]:
    """The keys that a mapping at a path can have, without aliases, each with its schema."""
    found: dict[str, Schema] = {}
    for schema in schemas_at(path):
        for name, inner in schema.get("properties", {}).items():
            if not any(part.get("doNotSuggest") or part.get("deprecated") for part in _parts(inner)):
                found.setdefault(name, inner)
    return found


def words_at(path: Path) -> list[Any]:
    """The values that are allowed at a path, if they can be listed."""
    found: dict[Any, None] = {}
    for schema in schemas_at(path):
        for value in (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])):
            found[value] = None
        low, high = schema.get("minimum"), schema.get("maximum")
        if isinstance(low, int) and isinstance(high, int) and high - low < MAX_NUMBERS:
            found.update(dict.fromkeys(range(low, high + 1)))
        types = schema.get("type", ())
        if "boolean" in ([types] if isinstance(types, str) else types):
            found.update({True: None, False: None})
    return list(found)


def meaning(schema: Schema) -> str:
    """The documentation of a schema, in Markdown; empty if it has none."""
    for part in _parts(schema):
        for word in ("markdownDescription", "description"):
            if part.get(word):
                return str(part[word])
    return ""


def meaning_at(path: Path) -> str:
    """The documentation of the value at a path."""
    holder, key = schemas_at(path[:-1]), path[-1]
    for schema in holder:
        for inner in _inner(schema, key):
            found = meaning(inner)
            if found:
                return found
    return ""


def _parts(schema: Any) -> Iterator[Schema]:
    """A schema and its parts."""
    if not isinstance(schema, dict):
        return
    yield schema
    if "$ref" in schema:
        yield from _parts(_whole()["definitions"][schema["$ref"].rpartition("/")[2]])
    for word in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(word, ()):
            yield from _parts(each)
    for word in ("then", "else"):
        yield from _parts(schema.get(word))


def _inner(schema: Schema, key: str | int) -> Iterator[Schema]:
    """The schemas of the value under a key, or of an item."""
    if isinstance(key, int):
        items = schema.get("items")
        yield from [items] if isinstance(items, dict) else []
        return
    if key in schema.get("properties", {}):
        yield schema["properties"][key]
        return
    matching = [inner for pattern, inner in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
    yield from matching
    if not matching and isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"]
