"""How a request is read: as much as the server takes, in the time that it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from kspec.serving.batching import Closed
from kspec.serving.bodies import Body, csv_body, json_body
from kspec.serving.job import Job, Result, job_of
from kspec.serving.model import ServedModel
from kspec.serving.registry import Registry
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service
from kspec.serving.settings import Bounds

T = TypeVar("T")


async def read_body(request: Request, bounds: Bounds) -> bytes:
    """The body of a request.

    Args:
        request: The request.
        bounds: What it may take.

    Raises:
        RequestError: If it is too large, or takes too long.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RequestError(415, "packed bodies are not read", "send the body as it is")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > bounds.body:
        raise _too_large(bounds)
    pieces, size = [], 0
    try:
        async with asyncio.timeout(bounds.seconds):
            async for piece in request.stream():
                size += len(piece)
                if size > bounds.body:
                    raise _too_large(bounds)
                pieces.append(piece)
    except TimeoutError:
        raise RequestError(408, f"the body did not arrive within {bounds.seconds:g} s") from None
    except ClientDisconnect:
        raise RequestError(400, "the client has gone") from None
    return b"".join(pieces)


def _too_large(bounds: Bounds) -> RequestError:
    return RequestError(413, f"the body is larger than {bounds.body:,} bytes", "send the rows in several requests")


def body_of(kind: str, data: bytes, model: ServedModel, bounds: Bounds) -> Body:
    """The rows of a body.

    Args:
        kind: Its media type.
        data: The body.
        model: What the rows are for.
        bounds: What a request may take.

    Raises:
        RequestError: If it has no rows, or too many.
    """
    body = csv_body(data, model) if kind == "text/csv" else json_body(data, model)
    if body.count > bounds.rows:
        raise RequestError(413, f"the request has more than {bounds.rows:,} rows", "send them in several requests")
    return body


async def results_of(
    service: Service, body: Body, bounds: Bounds, *, as_table: bool = False
) -> list[tuple[Job, Result]]:
    """The results of the rows of a body: of all together, or of each window that it states.

    Args:
        service: The model.
        body: The rows.
        bounds: What a request may take.
        as_table: Whether the result is a table.

    Raises:
        RequestError: If too many rows wait, or the prediction takes too long.
        Closed: If another model has taken the place of this one.
    """
    fields = service.model.fields
    if body.form == "windows":
        jobs, start = [], 0
        for length in body.windows:
            columns = {name: values[start : start + length] for name, values in body.columns.items()}
            jobs.append(job_of(fields, columns, length, is_series=True))
            start += length
    else:
        is_series = service.model.window is not None
        jobs = [job_of(fields, body.columns, body.count, as_table=as_table, is_series=is_series)]
    try:
        async with asyncio.timeout(bounds.seconds):
            if len(jobs) == 1:
                return [(jobs[0], await service.predict(jobs[0]))]
            results = await asyncio.gather(*map(service.predict, jobs))
            return list(zip(jobs, results, strict=True))
    except TimeoutError:
        raise RequestError(504, f"the prediction was not made within {bounds.seconds:g} s") from None


async def with_service(registry: Registry, name: str, version: str, answer: Callable[[Service], Awaitable[T]]) -> T:
    """Answers with a model; if another one takes its place meanwhile, with that.

    Args:
        registry: The models.
        name: The name of the model.
        version: The run; empty for any.
        answer: Answers with a model.

    Raises:
        RequestError: If there is no such model, or the server stops.
    """
    for _ in range(3):
        try:
            return await answer(registry.service(name, version))
        except Closed:
            continue
    raise RequestError(503, "the server is stopping")
