"""Columns of texts with several values in a cell, such as `Action|Comedy` or `[0.1, 0.2]`, which are lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kspec.analysis.data_profile import ColumnProfile
from kspec.data.computed_columns import NewColumn, free_name, identifier, quoted
from kspec.data.lists.columns import items_of, split_texts
from kspec.data.number_texts import is_number
from kspec.data.profile.item_hints import item_hints
from kspec.data.table import Column, Table
from kspec.rewrite.spec_writer import TableFacts
from kspec.rewrite.table_inference import ALL_DIFFERENT, TableRoles

SEPARATORS = ("|", ";", ",")
NUMBER_SEPARATORS = (";", "|", ",", " ")
BRACKETS = "[]() "
SEVERAL = 0.2
"""So many of the cells have several categories."""
REPEATED = 3
"""So often a category occurs in the mean."""
FEW = 3
NONE = "none"
"""The category of a cell without one, since the mean of no vectors is undefined."""
LONGEST = 40
"""No category has more characters."""


def with_lists_in_cells(facts: TableFacts, roles: TableRoles, table: Table) -> TableFacts:
    """The facts of a table with the separators of cells that hold several categories or numbers.

    Args:
        facts: The table.
        roles: The roles of its columns; those with such cells become lists.
        table: Its rows.
    """
    seps, hints, columns = dict[str, str](), dict(facts.hints), dict(facts.columns)
    texts = [column.name for column in (*roles.categories, *roles.texts)]
    unused = [name for name, reason in roles.unused.items() if reason == ALL_DIFFERENT]
    for name in (*texts, *unused):
        column, profile = table.columns.get(name), facts.profile.column(name)
        if (
            column is None
            or profile is None
            or name in facts.columns
            or column.kind != "text"
            or column.values.ndim > 1
        ):
            continue
        new: tuple[str, str, str] | None = None
        if (sep := separator_of_numbers(column)) is not None:
            expression = f"trim({identifier(name)}, {quoted(BRACKETS)})"
            new = (f"{name}_numbers", expression, "without brackets") if _has_brackets(column) else None
            column = replace(column, values=_trimmed(column))
        elif (sep := separator_of(column)) is None:
            continue
        elif column.missing.any():
            expression = f"coalesce({identifier(name)}, {quoted(NONE)})"
            new = (f"{name}_known", expression, "an empty cell has a word")
        if new is not None:
            columns[name] = NewColumn(free_name(new[0], table.columns), *new[1:])
        seps[name], lists = sep, split_texts(column, sep)
        hints[name] = hints[name]._replace(items=item_hints(lists))
        roles.arrays.append(_profile_of(profile, lists))
        roles.unused.pop(name, None)
    roles.categories = [column for column in roles.categories if column.name not in seps]
    roles.texts = [column for column in roles.texts if column.name not in seps]
    return facts._replace(separators=seps, hints=hints, columns=columns) if seps else facts


def _has_texts(column: Column) -> bool:
    return column.kind == "text" and column.values.ndim == 1


def _profile_of(profile: ColumnProfile, lists: Column) -> ColumnProfile:
    """The profile of a column of cells with several values, as of a column of arrays or lists."""
    if lists.kind != "array" or lists.values.dtype.kind not in "fiu":
        return replace(profile, type="list")
    low, high = float(lists.values.min()), float(lists.values.max())
    return replace(profile, type="array", shape=lists.values.shape[1:], minimum=low, maximum=high)


def separator_of_numbers(column: Column) -> str | None:
    """What separates the numbers in the cells of a column of texts; None if its cells are others.

    A cell without brackets has numbers with points or a comma and a blank: `1,5` is one number, `555 123` a name.
    """
    texts, has_brackets = _trimmed(column)[~column.missing].tolist(), _has_brackets(column)
    for sep in NUMBER_SEPARATORS:
        cells = [items_of(text, sep) for text in texts]
        if not cells or min(map(len, cells)) < 2 or not all(is_number(item) for cell in cells for item in cell):
            continue
        is_clear = sep in ";|" or (sep == "," and all(", " in text for text in texts))
        if has_brackets or is_clear or all("." in item for cell in cells for item in cell):
            return sep
    return None


def _trimmed(column: Column) -> Any:
    """The texts of a column without brackets around them, shape (n,)."""
    import numpy

    return numpy.array([str(text).strip().strip(BRACKETS) for text in column.values.tolist()], dtype=object)


def _has_brackets(column: Column) -> bool:
    return any(str(text).strip()[:1] in ("[", "(") for text in column.values[~column.missing].tolist())


def separator_of(column: Column) -> str | None:
    """What separates the categories in the cells of a column; None if its cells have one each.

    Cells have different numbers of categories: `Rome, Italy` beside `Paris, France` is one thing.
    """
    texts = [str(text) for text in column.values[~column.missing].tolist()]
    for sep in SEPARATORS:
        if sum(sep in text for text in texts) < SEVERAL * len(texts):
            continue
        cells = [items_of(text, sep) for text in texts]
        items = [item for cell in cells for item in cell]
        distinct = set(items)
        are_few = FEW <= len(distinct) < len(set(texts)) and REPEATED * len(distinct) <= len(items)
        if are_few and len({len(cell) for cell in cells}) > 1 and max(map(len, distinct)) <= LONGEST:
            return sep
    return None
