"""Rows of requests are held against the contract of their run: which cannot be used, what is unusual in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.contract.judge import judge_columns
from kspec.contract.new_rows import NewColumn, objects_column
from kspec.contract.parts import ColumnContract
from kspec.diagnostics import codes
from kspec.runs.run_contract import contract_at
from kspec.serving.job import Job
from kspec.serving.model import ServedModel
from kspec.serving.row_errors import RowError

NUMBERS = frozenset((int, float))


class RowJudge:
    """Judges the rows of jobs.

    Args:
        model: The model.

    Raises:
        RunFolderError: If its run has no contract, or a damaged one.
    """

    def __init__(self, model: ServedModel) -> None:
        self.contract = contract_at(model.run.folder)
        self._numbers = {name for name, field in model.fields.items() if field.kind == "number"}
        self._judged = {
            name: field
            for name, field in model.fields.items()
            if field.kind != "file" and name in self.contract.columns
        }
        self._ranges = {
            name: found
            for name in self._judged
            if name in self._numbers and (found := _range(self.contract.columns[name])) is not None
        }

    def judge(self, jobs: Sequence[Job]) -> None:
        """Adds to jobs what is wrong with their rows, and what is unusual; a row that has an error stays as it is.

        Args:
            jobs: The jobs, whose rows are looked at together: no finding depends on another row.
        """
        places = [(job, row) for job in jobs for row in job.usable]
        if not places:
            return
        values = {name: [job.columns[name][row] for job, row in places] for name in self._judged}
        usual = self._usual(values)
        columns = {name: self._column(name, found) for name, found in values.items() if name not in usual}
        if not columns:
            return
        parts = {name: column for name, column in self.contract.columns.items() if name not in usual}
        contract = self.contract.model_copy(update={"columns": parts})
        judgement = judge_columns(contract, columns, len(places), with_drift=False)
        for problem in judgement.problems:
            if problem.rule in (codes.UNKNOWN_COLUMN, codes.WINDOW_TOO_LONG):  # of columns and rows as a whole
                continue
            for at in problem.places():
                job, row = places[at]
                code, column, message, help = problem.finding(at)
                found = RowError(code, message, column, help)
                if not problem.is_error:
                    job.warnings.setdefault(row, []).append(found)
                elif not job.is_series:
                    job.errors.setdefault(row, found)

    def _usual(self, values: Mapping[str, list[Any]]) -> set[str]:
        """The columns of numbers that are all within what training saw: there is nothing to say of them.

        They are looked at together: a table may have thousands of columns, and a request a single row.

        Args:
            values: By column, a value for each row.
        """
        names = [name for name in self._ranges if NUMBERS.issuperset(map(type, values[name]))]
        if not names:
            return set()
        try:
            numbers = np.array([values[name] for name in names], np.float64)
        except OverflowError:  # of an integer
            return set()
        low, high = np.array([self._ranges[name] for name in names]).T[:, :, None]
        inside = ((numbers >= low) & (numbers <= high)).all(axis=1)
        return {name for name, is_usual in zip(names, inside.tolist(), strict=True) if is_usual}

    def _column(self, name: str, values: list[Any]) -> NewColumn:
        """A column of the contract; numbers as an array, which is looked at faster."""
        if name in self._numbers and NUMBERS.issuperset(map(type, values)):
            return NewColumn(np.array(values, np.float64), np.zeros(len(values), bool))
        return objects_column(values)


def _range(column: ColumnContract) -> tuple[float, float] | None:
    """The range of a column of numbers that its contract judges by nothing else; None of any other."""
    seen = column.seen
    if column.kind != "number" or column.role != "input" or column.limits is not None or seen.categories:
        return None
    if not column.dtype.startswith("float") or seen.minimum is None or seen.maximum is None:
        return None
    return float(seen.minimum), float(seen.maximum)
