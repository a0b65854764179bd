"""Rows that come as a stream of lines, each answered while others still arrive."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from kspec.serving.bodies import Body, read_json
from kspec.serving.job import columns_of
from kspec.serving.metrics import Metrics
from kspec.serving.replies import row_entries
from kspec.serving.requests import results_of
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service
from kspec.serving.settings import Bounds

LINES = "application/x-ndjson"
LINE = 1 << 20
"""The most bytes of a line."""
TOGETHER = 64
"""The most lines that are answered together."""
HELP = 'send {"column": value, …} on each line'
WithService = Callable[[Callable[[Service], Awaitable[bytes]]], Awaitable[bytes]]
log = logging.getLogger("kspec.serving")


def line_stream(request: Request, with_service: WithService, metrics: Metrics, bounds: Bounds) -> StreamingResponse:
    """The answer to a stream of rows: a line each, in their order.

    Args:
        request: The request.
        with_service: Answers some lines with the model that is served by then.
        metrics: Counts rows.
        bounds: What a line may take.
    """
    return _Stream(_answers(request, with_service, metrics, bounds), media_type=LINES)


class _Stream(StreamingResponse):
    """A response that is sent while its request is read; Starlette's own would read the body to notice a disconnect."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (an application's)
        with suppress(OSError, ClientDisconnect):
            await self.stream_response(send)


async def _answers(
    request: Request, with_service: WithService, metrics: Metrics, bounds: Bounds
) -> AsyncIterator[bytes]:
    """The lines of the answer; the last one is an error where the stream cannot be read on."""
    rest, number = b"", 0
    pieces = request.stream()
    try:
        while True:
            try:
                async with asyncio.timeout(bounds.seconds):
                    piece = await anext(pieces, None)
            except TimeoutError:
                raise RequestError(408, f"no line came for {bounds.seconds:g} s") from None
            *lines, rest = (rest + (piece or b"")).split(b"\n")
            if piece is None:
                lines, rest = [*lines, rest], b""
            if len(rest) > LINE:
                raise RequestError(413, f"a line has more than {LINE:,} bytes")
            lines = [line for line in lines if line.strip()]
            for start in range(0, len(lines), TOGETHER):
                some, first = lines[start : start + TOGETHER], number

                async def answer(service: Service, some: list[bytes] = some, first: int = first) -> bytes:
                    return await _answer(some, first, service, metrics, bounds)

                yield await with_service(answer)
                number += len(some)
            if piece is None:
                return
    except RequestError as error:
        yield to_json(error.to_json()) + b"\n"
    except ClientDisconnect:
        return
    except Exception as error:  # of any kind: the answer says no more than that
        log.error("a prediction failed: %s", type(error).__name__)
        yield to_json({"error": "the server failed"}) + b"\n"


async def _answer(lines: list[bytes], start: int, service: Service, metrics: Metrics, bounds: Bounds) -> bytes:
    """The answers to some lines.

    Args:
        lines: The lines, a row each.
        start: The number of the first row.
        service: The model.
        metrics: Counts rows.
        bounds: What a line may take.

    Raises:
        RequestError: If rows are no examples by themselves.
        Closed: If another model has taken the place of this one.
    """
    if service.model.window is not None:
        raise RequestError(400, "the model takes windows of rows, which a stream of lines cannot tell apart")
    rows, places, entries = list[dict[str, Any]](), list[int](), dict[int, dict[str, Any]]()
    for number, line in enumerate(lines, start):
        try:
            row = read_json(line)
        except RequestError as error:
            row, why = None, str(error)
        else:
            why = "the line is no object"
        if isinstance(row, dict):
            rows.append(row)
            places.append(number)
        else:
            entries[number] = {"row": number, "error": {"message": why, "help": HELP, "status": 400}}
    if rows:
        body = Body(columns_of(rows, service.model.fields), len(rows))
        (job, result), *_ = await results_of(service, body, bounds)
        metrics.result(service.name, job, result)
        entries |= {at: {**each, "row": at} for at, each in zip(places, row_entries(result, job), strict=True)}
    return b"".join(to_json(entries[at], inf_nan_mode="null") + b"\n" for at in sorted(entries))
