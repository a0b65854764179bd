"""What stands before every route: who may ask, how much, and what an answer never holds."""

from __future__ import annotations

import asyncio
import hmac
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kspec.serving.replies import error_reply
from kspec.serving.row_errors import RequestError
from kspec.serving.settings import Settings, is_loopback

OPEN_PATHS = ("/", "/docs", "/healthz", "/readyz", "/v2/health/live", "/v2/health/ready")
"""What tells nothing of the models: no token is needed for it."""
ASSETS = "/assets/"
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
log = logging.getLogger("kspec.serving")


class Protection:
    """An ASGI application around another one.

    It asks for the token, refuses names that a page of another site may give to this machine, adds headers, and answers
    a failure of the server without its traceback.

    Args:
        app: The application.
        settings: Those of the server.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = {name for name, _ in message.get("headers", ())}
                message["headers"] = [*message.get("headers", ()), *(each for each in HEADERS if each[0] not in own)]
            async with asyncio.timeout(self._settings.bounds.seconds):  # for a client that does not read
                await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, send_with_headers)
        except RequestError as error:
            await error_reply(error)(scope, receive, send_with_headers)
        except Exception as error:  # of any kind: the answer says no more than that
            log.error("a request failed: %s", type(error).__name__)
            if not begun:
                await error_reply(RequestError(500, "the server failed"))(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        """Checks the host and the token of a request.

        Raises:
            RequestError: If one is wrong.
        """
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if self._settings.is_local and self._settings.token is None and host and not is_loopback(_without_port(host)):
            raise RequestError(421, "this server answers to the names of its own machine alone")
        token = self._settings.token
        if token is None or scope["path"] in OPEN_PATHS or scope["path"].startswith(ASSETS):
            return
        kind, _, given = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(given.strip(), token.encode()):
            raise RequestError(401, "a token is needed", "send the header `Authorization: Bearer TOKEN`")


def _without_port(host: str) -> str:
    """The name of a host without its port, and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
