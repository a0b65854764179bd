"""The disk on which the arrays of large tables lie: where, how much of it is free, and what happens if it is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from kspec.language.byte_sizes import bytes_text

RESERVE = 1 << 28
"""The disk space that is left free."""

MOST_FILES = 1 << 16
"""How many files may be open: a process cannot map many more."""

tables_folder: ContextVar[Path | None] = ContextVar("tables_folder", default=None)
"""Where the arrays of the table that is read lie; None if they lie in memory."""


class DiskFull(Exception):
    """The disk cannot hold the arrays of a table.

    Args:
        folder: Where they are to lie.
        needed: The bytes that they take, as far as that is known.
        free: The bytes that are free.
    """

    def __init__(self, folder: Path, needed: float, free: float) -> None:
        super().__init__(f"`{folder}` has {bytes_text(free)} free of the {bytes_text(needed)} that the table needs")
        self.folder = folder
        self.needed = needed
        self.free = free


def reserve(file: Any, size: int, start: int = 0) -> None:
    """Takes the disk space of a file, else a write to its mapping on a full disk would kill the process.

    Args:
        file: The file.
        size: The bytes to take.
        start: Where they begin; a file that has more keeps its size.

    Raises:
        DiskFull: If the disk has not so much.
    """
    if hasattr(os, "posix_fallocate"):
        with disk_errors(size):
            os.posix_fallocate(file.fileno(), start, size)
    elif os.fstat(file.fileno()).st_size < start + size:
        file.truncate(start + size)


def temporary_file(buffering: int = -1) -> Any:
    """A new file without a name where the arrays of large tables lie.

    Args:
        buffering: As for `open`.
    """
    import tempfile

    return tempfile.TemporaryFile(buffering=buffering, dir=place_of_tables())


def place_of_tables() -> Path:
    """The folder of files: one of the cache, or else one for temporary files."""
    import tempfile

    from kspec.data.storage.private_folder import private_folder

    try:
        return tables_folder.get() or private_folder("tables") or Path(tempfile.gettempdir())
    except OSError:
        return Path(tempfile.gettempdir())


def allow_many_files() -> None:
    """Lets the process open as many files as the system allows it: an array of a large table keeps its file open."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft not in (resource.RLIM_INFINITY, most):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def free_space(folder: Path) -> int:
    """The bytes that are free on the disk of a folder."""
    import shutil

    return shutil.disk_usage(folder).free


@contextmanager
def disk_errors(needed: float = 0) -> Iterator[None]:
    """Raises `DiskFull` for a disk that is full.

    Args:
        needed: The bytes to be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        folder = place_of_tables()
        raise DiskFull(folder, needed, free_space(folder)) from error
