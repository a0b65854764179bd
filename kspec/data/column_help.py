"""What a message proposes where a column is not found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SHOWN_COLUMNS = 12


def wrong_delimiter(names: Sequence[str]) -> str:
    """What to try if the only column of a table looks like several; empty if it does not."""
    only = names[0] if len(names) == 1 else ""
    for delimiter, escaped in ((";", ";"), ("\t", "\\t"), ("|", "|"), (",", ",")):
        if delimiter in only:
            shown = only if len(only) <= 40 else only[:37] + "..."
            return f'the file has one column, `{shown}`; try `csv: {{path: ..., delimiter: "{escaped}"}}`'
    return ""


def available(columns: Iterable[str]) -> str:
    """The columns of a table, in a few words."""
    names = list(columns)
    more = f" and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else ""
    return f"available columns: {', '.join(names[:SHOWN_COLUMNS])}{more}"
