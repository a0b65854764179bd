"""What a request asks of a model, and what it gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from kspec.data.given_rows import GivenRows
from kspec.diagnostics import codes, did_you_mean
from kspec.serving.fields import Field, read_values
from kspec.serving.row_errors import RowError

ABSENT: Any = object()
"""Stands for the value of a column that a row does not have."""


@dataclass(slots=True)
class Job:
    """Rows to predict for.

    Args:
        count: The number of rows.
        columns: By column that the model needs, a value for each row.
        files: By the name that stands for it in the columns, each file.
        errors: By row, from 0, why it cannot be used.
        warnings: By row, what is unusual about it.
        as_table: Whether the result is a table, as `kspec predict` writes it.
        is_series: Whether examples are made of several rows: a row with an error then stays where it is, and only the
            examples that need it are left out.
    """

    count: int
    columns: dict[str, Sequence[Any]]
    files: dict[str, bytes] = field(default_factory=dict)
    errors: dict[int, RowError] = field(default_factory=dict)
    warnings: dict[int, list[RowError]] = field(default_factory=dict)
    as_table: bool = False
    is_series: bool = False

    @property
    def usable(self) -> list[int]:
        """The rows that reach the model."""
        if not self.errors or self.is_series:
            return list(range(self.count))
        return [row for row in range(self.count) if row not in self.errors]


@dataclass(slots=True)
class Result:
    """What a model predicts for the rows of a request.

    Args:
        answers: For each example, what `answer_objects` gives.
        rows: The row of each example, from 0: that at which a window ends.
        errors: By row, why it has no prediction.
        table: The lines of a table, its header first; None unless the job wants one.
        places: What each example is about beside its row, such as the time that it predicts.
    """

    answers: list[dict[str, Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    errors: dict[int, RowError] = field(default_factory=dict)
    table: list[list[Any]] | None = None
    places: list[dict[str, Any]] = field(default_factory=list)


def job_of(
    fields: Mapping[str, Field],
    columns: Mapping[str, Sequence[Any]],
    count: int,
    *,
    as_table: bool = False,
    is_series: bool = False,
) -> Job:
    """The job of rows that a request has as columns.

    Args:
        fields: The columns that the model needs.
        columns: The columns of the request; `ABSENT` stands for a value that a row does not have.
        count: The number of rows.
        as_table: Whether the result is a table.
        is_series: Whether examples are made of several rows.
    """
    job = Job(count, {}, as_table=as_table, is_series=is_series)
    for name, field_ in fields.items():
        values = columns.get(name)
        if values is None:
            values = [ABSENT] * count
        if ABSENT in values:
            error = _absent(name, columns)
            for row, value in enumerate(values):
                if value is ABSENT:
                    job.errors.setdefault(row, error)
            values = [None if value is ABSENT else value for value in values]
        found = read_values(field_, values)
        job.columns[name] = found.values
        job.files |= found.files
        for row, error in found.errors.items():
            job.errors.setdefault(row, error)
    return job


def columns_of(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, list[Any]]:
    """The columns of rows that are objects; a dotted column is an object within an object.

    Args:
        rows: The rows.
        names: The columns that the model needs.
    """
    return {name: _column(rows, name) for name in names}


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """The value of a column in each row, or `ABSENT`."""
    try:
        return [row[name] for row in rows]
    except KeyError:
        return [row[name] if name in row else _within(row, name) for row in rows]


def _within(row: Mapping[str, Any], name: str) -> Any:
    """The value of a dotted column in the objects of a row."""
    value: Any = row
    for part in name.split(".") if "." in name else (name,):
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


def _absent(name: str, columns: Mapping[str, Any]) -> RowError:
    """That a row lacks a column."""
    suggestion = did_you_mean(name, columns) if name not in columns else ""
    help = suggestion or f"send `{name}`, or null for a gap that is to be filled"
    return RowError(codes.UNKNOWN_COLUMN, f"the row lacks `{name}`", name, help)


def rows_of(jobs: Sequence[Job]) -> GivenRows:
    """The usable rows of several jobs, one after another; no series goes from one job to another.

    Args:
        jobs: The jobs, of one model.
    """
    if len(jobs) == 1 and not jobs[0].errors:
        return GivenRows(jobs[0].columns, jobs[0].count, jobs[0].files)
    columns: dict[str, list[Any]] = {name: [] for name in jobs[0].columns}
    numbers, start, files = list[int](), 1, dict[str, bytes]()
    for job in jobs:
        usable = job.usable
        for name, values in job.columns.items():
            columns[name] += values if len(usable) == job.count else [values[row] for row in usable]
        numbers += [start + row for row in usable]
        start += job.count
        files |= job.files
    ends = list(accumulate(job.count for job in jobs)) if len(jobs) > 1 and jobs[0].is_series else []
    return GivenRows(columns, len(numbers), files, numbers, ends)
