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
from kspec.serving.replies import entries_of
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
WINDOW_HELP = "send on each line a list of rows, for the window that ends with the last of them"
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
        RequestError: If too many rows wait, or the prediction takes too long.
        Closed: If another model has taken the place of this one.
    """
    is_series = service.model.window is not None
    found, places, entries = list[list[dict[str, Any]]](), list[int](), dict[int, dict[str, Any]]()
    for number, line in enumerate(lines, start):
        try:
            found.append(_rows(line, is_series=is_series))
            places.append(number)
        except RequestError as error:
            why = {"message": str(error), "help": WINDOW_HELP if is_series else HELP, "status": 400}
            entries[number] = {"row": number, "error": why}
    if found:
        rows = [row for each in found for row in each]
        columns = columns_of(rows, service.model.fields)
        body = (
            Body(columns, len(rows), "windows", [len(each) for each in found])
            if is_series
            else Body(columns, len(rows))
        )
        results = await results_of(service, body, bounds)
        for job, result in results:
            metrics.result(service.name, job, result)
        answers = entries_of(results, body, service)
        entries |= {at: {**each, "row": at} for at, each in zip(places, answers, strict=True)}
    return b"".join(to_json(entries[at], inf_nan_mode="null") + b"\n" for at in sorted(entries))


def _rows(line: bytes, *, is_series: bool) -> list[dict[str, Any]]:
    """The rows of a line: one, or, for a network on windows, those that it predicts from.

    Raises:
        RequestError: If it holds none.
    """
    value = read_json(line)
    if not is_series and isinstance(value, dict):
        return [value]
    if is_series and isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return value
    raise RequestError(400, "the line is no list of objects" if is_series else "the line is no object")
