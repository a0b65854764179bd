"""Runs a server: listens, loads new runs, and stops when it is asked to."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn

from kspec.runs.run_folder import RunFolderError
from kspec.serving.app import make_app
from kspec.serving.metrics import Metrics
from kspec.serving.protocol import bounded_protocol
from kspec.serving.registry import Registry
from kspec.serving.settings import Settings

GRACE = 30
"""The seconds that requests have to end when the server stops."""
BACKLOG = 2048


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where a server should.

    Raises:
        RunFolderError: If it cannot.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        place = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            raise RunFolderError(f"the port {settings.port} is in use; choose another with --port") from error
        raise RunFolderError(f"the server cannot listen to {place}: {error.strerror or error}") from error
    return listener


def make_server(registry: Registry, metrics: Metrics, settings: Settings, ready: Callable[[], None]) -> uvicorn.Server:
    """A server; `run` answers requests until SIGINT or SIGTERM, and ends once those that have begun are answered.

    Args:
        registry: The models.
        metrics: Counts requests.
        settings: Those of the server.
        ready: Called when requests are answered.
    """
    config = uvicorn.Config(
        make_app(registry, metrics, settings),
        http=bounded_protocol(settings.bounds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.bounds.connections,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=False,
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """A server that says when it answers.

    Args:
        config: Its configuration.
        ready: Called then.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
