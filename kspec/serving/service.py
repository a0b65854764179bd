"""A served model with its queue: jobs → results."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from kspec.contract.document import Contract
from kspec.diagnostics import SpecError
from kspec.runs.prediction_table import prediction_table
from kspec.runs.window_table import by_step
from kspec.serving.answers import answer_objects
from kspec.serving.batching import Batcher, BatchLimits
from kspec.serving.job import Job, Result, rows_of
from kspec.serving.judging import NUMBERS, RowJudge
from kspec.serving.model import Predictions, ServedModel
from kspec.serving.row_errors import RowError

DATE = re.compile(r"\d{4}-\d\d-\d\d")
"""Begins a time that can be read in one way only."""
APART = 64
"""A request with at most so many rows, none of which can be used, learns of each what is wrong with it."""


class Service:
    """A model that answers the requests of a server.

    Args:
        name: The name that requests use.
        model: The model.
        limits: How requests are put together.
        observe: As for `Batcher`.
    """

    def __init__(self, name: str, model: ServedModel, limits: BatchLimits, observe: Callable[[int], None]) -> None:
        self.name, self.model = name, model
        self._judge = RowJudge(model)
        self._batcher = Batcher(self._run, limits, observe)

    @property
    def contract(self) -> Contract:
        """The contract of the model's run."""
        return self._judge.contract

    @property
    def waiting(self) -> int:
        """The rows that wait for the model."""
        return self._batcher.waiting

    async def predict(self, job: Job) -> Result:
        """What the model predicts for a job; errors are those of `predict_all`."""
        return (await self.predict_all([job]))[0]

    async def predict_all(self, jobs: Sequence[Job]) -> list[Result]:
        """What the model predicts for the jobs of a request.

        Raises:
            RequestError: If too many rows wait.
            Closed: If another model has taken its place.
        """
        return await self._batcher.submit(jobs)

    def close(self) -> None:
        """Answers what waits, and ends the thread."""
        self._batcher.close()

    def _run(self, jobs: Sequence[Job]) -> list[Result | Exception]:
        """The results of jobs: together where rows do not depend on each other."""
        self._judge.judge(jobs)
        together = [job for job in jobs if not job.as_table and job.usable]
        if not self.model.is_row_wise and not self._joins_series(together):
            together = []
        results: dict[int, Result | Exception] = {}
        if len(together) > 1:
            results = self._run_together(together)
        return [results[id(job)] if id(job) in results else self._run_one(job) for job in jobs]

    def _joins_series(self, jobs: Sequence[Job]) -> bool:
        """Whether series of several jobs are read together as each alone: a format of times is that of all rows."""
        if not self.model.joins_series or self.model.window.time is None:
            return self.model.joins_series
        times = [value for job in jobs for value in job.columns[self.model.window.time] if value is not None]
        return all(isinstance(value, str) and DATE.match(value) for value in times) or NUMBERS.issuperset(
            map(type, times)
        )

    def _run_together(self, jobs: Sequence[Job]) -> dict[int, Result | Exception]:
        """By the `id` of a job, its result; without those run alone, as a message must hold no value of another."""
        try:
            predictions = self.model.predict(rows_of(jobs))
        except SpecError:
            return {}
        ends = list(accumulate(job.count for job in jobs))
        starts = [0, *ends[:-1]]
        left_out = {bisect_right(ends, number - 1) for number in predictions.split.left_out}
        if self.model.window is not None:  # of a series without a window, a run alone tells why
            left_out = set(range(len(jobs))) - {bisect_right(ends, n - 1) for n in predictions.split.rows.tolist()}
        answers, places = self._answers(predictions), _places(predictions)
        results = {number: Result(errors=jobs[number].errors) for number in range(len(jobs)) if number not in left_out}
        for example, (row, answer) in enumerate(zip(predictions.split.rows.tolist(), answers, strict=True)):
            number = bisect_right(ends, row - 1)
            if number in results:
                results[number].answers.append(answer)
                results[number].rows.append(row - 1 - starts[number])
                results[number].places += places[example : example + 1]
        return {id(jobs[number]): result for number, result in results.items()}

    def _run_one(self, job: Job) -> Result | Exception:
        """The result of a job alone, or why it has none."""
        try:
            return self._result(job)
        except Exception as error:  # of any kind: the other jobs have results
            return error

    def _result(self, job: Job) -> Result:
        if not job.usable:
            return Result(errors=job.errors, table=[] if job.as_table else None)
        try:
            predictions = self.model.predict(rows_of([job]))
        except SpecError as error:
            return self._refused(job, error)
        split = predictions.split
        errors = dict(job.errors)
        for each in split.reasons:
            for number in each.rows.tolist():
                errors[number - 1] = RowError(each.code, each.reason, each.column)
        if job.as_table:
            return Result(errors=errors, table=self._table(predictions, job))
        rows = [number - 1 for number in split.rows.tolist()]
        return Result(self._answers(predictions), rows, errors, places=_places(predictions))

    def _refused(self, job: Job, error: SpecError) -> Result:
        """The errors of a job none of whose rows can be used."""
        usable = job.usable
        if len(usable) > 1 and len(usable) <= APART and self.model.is_row_wise and not job.as_table:
            result = Result(errors=dict(job.errors))
            for row in usable:
                one = self._result(Job(1, {name: [values[row]] for name, values in job.columns.items()}, job.files))
                result.answers += one.answers
                result.rows += [row] * len(one.answers)
                if one.errors:
                    result.errors[row] = next(iter(one.errors.values()))
            return result
        problem = next(each for each in error.diagnostics if each.is_error)
        found = RowError(problem.code, problem.message, "", problem.help or problem.label)
        return Result(errors=dict.fromkeys(usable, found) | job.errors, table=[] if job.as_table else None)

    def _answers(self, predictions: Predictions) -> list[dict[str, Any]]:
        return answer_objects(predictions.split, predictions.values, self.model.run.encodings)

    def _table(self, predictions: Predictions, job: Job) -> list[list[Any]]:
        """The table that `kspec predict` writes, with the rows that the request itself left out."""
        encodings, values = self.model.run.encodings, predictions.values
        deviations = by_step(predictions.split, values.deviation, encodings)[1] if values.deviation else {}
        split, means, places = by_step(predictions.split, values.mean, encodings)
        split.left_out = sorted({*split.left_out, *(row + 1 for row in job.errors)})
        return list(prediction_table(split, means, encodings, {}, places, deviations))


def _places(predictions: Predictions) -> list[dict[str, Any]]:
    """The series of each window, and the times that it predicts; empty for rows."""
    windows, count = predictions.split.windows, len(predictions.split)
    if windows is None:
        return []
    groups, times = windows.groups(count), windows.times(count)
    named: dict[str, list[Any]] = {}
    if groups is not None:
        named[windows.window.by or "series"] = groups.tolist()
    if times is not None:
        named[windows.window.time or "time"] = times.tolist() if windows.window.horizon else times[:, 0].tolist()
    return [{name: values[number] for name, values in named.items()} for number in range(count)] if named else []
