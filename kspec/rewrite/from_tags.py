"""Columns of texts with several categories in a cell, such as `Action|Comedy`, which a new spec takes as lists."""

from __future__ import annotations

from kspec.data.computed_columns import NewColumn, free_name, identifier, quoted
from kspec.data.lists.columns import items_of, split_texts
from kspec.data.profile.item_hints import item_hints
from kspec.data.table import Column, Table
from kspec.rewrite.spec_writer import TableFacts
from kspec.rewrite.table_inference import ALL_DIFFERENT, TableRoles

SEPARATORS = ("|", ";", ",")
SEVERAL = 0.2
"""So many of the cells have several categories."""
REPEATED = 3
"""So often a category occurs in the mean."""
FEW = 3
NONE = "none"
"""The category of a cell without one, since the mean of no vectors is undefined."""
LONGEST = 40
"""No category has more characters."""


def with_categories_in_cells(facts: TableFacts, roles: TableRoles, table: Table) -> TableFacts:
    """The facts of a table with the separators of cells that hold several categories.

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
        sep = None if column is None or name in facts.columns else separator_of(column)
        if sep is None or column is None or profile is None:
            continue
        seps[name] = sep
        if column.missing.any():
            expression = f"coalesce({identifier(name)}, {quoted(NONE)})"
            columns[name] = NewColumn(free_name(f"{name}_known", table.columns), expression, "an empty cell has a word")
        hints[name] = hints[name]._replace(items=item_hints(split_texts(column, sep)))
        roles.arrays.append(profile)
        roles.unused.pop(name, None)
    roles.categories = [column for column in roles.categories if column.name not in seps]
    roles.texts = [column for column in roles.texts if column.name not in seps]
    return facts._replace(separators=seps, hints=hints, columns=columns) if seps else facts


def separator_of(column: Column) -> str | None:
    """What separates the categories in the cells of a column; None if its cells have one each.

    Cells have different numbers of categories: `Rome, Italy` beside `Paris, France` is one thing.
    """
    if column.kind != "text" or column.values.ndim != 1:
        return None
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
