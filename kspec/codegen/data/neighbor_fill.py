"""The code that fills gaps with the value of the row before or after."""

from __future__ import annotations

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.series import is_in_order, series_of_windows
from kspec.codegen.data.source_table import training_table
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.data.times import read_times

_FILL = '''\
def fill_{rule}(column, splits):
    """Fills gaps with the {which} value {place} them, in their split or an earlier one."""
    missing = np.isnan(column)
    for number, rows in enumerate(splits):
        known = np.sort(np.concatenate(splits[: number + 1]))
        known = known[~missing[known]]
        gaps = rows[missing[rows]]
        places = np.searchsorted(known, gaps){shift}
        is_known = {condition}
        column[gaps[is_known]] = column[known[places[is_known]]]'''
NEIGHBOR_FILLS = {
    "forward": _FILL.format(rule="forward", which="last", place="before", shift=" - 1", condition="places >= 0"),
    "backward": _FILL.format(rule="backward", which="next", place="after", shift="", condition="places < len(known)"),
}
"""Rule → the function that fills gaps."""


def require_order_of_file(info: DatasetInfo, column: str) -> None:
    """Refuses tables whose gaps take values of other rows than their neighbors in the file.

    Args:
        info: The data set.
        column: The column with gaps.
    """
    path, split = ("data", "missing", column), info.data.split
    if info.suffix or info.has_split_files or split.group is not None:
        raise UnsupportedInPython("fill gaps from neighbors in groups, in files of splits or in other data", path)
    if info.data.window is not None and (info.data.window.by is not None or not is_in_order(series_of_windows(info))):
        raise UnsupportedInPython("fill gaps from neighbors in several series, or in rows out of order", path)
    if list(info.splits) != info.used_splits or info.dataset.left_out:
        raise UnsupportedInPython("fill gaps from neighbors that are in no split", path)
    if split.time is not None:
        table, context = training_table(info)
        times = read_times(table.columns[split.time], table, None, context)
        if times is None or (times[1:] < times[:-1]).any():
            raise UnsupportedInPython("fill gaps in the order of time, which the table does not have", path)
