"""Structs of Arrow as dotted columns: a struct `a` with a field `b` is a column `a.b`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 32
"""How deep structs may be nested."""

FieldPath = tuple[str, ...]
"""The fields that lead to a column: its own name, then those within structs."""


def has_fields(kind: Any, depth: int = 0) -> bool:
    """Whether a pyarrow type is a struct whose fields are columns.

    Args:
        kind: The type.
        depth: How many structs it lies in.
    """
    import pyarrow as pa

    return bool(pa.types.is_struct(kind) and kind.num_fields and depth < MAX_DEPTH)


def flat_columns(arrow: Any) -> Iterator[tuple[str, Any]]:
    """The columns of a pyarrow table, with those within structs."""
    for number, name in enumerate(arrow.column_names):
        yield from _flat(name, arrow.column(number), 0)


def _flat(name: str, values: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if has_fields(values.type, depth):
        for field, inner in zip(values.type, values.flatten(), strict=True):
            yield from _flat(f"{name}.{field.name}", inner, depth + 1)
    else:
        yield name, values


def field_paths(schema: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """The paths of the columns that a schema, or a type of structs, has.

    Args:
        schema: The schema or type of pyarrow.
        path: Where it lies.
    """
    for field in schema:
        own = (*path, field.name)
        if has_fields(field.type, len(path)):
            yield from field_paths(field.type, own)
        else:
            yield own


def flat_names(schema: Any) -> Iterator[str]:
    """The names of the columns of a schema, with those within structs."""
    return map(".".join, field_paths(schema))


def type_at(schema: Any, path: FieldPath) -> Any:
    """The pyarrow type of a column.

    Args:
        schema: The schema.
        path: The path of the column.
    """
    kind = schema.field(path[0]).type
    for name in path[1:]:
        kind = kind.field(name).type
    return kind


def values_at(values: Any, path: FieldPath) -> Any:
    """A column within a struct, as a pyarrow array; where the struct is missing, its fields are.

    Args:
        values: The array of structs.
        path: The fields within it.
    """
    for name in path:
        values = values.flatten()[values.type.get_field_index(name)]
    return values
