"""The code that puts the rows of windows in order, and splits them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.source_table import training_table
from kspec.codegen.data.tables import Table
from kspec.codegen.data.time_splitting import times_code
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.split import split_rows
from kspec.data.windows.row_splits import draw_rows, ordered_rows, row_parts
from kspec.data.windows.series import Series
from kspec.language.source_files import SPLITS
from kspec.language.window import Window

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

_PATH = ("data", "window")


def series_columns(info: DatasetInfo, table: Table, file: ModuleWriter) -> dict[str, str]:
    """The columns that order the rows of windows, each in Python, by its variable.

    Args:
        info: The training data.
        table: Takes columns from the table.
        file: Gets imports.
    """
    window, columns = info.data.window, dict[str, str]()
    if window is None or info.suffix:
        return columns
    targets = {column for target in info.targets.values() for column in target.columns}
    for name in info.window_columns:
        if name in targets or info.column(name).type not in ("text", "integer", "float"):
            raise UnsupportedInPython(f"order windows by `{name}`, which is a target, or no text or number", _PATH)
    if window.by is not None:
        columns[info.variables.of(window.by)] = table.raw(window.by)
    if window.time is not None:
        variable = time_variable(info, window.time)
        if series_of_windows(info).times.are_numbers:
            columns[variable] = table.raw(window.time)
        else:
            texts = table.each_text(window.time)
            columns[variable] = f"np.array({texts})" if texts.startswith("[") else texts
            if _needs_times(info):
                own = times_code(info, window.time, table, file, variable)
                columns[info.variables.of(window.time, "times")] = own
    return columns


def series_of_windows(info: DatasetInfo) -> Any:
    """The rows of the training data in the order of windows."""
    places = info.first_split.windows
    assert places is not None
    return places.series


def time_variable(info: DatasetInfo, column: str) -> str:
    """The variable of the times of rows as the file has them.

    Args:
        info: The training data.
        column: The column of times.
    """
    return info.variables.of(column, "times" if series_of_windows(info).times.are_numbers else "")


def compared_times(info: DatasetInfo, window: Window) -> str:
    """The variable of times that can be compared."""
    assert window.time is not None
    return info.variables.of(window.time, "times")


def _needs_times(info: DatasetInfo) -> bool:
    """Whether the rows are put in order, cut or split by their times."""
    series, window = series_of_windows(info), info.data.window
    assert window is not None
    is_split = info.data.splits_by_default_in_time or info.data.split.time == window.time
    return is_split or not is_in_order(series) or has_holes(series)


def is_in_order(series: Series) -> bool:
    return bool((np.diff(series.order) == 1).all())


def has_holes(series: Series) -> bool:
    """Whether a series is cut where time has a hole."""
    return len(series.starts) > len(_starts(series.groups, series.rows))


def _starts(groups: Array | None, rows: int) -> Array:
    """Where the series begin.

    Args:
        groups: The series of each row, in order; None for one.
        rows: The number of rows.
    """
    changes = np.zeros(rows - 1, bool) if groups is None else groups[1:] != groups[:-1]
    return np.append(0, np.flatnonzero(changes) + 1)


def are_drawn(info: DatasetInfo) -> bool:
    """Whether windows that share no row are split by chance, rather than rows."""
    data = info.data
    return data.window is not None and not data.split.way and not data.splits_by_default_in_time


def default_split_lines(info: DatasetInfo) -> list[str]:
    """The lines of `main` that split rows in time, or in their order, since the spec states no split.

    Args:
        info: The training data.
    """
    fractions, window, rows = info.data.split.fractions, info.data.window, f"len({info.first_input})"
    assert window is not None
    shares = {"validation": fractions["validation"] + fractions["test"], "test": fractions["test"]}
    if info.splits != ["train", "validation", "test"] or info.used_splits != info.splits:
        raise UnsupportedInPython("leave a split without windows", ("data", "split"))
    if window.time is None:
        places = ", ".join(f"{rows} - int({rows} * {share!r} + 0.5)" for share in shares.values())
        return [f"    train, validation, test = np.split(np.arange({rows}), [{places}])"]
    times = compared_times(info, window)
    return [
        f"    ordered = np.sort({times})",
        *(f"    {name}_time = ordered[{rows} - int({rows} * {share!r} + 0.5)]" for name, share in shares.items()),
        f"    train = np.flatnonzero({times} < validation_time)",
        f"    validation = np.flatnonzero(({times} >= validation_time) & ({times} < test_time))",
        f"    test = np.flatnonzero({times} >= test_time)",
    ]


def parts_of_rows(info: DatasetInfo) -> Array:
    """The split of each row of windows, in their order: 0 train, 1 validation, 2 test, -1 none; shape (rows,).

    Args:
        info: The training data.
    """
    data, window, series = info.data, info.data.window, series_of_windows(info)
    assert window is not None
    seed = info.spec.document.data_seed
    if data.splits_by_default_in_time:
        rows: Mapping[str, Array] = ordered_rows(series, data.split.fractions)
    elif are_drawn(info):
        rows = draw_rows(series, window, data.split.fractions, seed)
    else:
        table, context = training_table(info)
        found = split_rows(table, data, [], seed, context)
        assert found is not None
        rows = found.rows
    parts: Array = row_parts(rows, series.rows)[series.order]
    return parts


def training_targets(info: DatasetInfo, output: str) -> Array:
    """The raw target of each training row of windows, in their order, shape (rows, …).

    Args:
        info: The training data.
        output: The output.
    """
    places = info.first_split.windows
    assert places is not None
    rows: Array = places.targets[output][parts_of_rows(info) == SPLITS.index("train")]
    return rows


def order_lines(info: DatasetInfo) -> list[str]:
    """The line of `main` that puts the rows in the order of windows; none if the table has that order.

    Args:
        info: The training data.
    """
    window = info.data.window
    assert window is not None
    if is_in_order(series_of_windows(info)):
        return []
    keys = [] if window.time is None else [compared_times(info, window)]
    if window.by is not None:
        series, is_text = info.variables.of(window.by), info.column(window.by).type == "text"
        keys.append(series if is_text else f"{series}.astype(str)")
    sort = f"np.lexsort(({', '.join(keys)}))" if len(keys) > 1 else f'np.argsort({keys[0]}, kind="stable")'
    return [f"    order = {sort}"]
