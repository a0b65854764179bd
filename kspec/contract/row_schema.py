"""The JSON Schema of a row: what a value must be to be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.contract.parts import ColumnContract

KEYWORD = "x-kspec"
"""The keyword of what JSON Schema cannot say."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INTEGERS = ("int", "uint")


def row_schema(name: str, columns: Mapping[str, ColumnContract], rows: int, own: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a contract.

    Args:
        name: The name of the spec.
        columns: The columns that new rows must have.
        rows: How many rows a prediction needs.
        own: What the schema cannot say of the whole.
    """
    needs = "which predicts each" if rows == 1 else f"which needs {rows} of them in a row for a prediction"
    return {
        "$schema": DIALECT,
        "title": name,
        "description": f"A row of the data of a run of {name}, {needs}.",
        "type": "object",
        "properties": {column: column_schema(each) for column, each in columns.items()},
        "required": list(columns),
        KEYWORD: dict(own),
    }


def column_schema(column: ColumnContract) -> dict[str, Any]:
    """The schema of the value of a column; under `x-kspec` what training has seen of it."""
    schema = _value_schema(column)
    if column.gap.action != "refuse" and "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema = {**schema, "type": [*types, "null"]}
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return {**schema, KEYWORD: column_facts(column)}


def column_facts(column: ColumnContract) -> dict[str, Any]:
    """What a schema cannot say of a column."""
    return column.model_dump(exclude={"name"}, exclude_none=True, exclude_defaults=True) | {"kind": column.kind}


def _value_schema(column: ColumnContract) -> dict[str, Any]:
    if column.role in ("series", "source"):
        form = {"format": column.format} if column.format else {}
        return {"type": ["string", "number", "boolean"], **form}
    match column.kind:
        case "image":
            return {"type": "string", "contentMediaType": "image/*", "description": "the path of a picture"}
        case "audio":
            return {"type": "string", "contentMediaType": "audio/wav", "description": "the path of a WAV file"}
        case "array":
            return _array(column.shape, _item(column))
        case "list":
            schema = {"type": "array", "items": _item(column)}
            return schema if column.sep is None else {**schema, "type": ["array", "string"]}
        case "time":
            return {"type": ["string", "number"], **({"format": column.format} if column.format else {})}
    if column.dtype == "string" or column.kind == "text":
        values = list(column.seen.categories)
        return {"type": ["string", "number", "boolean"]} if not column.is_closed else {"type": "string", "enum": values}
    return _number(column)


def _number(column: ColumnContract) -> dict[str, Any]:
    schema = _item(column)
    if column.is_closed and column.kind == "number":
        schema["enum"] = [int(value) for value in column.seen.categories]
    if column.kind == "boolean":
        schema["type"] = ["boolean", schema["type"]]
    return schema


def _item(column: ColumnContract) -> dict[str, Any]:
    """The schema of one number or text."""
    if column.dtype == "string":
        return {"type": ["string", "number", "boolean"]}
    schema: dict[str, Any] = {"type": "integer" if column.dtype.startswith(_INTEGERS) else "number"}
    if column.dtype == "bool":
        schema = {"type": ["boolean", "integer"]}
    if column.limits is not None:
        schema |= {"minimum": column.limits.lowest, "maximum": column.limits.highest}
    return schema


def _array(shape: Sequence[int | None], item: dict[str, Any]) -> dict[str, Any]:
    """The schema of nested lists.

    Args:
        shape: Their lengths; None for any.
        item: The schema of what they hold.
    """
    for length in reversed(shape):
        bounds = {} if length is None else {"minItems": length, "maxItems": length}
        item = {"type": "array", **bounds, "items": item}
    return item
