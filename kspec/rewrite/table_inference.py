"""Infers the target of a table, its task, and the role of every other column."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.data.profile.hints import ColumnHints
from kspec.rewrite.init import InitRefused
from kspec.rewrite.target_inference import Task, infer_target, infer_task, known_column

ONE_HOT = 20
"""Up to this many distinct texts are one-hot encoded; more are embedded."""
PROSE = 4
"""The median number of words from which texts are prose."""
ALL_DIFFERENT = "almost every value is unique"
"""Why a column of texts is no input."""
_NUMBERS = ("integer", "float", "boolean")
_FILES = ("image", "audio")
_KEY = re.compile(r"(^|_)(id|identifier|uuid|guid|index|key|idx)$", re.IGNORECASE)
_NUMBER = re.compile(r"(^|_)(number|num|no|nr|code)$", re.IGNORECASE)
_SOMEBODY = re.compile(
    r"^(patient|subject|person|participant|respondent|user|customer|client|member|student|pupil|employee|driver|rider"
    r"|player|speaker|animal|mouse|dog|cow|case|household|family|scan|session|trial|recording)s?(_?(id|no|nr|num|number"
    r"|code|key|idx|name))?$",
    re.IGNORECASE,
)
REPEATED = 1.5
"""Of somebody there are so many rows in the mean."""
FEW_GROUPS = 8
"""So many are needed to be split."""
_NAMELESS = re.compile(r"unnamed_\d+")
MANY_ROWS = 50
_CALENDAR = 12
"""A time with no more values than this is a season, such as the month."""


class SeriesColumns(NamedTuple):
    """The columns of a table that make it a series in time, or several.

    Args:
        time: The column of times; None if the rows are in order.
        by: The column that names the series of a row; None if there is one series.
    """

    time: str | None
    by: str | None = None


@dataclass(slots=True)
class TableRoles:
    """The roles of a table's columns.

    Args:
        target: The column to predict.
        why_target: Why that column, as a noun; empty if the user named it.
        task: The task of the output.
        why: The reason for the task, as a predicate: `is one of 3 texts`.
        doubt: What to write if the task is another one; empty without doubt.
        numbers: Numeric columns, which feed one input together.
        categories: Categorical text columns, an input each.
        texts: Columns of running text, an input each.
        files: Columns of images or sounds, an input each.
        arrays: Columns of arrays or lists, an input each.
        unused: Column → why it is not used.
        time: The column of times in whose order the rows stand, if there is one.
        group: The column that names whom several rows are of, such as a patient, if there is one.
        time_values: How many distinct values the column of times has, if it was inferred; else too many to count.
    """

    target: ColumnProfile
    why_target: str
    task: str
    why: str
    doubt: str = ""
    numbers: list[ColumnProfile] = field(default_factory=list)
    categories: list[ColumnProfile] = field(default_factory=list)
    texts: list[ColumnProfile] = field(default_factory=list)
    files: list[ColumnProfile] = field(default_factory=list)
    arrays: list[ColumnProfile] = field(default_factory=list)
    unused: dict[str, str] = field(default_factory=dict)
    time: str | None = None
    group: str | None = None
    time_values: float = math.inf


def infer_columns(
    profile: DataProfile,
    target: str | None = None,
    hints: Mapping[str, ColumnHints] | None = None,
    *,
    task: str | None = None,
    time: str | None = None,
    series: SeriesColumns | None = None,
) -> TableRoles:
    """Infers the roles of a table's columns.

    Args:
        profile: The profile of the columns.
        target: The column to predict, if the user named it.
        hints: By column, what the order of its rows tells.
        task: The task, if the user named it.
        time: The column of times, if the user named it.
        series: The columns of a table that is a series in time.

    Returns:
        The roles; without a column to predict from, if there is none.

    Raises:
        InitRefused: If there is nothing to predict.
    """
    if len(profile.columns) < 2 and series is None:
        raise InitRefused("the table has one column; a spec needs a column to predict and one to predict it from")
    hints = hints or {}
    if time is not None:
        known_column(profile, time)
    column, why_target = infer_target(profile, hints, target, {time} if series is None else set(series))
    found = infer_task(column, profile.rows, task)
    if task is None and series is not None and found.task == "multiclass_classification" and column.type != "text":
        found = Task(
            "regression", f"has {column.distinct} whole numbers, in a series", f"for classes: --task {found.task}"
        )
    roles = TableRoles(column, why_target, found.task, found.why, found.doubt, time=series.time if series else time)
    roles.group = None if series is not None else _group(profile, column)
    for other in profile.columns:
        if other.name != column.name:
            _assign(other, profile.rows, hints.get(other.name, ColumnHints()), roles)
    if profile.source == "files":
        columns = [*roles.numbers, *roles.categories]
        roles.unused |= {column.name: "it stands in the name of the file" for column in columns}
        roles.numbers, roles.categories = [], []
    if profile.source == "texts":
        roles.texts, roles.categories = [*roles.texts, *roles.categories], []
    return roles


def require_inputs(profile: DataProfile, roles: TableRoles) -> None:
    """Uses a column after all, rather than none.

    Args:
        profile: The profile of the columns.
        roles: Their roles.

    Raises:
        InitRefused: If none can be used.
    """
    if not (roles.numbers or roles.categories or roles.texts or roles.files or roles.arrays):
        _use_best(profile, roles)


def _assign(column: ColumnProfile, rows: int, hints: ColumnHints, roles: TableRoles) -> None:
    distinct = column.distinct or 0
    present = rows - column.missing
    reason = _reason_against(column, present, hints, roles)
    if reason:
        roles.unused[column.name] = reason
    elif column.type in _FILES:
        roles.files.append(column)
    elif column.type in ("array", "list"):
        roles.arrays.append(column)
    elif column.type in _NUMBERS:
        roles.numbers.append(column)
    elif (hints.words >= PROSE or column.example.count(" ") >= PROSE - 1) and distinct > ONE_HOT:
        roles.texts.append(column)
    elif distinct > present / 2 and distinct > ONE_HOT:
        roles.unused[column.name] = ALL_DIFFERENT
    else:
        roles.categories.append(column)


def _reason_against(column: ColumnProfile, present: int, hints: ColumnHints, roles: TableRoles) -> str:
    """Why a column is no input; empty if it can be one."""
    distinct, name = column.distinct or 0, _words(column.name)
    if present <= 0:
        return "it is empty"
    if column.type in ("array", "list"):
        return "" if column.minimum is not None or hints.items is not None else f"it holds {column.type}s"
    if column.type in _FILES:
        return ""
    if distinct == 1:
        return "it has the same value in every row" if not column.missing else "it has only one value"
    if column.name == roles.time:
        return "it is the time of the row"
    if column.name == roles.group:
        return "it names whom rows are of, and others will come"
    if _is_time(column, hints):
        is_finer = roles.time is None or distinct > roles.time_values
        if is_finer and hints.is_sorted and not column.missing:
            roles.time, roles.time_values = column.name, distinct
        if hints.unread:
            return f"it is a date, but {hints.unread}"
        return "it is the time of the row" if column.type != "text" else "it is a date"
    if _NAMELESS.fullmatch(column.name) and (hints.is_row_number or column.type == "text"):
        return "it has no name"
    if column.type == "float" and not (column.whole and present >= MANY_ROWS):
        return ""
    if _KEY.search(name) and distinct > present / 2:
        return "it is a row identifier"
    if distinct >= 0.9 * present and (hints.is_sorted or present >= MANY_ROWS) and _NUMBER.search(name):
        return "it is a row identifier"
    return "it counts the rows" if hints.is_row_number else ""


def _group(profile: DataProfile, target: ColumnProfile) -> str | None:
    """The column that names whom several rows are of; None if there is none.

    Where rows are also of other things, such as the films that a user rates, whom they are of is what is learned.
    """
    keys = []
    for column in profile.columns:
        distinct, present = column.distinct or 0, profile.rows - column.missing
        if column is not target and column.type in ("integer", "text") and 1 < distinct * REPEATED <= present:
            keys += [column] if _SOMEBODY.search(_words(column.name)) or _KEY.search(_words(column.name)) else []
    if len(keys) != 1 or keys[0].missing or (keys[0].distinct or 0) < FEW_GROUPS:
        return None
    return keys[0].name if _SOMEBODY.search(_words(keys[0].name)) else None


def _words(name: str) -> str:
    """The words of a name, between underscores."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|\W+", "_", name)


def _is_time(column: ColumnProfile, hints: ColumnHints) -> bool:
    if not hints.is_time:
        return False
    return column.type == "text" or not hints.has_repeats or (column.distinct or 0) > _CALENDAR


def _use_best(profile: DataProfile, roles: TableRoles) -> None:
    """Uses a column after all, rather than none.

    Raises:
        InitRefused: If none can be used.
    """
    for column in profile.columns:
        if column.name in roles.unused and column.type in _NUMBERS and (column.distinct or 0) > 1:
            del roles.unused[column.name]
            roles.numbers.append(column)
            return
    reasons = "; ".join(f"{name}: {reason}" for name, reason in roles.unused.items())
    message = f"no column is left from which to predict `{roles.target.name}` ({reasons})"
    if any("date" in reason or "time" in reason for reason in roles.unused.values()):
        message += "; a series in time needs at least 6 rows at even steps, whose times are written in one format"
    raise InitRefused(message)
