"""What the files contain whose paths a column has, as the spec says it."""

from __future__ import annotations

from kspec.data.context import Context
from kspec.data.table import Column, Table
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes, did_you_mean
from kspec.diagnostics.suggest import available
from kspec.language.data import Data
from kspec.language.file_columns import content_of, file_patterns


def contents(data: Data) -> dict[str, tuple[str, SpecPath]]:
    """By column of paths, what its files contain, and the setting that tells it."""
    known: dict[str, tuple[str, SpecPath]] = {}
    if data.source in ("texts", "audio"):
        content = "text" if data.source == "texts" else "audio"
        known[content] = content, ("data", data.source)
    if data.source == "files":
        for name, pattern in file_patterns(data.files).items():
            if content := content_of(pattern):
                known[name] = content, ("data", "files", name)
    return known | {name: (content, ("data", "read", name)) for name, content in data.read.items()}


def column_of_files(name: str, table: Table, path: SpecPath | None, context: Context) -> Column | None:
    """The column of a name that the spec says to read; None if the table lacks it, which is reported.

    Args:
        name: The name.
        table: The table.
        path: The setting that names it.
        context: Receives the error; other data than that of training may lack the column.
    """
    if name not in table.columns and not context.is_new and name not in table.unusable:
        label, help = did_you_mean(name, table.columns), available("columns", table.columns)
        context.error(codes.UNKNOWN_COLUMN, f"unknown column `{name}`", path, key=True, label=label, help=help)
    return table.columns.get(name)


def check_resized(table: Table, data: Data, context: Context) -> None:
    """Reports columns that are to be resized and hold no images.

    Args:
        table: The table.
        data: The `data` section.
        context: Receives the errors.
    """
    for name in {} if context.is_new else data.resize:
        path: SpecPath = ("data", "resize", name)
        column = column_of_files(name, table, path, context)
        if column is not None and column.kind != "image":
            message, help = f"`{name}` holds no images to resize", f"say that it does: `read: {{{name}: image}}`"
            context.error(codes.INCOMPATIBLE_DATA_TYPE, message, path, key=True, help=help)
