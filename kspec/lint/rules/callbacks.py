"""The callbacks of `fit`."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.argument_check import Checker


def callbacks(checker: Checker) -> None:
    """Checks each callback against the catalog; one that calls a server needs the network."""
    for index, callback in enumerate(checker.spec.document.fit.callbacks):
        path = ("fit", "callbacks", index)
        checker.object(callback, "callback", path)
        name = callback if isinstance(callback, str) else next(iter(callback))
        if name == "RemoteMonitor" and not checker.spec.permissions.network:
            checker.report.error(
                codes.NETWORK_ACCESS,
                "`RemoteMonitor` opens a network connection",
                checker.spec.positions.value(path),
                help="allow it with --allow-network, if you trust the spec",
            )
