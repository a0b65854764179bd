"""A lock on a run folder: at any time, one process writes into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kspec.runs.run_folder import RunFolderError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder for this process; the system lifts the lock when the process ends, however it ends.

    Where the file system has no locks, nothing happens.

    Args:
        folder: The folder. The lock leaves no file in it.

    Raises:
        RunFolderError: If another process, or another thread of this one, has locked it.
    """
    descriptor = None
    if fcntl is not None:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if descriptor is not None:
                os.close(descriptor)
            raise RunFolderError(f"another process is writing to the run folder {folder}; wait for its end") from None
        except OSError:  # no locks of folders, as on some network drives
            pass
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
