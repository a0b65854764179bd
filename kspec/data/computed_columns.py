"""Columns that a new spec computes: what they have in common."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class NewColumn(NamedTuple):
    """A column that a spec computes.

    Args:
        name: Its name.
        expression: The SQL expression.
        why: What it is, for people.
        parts: The columns of the table that it stands for, if there are several.
    """

    name: str
    expression: str
    why: str
    parts: tuple[str, ...] = ()


def known_column(name: str, taken: Collection[str]) -> NewColumn:
    """A copy of a column, whose gaps can be filled while those of the column itself are not.

    Args:
        name: The column.
        taken: The columns of the table.
    """
    return NewColumn(free_name(f"{name}_known", taken), identifier(name), "the past, in which gaps are filled")


def computed_path(name: str, before: str, after: str, taken: Collection[str]) -> NewColumn:
    """A column of paths.

    Args:
        name: The column of names.
        before: What stands before each name.
        after: What stands after it.
        taken: The columns of the table.
    """
    parts = [quoted(before)] * bool(before) + [identifier(name)] + [quoted(after)] * bool(after)
    return NewColumn(free_name(f"{name}_file", taken), " || ".join(parts), "the path of its file")


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that no column of a table has."""
    while name in taken:
        name += "_"
    return name


def identifier(name: str) -> str:
    """A column in an expression; in quotes, since its name may be a word of SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted(text: str) -> str:
    """A text in an expression."""
    return "'" + text.replace("'", "''") + "'"
