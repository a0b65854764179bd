"""Ends a process whose parent is gone: one that was killed can end nobody."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """Ends this process, as a kill does, once the process that has begun it is gone.

    A thread waits for the end of a pipe that only the parent holds, so that every system can do it. What this process
    writes is what a kill leaves: `kspec resume` goes on with it.
    """
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
