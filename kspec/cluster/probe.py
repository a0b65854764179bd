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


def difference(here: dict[str, str | None], there: dict[str, str | None]) -> str:
    """What a machine has that this one does not; empty if they are the same.

    >>> difference({"kspec": "1.0", "keras": "3.15"}, {"kspec": "1.0", "keras": "3.13"})
    'has keras 3.13, and this machine keras 3.15'
    >>> difference({"kspec": "1.0"}, {"kspec": None})
    'has no kspec'
    """
    missing = [name for name, version in there.items() if version is None and here.get(name) is not None]
    if missing:
        return f"has no {' and no '.join(missing)}"
    differs = [name for name in here if here[name] != there.get(name)]
    if not differs:
        return ""
    own, other = (", ".join(f"{name} {versions[name]}" for name in differs) for versions in (here, there))
    return f"has {other}, and this machine {own}"
