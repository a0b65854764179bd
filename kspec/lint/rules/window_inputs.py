"""KS570: an input that does not have the shape of the window that it takes."""

from __future__ import annotations

import math
from typing import Any

from kspec.diagnostics import codes
from kspec.language.data import Data
from kspec.language.window import WindowColumns, column_names
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.windows import column_count
from kspec.syntax.yaml_flow import to_yaml


def check(context: RuleContext) -> None:
    """Compares the shape of each input with the rows and columns that it takes."""
    data = context.spec.document.data
    if data is None or data.window is None or not isinstance(data.inputs, dict):
        return
    for name, setting in data.inputs.items():
        entry = context.spec.document.inputs.get(name)
        if entry is None:
            continue
        shape = tuple(entry.shape)
        if isinstance(setting, WindowColumns):
            _check_window(context, data, name, setting, shape)
        else:
            _check_row(context, data, name, setting, shape)


def _check_window(
    context: RuleContext, data: Data, name: str, setting: WindowColumns, shape: tuple[int | None, ...]
) -> None:
    """Checks an input of several rows.

    Args:
        context: The network.
        data: The `data` section, with a window.
        name: The input.
        setting: Its columns, and which rows it takes.
        shape: Its shape.
    """
    assert data.window is not None
    rows, columns = data.window.rows(setting.window), column_count(data, setting.columns)
    rest = shape[1:]
    has_rows = bool(shape) and shape[0] in (None, rows)
    if has_rows and (columns is None or None in rest or math.prod(size or 1 for size in rest) == columns):
        return
    wanted = [rows, *rest] if columns is None else [rows, columns]
    of = "" if columns is None else f" of {columns} column{'s' if columns > 1 else ''}"
    path = ("inputs", name, "shape")
    context.report.error(
        codes.WINDOW_SHAPE,
        f"`{name}` has shape {to_yaml(list(shape))}, and takes {rows} row{'s' if rows > 1 else ''}{of}",
        context.spec.positions.value(path),
        help=f"set `shape: {to_yaml(wanted)}`",
        edits=replace(context, path, to_yaml(wanted)) if columns is not None else (),
    )


def _check_row(context: RuleContext, data: Data, name: str, setting: Any, shape: tuple[int | None, ...]) -> None:
    """Checks an input of row t alone that has the shape of a window.

    Args:
        context: The network.
        data: The `data` section, with a window.
        name: The input.
        setting: Its columns.
        shape: Its shape.
    """
    assert data.window is not None
    columns = column_count(data, setting)
    if columns is None or None in shape or math.prod(size or 1 for size in shape) == columns:
        return
    parts = [part for part, rows in (("past", data.window.length), ("future", data.window.horizon)) if rows == shape[0]]
    part = parts[0] if parts else "past"
    text = f"{{columns: {to_yaml(column_names(setting))}, window: {part}}}"
    path = ("data", "inputs", name)
    context.report.error(
        codes.WINDOW_SHAPE,
        f"`{name}` has shape {to_yaml(list(shape))}, and takes {columns} column{'s' if columns > 1 else ''} of one "
        "row, the last of the window",
        context.spec.positions.value(path),
        help=f"write `{name}: {text}`" if parts else f"set `shape: [{columns}]`, or write `{name}: {text}`",
        edits=replace(context, path, text) if parts else (),
    )
