"""The code that splits rows in time, or in the order of the table."""

from __future__ import annotations

import datetime
import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.source_table import training_table
from kspec.codegen.data.tables import Table
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.splits.time_setting import boundary
from kspec.data.times import read_times, time_text
from kspec.language.durations import microseconds_of

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

_TIME_AT = '''\
def time_at(times, row):
    """The time that begins nearest to a row, so that rows of equal time stay together."""
    times = np.sort(times)
    starts = np.flatnonzero(times[1:] != times[:-1]) + 1
    return times[starts[np.abs(starts - row).argmin()]]'''
_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m", "%Y/%m", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y"),
    *("%m/%d/%y", "%d/%m/%y", "%m-%d-%Y", "%d-%m-%Y", "%m-%d-%y", "%d-%m-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%b-%y", "%Y %b", "%YM%m"),
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_WEEKS = (("%G-W%V-%u", ""), ("%G-W%V-%u", "-1"), ("%GW%V%u", ""), ("%GW%V%u", "1"))
"""The formats of ISO weeks, each with what a text lacks: the day of its week."""
_UNITS = {"D": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "us": 1}
"""The units of NumPy → their microseconds."""


def times_code(info: DatasetInfo, column: str, table: Table, file: ModuleWriter, texts_of: str = "") -> str:
    """The times of a column in Python: numbers, or an array of `datetime64[us]`.

    Args:
        info: The training data.
        column: The column.
        table: Takes columns from the table.
        file: Gets imports.
        texts_of: The variable of the texts of the column; empty without one.

    Raises:
        UnsupportedInPython: If no format of Python reads them.
    """
    found, context = training_table(info)
    times = read_times(found.columns[column], found, None, context)
    assert times is not None
    if times.dtype.kind != "M":
        return table.raw(column)
    texts = np.char.strip(found.columns[column].texts().astype(str))
    if _numpy_reads(texts, times):
        return f'np.array({texts_of or table.each_text(column)}, "datetime64[us]")'
    formats = [*((date + clock, "") for date, clock in itertools.product(_DATES, _CLOCKS)), *_WEEKS]
    for format, day in formats:
        if _python_reads(np.char.add(texts, day), format, times):
            file.imports.add("datetime")
            parsed = f"datetime.datetime.strptime({{}}{f' + {text(day)}' if day else ''}, {text(format)})"
            each = f"[{parsed.format('text')} for text in {texts_of}]" if texts_of else table.each_text(column, parsed)
            return f'np.array({each}, "datetime64[us]")'
    raise UnsupportedInPython("read times in this format", ("data", "split", "time"))


def _numpy_reads(texts: Array, times: Array) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a zone, which NumPy leaves out
        try:
            return bool((np.array(texts, "datetime64[us]") == times).all())
        except (ValueError, UserWarning, DeprecationWarning):
            return False


def _python_reads(texts: Array, format: str, times: Array) -> bool:
    try:
        pairs = zip(texts.tolist(), times.tolist(), strict=True)
        return all(datetime.datetime.strptime(each, format) == time for each, time in pairs)
    except ValueError:
        return False


def time_lines(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The lines of `main` that find the rows of splits in time.

    Args:
        info: The training data.
        file: Gets the function that finds where a split begins.
    """
    split = info.data.split
    assert split.time is not None
    table, context = training_table(info)
    values = read_times(table.columns[split.time], table, None, context)
    assert values is not None
    times, gap = info.variables.of(split.time, "times"), _gap(split.gap)
    lines, later = list[str](), ""
    for name in ("test", "validation"):
        if name in info.splits:
            begin = boundary(split.time, name, getattr(split, name), values, context)
            if isinstance(begin, float) and 0 <= begin < 1:
                file.helpers["time_at"] = _TIME_AT.splitlines()
                lines += _nearest(name, times, begin, later, counted=any("held_out" in line for line in lines))
            else:
                shown = (
                    f"np.datetime64({text(time_text(begin))})" if values.dtype.kind == "M" else literal(begin.item())
                )
                lines.append(f"    {name}_time = {shown}")
            later = f"{name}_time"
    begins = [f"{name}_time" for name in ("validation", "test") if name in info.splits]
    ranges = [("", begins[0]), *itertools.pairwise([*begins, ""])] if begins else [("", "")]
    for name, (first, end) in zip(info.splits, ranges, strict=True):
        conditions = [f"{times} >= {first}"] if first else []
        conditions += [f"{times} < {end}{gap}"] if end else []
        rows = " & ".join(f"({each})" for each in conditions) if len(conditions) > 1 else "".join(conditions)
        if name in info.used_splits:
            lines.append(f"    {name} = np.flatnonzero({rows})")
    return lines


def _nearest(name: str, times: str, fraction: float, later: str, *, counted: bool) -> list[str]:
    """The lines that find the time at which a split with a fraction of the rows begins.

    Args:
        name: The split.
        times: The variable of all times.
        fraction: The fraction.
        later: The variable of the time of the later split; empty without one.
        counted: Whether the variable `held_out` has the number of rows of the later split.
    """
    rows, lines = f"int(len({times}) * {fraction!r} + 0.5)", list[str]()
    if later and not counted:
        lines.append(f"    held_out = np.count_nonzero({times} >= {later})")
    lines.append(f"    held_out {'+=' if counted or lines else '='} {rows}")
    candidates = f"{times}[{times} < {later}]" if later else times
    return [*lines, f"    {name}_time = time_at({candidates}, len({times}) - held_out)"]


def _gap(gap: Any) -> str:
    """What is subtracted from the beginning of the next split, in Python."""
    if not gap:
        return ""
    if not isinstance(gap, str):
        return f" - {literal(gap)}"
    return f" - {timedelta_code(microseconds_of(gap) or 0)}"


def timedelta_code(microseconds: int) -> str:
    """A length of time in Python, in its largest whole unit."""
    unit = next(unit for unit, length in _UNITS.items() if microseconds % length == 0)
    return f"np.timedelta64({microseconds // _UNITS[unit]}, {text(unit)})"


def order_lines(info: DatasetInfo) -> list[str]:
    """The lines of `main` that split the rows in the order of the table.

    Args:
        info: The training data.
    """
    split, lines = info.data.split, list[str]()
    gap = f" - {int(split.gap)}" if split.gap else ""
    end, begins = f"len({info.first_input})", dict[str, str]()
    for name in ("test", "validation"):
        if name in info.splits:
            fraction = f"int(len({info.first_input}) * {getattr(split, name)!r} + 0.5)"
            lines.append(f"    {name}_start = {end} - {fraction}")
            begins[name] = end = f"{name}_start"
    ends = {name: begins[later] + gap for name, later in itertools.pairwise(info.splits)}
    for name in info.used_splits:
        first = f"{begins[name]}, " if name in begins else ""
        lines.append(f"    {name} = np.arange({first}{ends.get(name, f'len({info.first_input})')})")
    return lines
