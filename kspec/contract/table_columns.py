"""The columns of a table that was read, as new rows."""

from __future__ import annotations

from kspec.contract.document import Contract
from kspec.contract.new_rows import NewColumn
from kspec.data.table import NUMERIC, Table


def columns_of_table(table: Table, contract: Contract) -> dict[str, NewColumn]:
    """The columns of a table that a contract names; numbers that the model takes as texts are those of the file.

    Args:
        table: The table, with computed columns.
        contract: The contract.
    """
    columns = {}
    for name, column in contract.columns.items():
        found = table.columns.get(name)
        if found is None:
            continue
        as_text = found.kind in NUMERIC and column.kind == "text"
        own = columns[name] = NewColumn(found.texts() if as_text else found.values, found.missing)
        if found.unreadable is not None:
            own.unreadable, own.refusal = found.unreadable, found.refusal
    return columns
