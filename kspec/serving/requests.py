"""How a request is read: as much as the server takes, in the time that it gives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import ParamSpec, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kspec.serving.batching import Closed
from kspec.serving.bodies import Body, csv_body, json_body
from kspec.serving.job import Job, Result, job_of
from kspec.serving.metrics import Metrics
from kspec.serving.model import ServedModel
from kspec.serving.registry import Registry
from kspec.serving.replies import error_reply
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service
from kspec.serving.settings import Bounds

T = TypeVar("T")
P = ParamSpec("P")
log = logging.getLogger("kspec.serving")
PIECE = 4096
"""The most rows of a request that pass through the model together."""
LARGE = 256 << 10
"""The bytes of a body that is read in a thread of its own."""
DISCARDED, DISCARD_SECONDS = 4, 5.0
"""How much of a body that is too large is read, in bodies and seconds: a client that still sends would not hear why."""


async def answered(
    registry: Registry, metrics: Metrics, name: str, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """The response to a request for predictions, which is counted; an error of any kind is a response, too.

    Args:
        registry: The models.
        metrics: Counts the request.
        name: The model that it names.
        answer: Makes the response.
    """
    started, response = time.perf_counter(), Response(status_code=499)
    try:
        response = await answer()
    except RequestError as error:
        response = error_reply(error)
    except Exception as error:  # of any kind: the answer says no more than that
        log.error("a prediction failed: %s", type(error).__name__)
        response = error_reply(RequestError(500, "the server failed"))
    finally:  # also if the client goes
        known = name if name in registry.names else ""
        metrics.request(known, response.status_code, time.perf_counter() - started)
    return response


async def apart(size: int, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """The result of a function; for a large request from a thread, so that others are answered meanwhile.

    Args:
        size: The bytes of the request's body.
        function: The function.
        arguments: Its arguments.
        named: Those with names.
    """
    if size < LARGE:
        return function(*arguments, **named)
    return await asyncio.to_thread(function, *arguments, **named)


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
    stream, pieces, size = request.stream(), list[bytes](), 0
    if announced.isdigit() and int(announced) > bounds.body:
        await _discard(stream, bounds)
        raise _too_large(bounds)
    try:
        async with asyncio.timeout(bounds.seconds):
            async for piece in stream:
                size += len(piece)
                if size > bounds.body:
                    pieces.clear()
                    await _discard(stream, bounds)
                    raise _too_large(bounds)
                pieces.append(piece)
    except TimeoutError:
        raise RequestError(408, f"the body did not arrive within {bounds.seconds:g} s") from None
    except ClientDisconnect:
        raise RequestError(400, "the client has gone") from None
    return b"".join(pieces)


async def _discard(stream: AsyncIterator[bytes], bounds: Bounds) -> None:
    """Reads the rest of a body, or as much of it as a server bears."""
    size = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for piece in stream:
                size += len(piece)
                if size > DISCARDED * bounds.body:
                    return


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
    """The result of the rows of a body, or of each window that it states.

    Args:
        service: The model.
        body: The rows.
        bounds: What a request may take.
        as_table: Whether the result is a table.

    Raises:
        RequestError: If too many rows wait, or the prediction takes too long.
        Closed: If another model has taken the place of this one.
    """
    model = service.model
    if body.form != "windows":
        pieces = [slice(0, body.count)]
        if model.is_row_wise and not as_table:  # so that other requests pass between them
            pieces = [slice(start, start + PIECE) for start in range(0, body.count, PIECE)]
    else:
        ends = list(accumulate(body.windows))
        pieces = [slice(end - length, end) for end, length in zip(ends, body.windows, strict=True)]
    together = _together(pieces) if body.form == "windows" and model.joins_series else [[piece] for piece in pieces]
    found = list[tuple[Job, Result]]()
    try:
        async with asyncio.timeout(bounds.seconds):
            for some in together:
                jobs = [_job(model, body, piece, as_table=as_table) for piece in some]
                found += zip(jobs, await service.predict_all(jobs), strict=True)
    except TimeoutError:
        raise RequestError(504, f"the prediction was not made within {bounds.seconds:g} s") from None
    return found if body.form == "windows" or len(found) == 1 else [_joined(found)]


def _together(pieces: Sequence[slice]) -> list[list[slice]]:
    """The pieces of a request, as many together as may pass through the model."""
    found, rows = list[list[slice]](), 0
    for piece in pieces:
        rows += piece.stop - piece.start
        if not found or rows > PIECE:
            found, rows = [*found, []], piece.stop - piece.start
        found[-1].append(piece)
    return found


def _job(model: ServedModel, body: Body, piece: slice, *, as_table: bool) -> Job:
    """The job of some rows of a body.

    Args:
        model: The model.
        body: The rows of the request.
        piece: Which of them.
        as_table: Whether the result is a table.
    """
    columns = {name: values[piece] for name, values in body.columns.items()}
    count = min(piece.stop, body.count) - piece.start
    return job_of(model.fields, columns, count, as_table=as_table, is_series=model.window is not None)


def _joined(found: list[tuple[Job, Result]]) -> tuple[Job, Result]:
    """The jobs of one request, and their results, as one."""
    job, result = Job(0, {}), Result()
    for each, own in found:
        start = job.count
        job.count += each.count
        job.warnings |= {start + row: warnings for row, warnings in each.warnings.items()}
        result.answers += own.answers
        result.rows += [start + row for row in own.rows]
        result.errors |= {start + row: error for row, error in own.errors.items()}
    return job, result


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
