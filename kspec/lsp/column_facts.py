"""Facts about the columns of a spec's data, for an editor: small tables are read when a column is pointed at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from kspec.analysis.data_profile import ColumnProfile
from kspec.diagnostics import Path
from kspec.language import Permissions, Spec
from kspec.lsp.data_sizes import file_state, named_files

ReadProfiles = Callable[[str, Any, Permissions], Mapping[str, ColumnProfile]]
"""The profile of each column of the data, from the path of the spec, its plain `data:`, and what it may read."""
NAMING = ("inputs", "targets", "weights", "missing", "split", "window")
"""The settings of `data:` whose values, or keys, name columns."""
_WORD = re.compile(r"\w+")
SHOWN = 5
FEW = 10
"""So many different numbers are shown with their rows."""


class ColumnFacts:
    """The facts of one document's columns, which are read again only when the data or its settings change.

    Args:
        read: Reads them.
    """

    def __init__(self, read: ReadProfiles) -> None:
        self._read = read
        self._key: object = None
        self._profiles: Mapping[str, ColumnProfile] = {}

    def text(self, name: str, spec: Spec) -> str:
        """The facts of a column, in Markdown; empty if it is none, or its data is no file, large, or cannot be read.

        Args:
            name: The column.
            spec: The spec.
        """
        data = spec.values.get("data")
        state = file_state(named_files(data, spec))
        if not state:
            return ""
        key = json.dumps([data, state], default=str)
        if key != self._key:
            self._key, self._profiles = key, self._read(spec.source.name, data, spec.permissions)
        column = self._profiles.get(name)
        return "" if column is None else column_text(column)


def column_named(path: Path, part: str, text: str, at: int) -> str:
    """The column that a key or value names, or that an expression reads at a place; empty if there is none.

    Args:
        path: The path of the key or value.
        part: `key` or `value`.
        text: The key or value.
        at: How far into it the place is, in characters.
    """
    if path[:1] != ("data",) or len(path) < 2:
        return ""
    if path[1] in NAMING:
        is_name = part == "value" or path[1:2] == ("missing",)
        return text.strip("'\"") if is_name else ""
    if part == "value" and (path[1:] == ("where",) or (path[1] == "columns" and len(path) == 3)):
        return next((word[0] for word in _WORD.finditer(text) if word.start() <= at <= word.end()), "")
    return ""


def column_text(column: ColumnProfile) -> str:
    """The facts of a column, in Markdown."""
    kind = f"{column.type} {list(column.shape)}" if column.shape else column.type
    facts = [
        f"{column.missing:,} of {column.rows:,} missing" if column.missing else f"{column.rows:,} rows, none missing"
    ]
    if column.distinct is not None:
        facts.append(f"{column.distinct:,} distinct")
    if column.minimum is not None and column.maximum is not None and column.type != "boolean":
        middle = "" if column.median is None else f", median {column.median:.6g}"
        facts.append(f"from {column.minimum:.6g} to {column.maximum:.6g}{middle}")
    lines = [f"**{column.name}** · {kind} column", " · ".join(facts)]
    if column.classes and (column.type in ("text", "boolean") or len(column.classes) <= FEW):
        shown = [f"`{value}` {count:,}" for value, count in list(column.classes.items())[:SHOWN]]
        lines.append(", ".join([*shown, *["…"] * (len(column.classes) > SHOWN)]))
    elif column.type == "text" and column.example:
        lines.append(f"such as `{column.example}`")
    return "\n\n".join(lines)
