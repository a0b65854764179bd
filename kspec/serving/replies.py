"""Results → what a client gets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from kspec.serving.batching import RETRY_AFTER
from kspec.serving.bodies import Body
from kspec.serving.job import Job, Result
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service

JSON = "application/json"


def model_facts(service: Service) -> dict[str, str]:
    """Which model has answered."""
    return {"name": service.name, "run": service.model.version, "fingerprint": service.model.fingerprint}


def entries_of(results: Sequence[tuple[Job, Result]], body: Body, service: Service) -> list[dict[str, Any]]:
    """An entry for each row, window or example.

    Args:
        results: The results.
        body: What was asked.
        service: The model.
    """
    if body.form == "windows":
        entries = []
        for number, (job, result) in enumerate(results):
            examples = example_entries(result, job)
            answered = [each for each in examples if "outputs" in each]
            last = (answered or examples or [{}])[-1]
            entries.append({**last, "row": number})
        return entries
    job, result = results[0]
    return row_entries(result, job) if service.model.window is None else example_entries(result, job)


def row_entries(result: Result, job: Job, start: int = 0) -> list[dict[str, Any]]:
    """An entry for each row: what is predicted for it, or why nothing is, and what is unusual about it.

    Args:
        result: The result.
        job: What was asked.
        start: The number of the first row.
    """
    answers = dict(zip(result.rows, result.answers, strict=True))
    entries = []
    for row in range(job.count):
        entry: dict[str, Any] = {"row": start + row}
        if row in answers:
            entry["outputs"] = answers[row]
        elif row in result.errors:
            entry["error"] = result.errors[row].to_json() | {"status": 422}
        if row in job.warnings:
            entry["warnings"] = [each.to_json() for each in job.warnings[row]]
        entries.append(entry)
    return entries


def example_entries(result: Result, job: Job) -> list[dict[str, Any]]:
    """An entry for each example that several rows make, named by its last row, then one for each row with an error."""
    entries: list[dict[str, Any]] = []
    for number, (row, answer) in enumerate(zip(result.rows, result.answers, strict=True)):
        entry: dict[str, Any] = {"row": row, "outputs": answer}
        if result.places:
            entry["place"] = result.places[number]
        if row in job.warnings:
            entry["warnings"] = [each.to_json() for each in job.warnings[row]]
        entries.append(entry)
    return entries + [
        {"row": row, "error": error.to_json() | {"status": 422}} for row, error in sorted(result.errors.items())
    ]


def reply(service: Service, entries: Sequence[Mapping[str, Any]], body: Body) -> tuple[int, bytes]:
    """The status and the JSON of an answer.

    Args:
        service: What has answered.
        entries: An entry for each row or example.
        body: What was asked.
    """
    status = 200 if any("outputs" in entry for entry in entries) else 422
    facts: dict[str, Any] = {"model": model_facts(service)}
    if body.form == "columns":
        facts["outputs"] = _by_column([entry.get("outputs") for entry in entries])
        for name in ("error", "warnings"):
            found = [{"row": entry["row"], name: entry[name]} for entry in entries if name in entry]
            if found:
                facts["errors" if name == "error" else name] = found
    else:
        facts["predictions"] = entries
    return status, to_json(facts, inf_nan_mode="null")


def _by_column(answers: Sequence[Any]) -> Any:
    """Objects of one form as an object of lists; None where there is none."""
    first = next((answer for answer in answers if answer is not None), None)
    if not isinstance(first, Mapping):
        return list(answers)
    return {key: _by_column([None if answer is None else answer[key] for answer in answers]) for key in first}


def table_text(result: Result) -> str:
    """A table as CSV; with a column of errors if some row has one."""
    table = result.table or []
    if result.errors and table:
        errors = {row + 1: f"{error.code}: {error.message}" for row, error in result.errors.items()}
        table = [[*table[0], "error"], *([*line, errors.get(line[0], "")] for line in table[1:])]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue()


def error_reply(error: RequestError) -> Response:
    """The answer to a request that cannot be answered."""
    headers = {"retry-after": str(RETRY_AFTER)} if error.status in (429, 503) else {}
    if error.status in (401, 408, 413):
        headers["connection"] = "close"
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(to_json(error.to_json()), error.status, headers, JSON)
