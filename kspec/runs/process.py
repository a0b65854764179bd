"""The process of a run: what identifies it, and whether it has ended without a word."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from kspec.runs.process_table import start_time

MAX_PID = 2**32
"""No system has an id of a process from here on."""


def this_process() -> dict[str, Any]:
    """What identifies this process among all that ever ran: host, id, and start time."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": start_time(os.getpid())}


def status_of(record: Mapping[str, Any]) -> str:
    """The status of a run by its `run.json`: `killed` if it was running and its process has ended."""
    status = str(record.get("status") or "unknown")
    return "killed" if status == "running" and has_ended(record.get("process")) else status


def has_ended(process: Any) -> bool:
    """Whether a process that `this_process` described no longer runs; False where nobody can know.

    Another process may have its id by now: then the start times differ.
    """
    if not isinstance(process, Mapping) or process.get("host") != socket.gethostname():
        return False
    pid, started = process.get("pid"), process.get("started")
    if not isinstance(pid, int) or isinstance(pid, bool) or not 0 < pid < MAX_PID:
        return False
    try:
        now = start_time(pid)
    except OSError:
        return False
    return now is None or bool(started and now and now != started)
