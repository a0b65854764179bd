"""How a server runs: where it listens, and what it bounds."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from kspec.serving.batching import BatchLimits


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may take.

    Args:
        body: The most bytes of a body.
        rows: The most rows of a request.
        header: The most bytes of a request's line and headers.
        seconds: How long a body may take to arrive, and a prediction to be made.
        connections: How many clients may be connected.
    """

    body: int = 64 << 20
    rows: int = 100_000
    header: int = 64 << 10
    seconds: float = 60.0
    connections: int = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a server.

    Args:
        host: The address that it listens to.
        port: The port; 0 for any free one.
        token: What clients must send as a bearer token; None for none.
        bounds: What one request may take.
        batches: How requests are put together.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    bounds: Bounds = field(default_factory=Bounds)
    batches: BatchLimits = field(default_factory=BatchLimits)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
