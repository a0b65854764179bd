"""What the user must know of the columns of other data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kspec.data.columns import ColumnMapping
from kspec.data.sources.read_request import Request
from kspec.data.table import Table

SHOWN = 12


def unweighted_note(mapping: ColumnMapping, fitted: Mapping[str, Any], request: Request) -> str:
    """A note that an evaluation lacks the sample weights that training had; empty if it does not.

    Args:
        mapping: The columns of the other data.
        fitted: As in `Dataset.fitted`.
        request: What is read.
    """
    trained = fitted.get("columns", {}).get("weights", {})
    absent = dict.fromkeys(column for name, column in trained.items() if name not in mapping.weights)
    if request.for_prediction or not absent:
        return ""
    return f"without sample weights: the data lacks {', '.join(f'`{name}`' for name in absent)}"


def unused_note(table: Table, mapping: ColumnMapping, read: Iterable[str]) -> str:
    """A note on the columns that the model does not use; empty if it uses all.

    Args:
        table: The table.
        mapping: The columns of each input and output.
        read: The columns that expressions read.
    """
    used = {*mapping.input_columns, *mapping.target_columns, *mapping.weights.values(), *table.kept, *read}
    names = [name for name in (*table.columns, *table.unusable) if name not in used]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"not used: {', '.join(names[:SHOWN])}{more}" if names else ""
