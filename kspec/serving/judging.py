"""Rows of requests are held against the contract of their run: which cannot be used, what is unusual in others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kspec.contract.judge import judge_columns
from kspec.contract.new_rows import NewColumn, objects_column
from kspec.diagnostics import codes
from kspec.runs.run_contract import contract_at
from kspec.serving.job import Job
from kspec.serving.model import ServedModel
from kspec.serving.row_errors import RowError


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

    def judge(self, jobs: Sequence[Job]) -> None:
        """Adds to jobs what is wrong with their rows, and what is unusual; a row that has an error stays as it is.

        Args:
            jobs: The jobs, whose rows are looked at together: no finding depends on another row.
        """
        places = [(job, row) for job in jobs for row in job.usable]
        if not places:
            return
        columns = {name: self._column(name, [job.columns[name][row] for job, row in places]) for name in self._judged}
        judgement = judge_columns(self.contract, columns, len(places), with_drift=False)
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

    def _column(self, name: str, values: list[Any]) -> NewColumn:
        """A column of the contract; numbers as an array, which is looked at faster."""
        if name in self._numbers and set(map(type, values)) <= {int, float}:
            return NewColumn(np.array(values, np.float64), np.zeros(len(values), bool))
        return objects_column(values)
