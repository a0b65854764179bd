"""HTTP as uvicorn speaks it, with bounds on what comes before a body: httptools itself has none."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kspec.serving.settings import Bounds


def bounded_protocol(bounds: Bounds) -> type[HttpToolsProtocol]:
    """A protocol that ends a connection whose headers are too large, or take too long.

    Args:
        bounds: What a request may take.
    """

    class BoundedProtocol(HttpToolsProtocol):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            self._header_bytes, self._in_body = 0, False
            self._timer: TimerHandle | None = None

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._await_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if not self._in_body:
                self._header_bytes += len(data)
                if self._timer is None:
                    self._await_headers()
            super().data_received(data)
            if not self._in_body and self._header_bytes > bounds.header and not self.transport.is_closing():
                self.send_400_response("The headers of the request are too large.")

        def on_headers_complete(self) -> None:
            self._stop_waiting()
            self._in_body = True
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._in_body, self._header_bytes = False, 0
            super().on_message_complete()

        def _await_headers(self) -> None:
            self._timer = self.loop.call_later(bounds.seconds, self._give_up)

        def _stop_waiting(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            if self.transport is not None and not self.transport.is_closing():
                self.transport.close()

    return BoundedProtocol
