"""What a machine of a cluster answers about itself; it is sent there as code, since kspec may not be installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def look(packages: Sequence[str], folders: Sequence[str]) -> dict[str, Any]:
    """Looks at the machine and the Python that this runs in, without importing a large package.

    Args:
        packages: The packages to look for.
        folders: Absolute paths of folders to look for.

    Returns:
        `host`; `versions`, by package, None where it is not installed; `folders`, the identity of each, None where
        it is not there.
    """
    import os
    import platform
    import socket
    from importlib import import_module
    from importlib.metadata import PackageNotFoundError, version

    versions: dict[str, str | None] = {"python": ".".join(platform.python_version_tuple()[:2])}
    for package in packages:
        try:
            # a checkout on the path has no metadata, or those of another one; this module imports nothing
            versions[package] = import_module("kspec._version").__version__ if package == "kspec" else version(package)
        except (ImportError, PackageNotFoundError):
            versions[package] = None
    found: list[tuple[int, int] | None] = []
    for folder in folders:
        try:
            facts = os.stat(folder)
            found.append((facts.st_ino, facts.st_mtime_ns) if os.access(folder, os.W_OK) else None)
        except OSError:
            found.append(None)
    return {"host": socket.gethostname(), "versions": versions, "folders": found}
