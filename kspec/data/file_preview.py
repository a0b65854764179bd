"""A table without a spec: what is known of it, from which a spec is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from kspec.analysis.data_profile import DataProfile
from kspec.data.computed_columns import NewColumn
from kspec.data.number_columns import with_numbers, without_marks
from kspec.data.path_columns import path_columns
from kspec.data.profile.hints import ColumnHints, table_hints
from kspec.data.profile.profiling import profile_table
from kspec.data.table import Table
from kspec.data.time_columns import with_times


class FilePreview(NamedTuple):
    """A table without a spec.

    Args:
        table: The table.
        profile: Its profile.
        options: The options of the file that differ from their defaults.
        hints: By column, what the order of its rows tells.
        notes: By option, why it is set.
        columns: By column, the one that computes its numbers or paths, which the table and its profile have.
        shapes: By column of files, the shape of an input that takes it.
        setting: What the source reads, with paths from the working directory.
        where: The condition for the rows of the table, if others stand in the file; empty without.
    """

    table: Table
    profile: DataProfile
    options: dict[str, Any]
    hints: dict[str, ColumnHints]
    notes: dict[str, str]
    columns: dict[str, NewColumn]
    shapes: dict[str, tuple[int, ...]]
    setting: str | dict[str, Any]
    where: str = ""


def preview_table(
    table: Table, source: str, setting: str | dict[str, Any], options: dict[str, Any], notes: dict[str, str]
) -> FilePreview:
    """Profiles a table, with numbers in place of texts with a unit.

    Args:
        table: The table.
        source: What reads it.
        setting: The files.
        options: Their options.
        notes: Why these are set.
    """
    table, times = with_times(table)
    table, columns = with_numbers(table, in_cells=source not in ("texts", "files"))
    folder = Path(setting).parent if isinstance(setting, str) and os.path.isfile(setting) else Path()
    files = path_columns(table, folder, list(setting) if source == "files" else None)
    table, columns = files.table, columns | times | files.columns
    profile = profile_table(table, source)
    if source != "csv" and (marks := number_marks(profile)):
        table, unmarked = without_marks(table, marks)
        columns, profile = columns | unmarked, profile_table(table, source)
    return FilePreview(table, profile, options, table_hints(table), notes, columns, files.shapes, setting)


def number_marks(profile: DataProfile) -> dict[str, list[Any]]:
    """By column, the numbers that stand for missing values."""
    return {
        column.name: [int(mark) if float(mark).is_integer() else float(mark) for mark in column.marks]
        for column in profile.columns
        if column.marks
    }
