"""Folders of kspec's cache that only their user can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kspec.backend.tensorflow import cache_folder


class UnsafeFolder(OSError):
    """A folder of the cache that is a link, or belongs to somebody else."""


def private_folder(name: str) -> Path | None:
    """A folder of the cache, which is made if it is absent; None if caching is off.

    Args:
        name: Its name.

    Raises:
        UnsafeFolder: If it is a link, or another user's.
        OSError: If it cannot be made.
    """
    root = cache_folder()
    if root is None:
        return None
    folder = root / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_folder(folder)
    return folder


def check_folder(folder: Path) -> None:
    """Compares a folder with what it must be.

    Raises:
        UnsafeFolder: If it is a link, no folder, or another user's.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFolder(f"`{folder}` is {'a link' if stat.S_ISLNK(found.st_mode) else 'no folder'}")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise UnsafeFolder(f"`{folder}` belongs to another user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
