"""The process of a run: what identifies it, and whether it has ended without a word."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """What identifies this process among all that ever ran: host, id, and start time."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": _start_time(os.getpid())}


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
    pid = process.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return False
    started = process.get("started")
    if started is not None and Path("/proc/self/stat").exists():
        return bool(_start_time(pid) != started)
    if os.name != "posix":  # elsewhere, asking may end the process
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _start_time(pid: int) -> str | None:
    """When a process started, as the system counts it; None if it has ended, or where the system does not tell."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if state in ("Z", "X") else f"{boot} {fields[18]}"
