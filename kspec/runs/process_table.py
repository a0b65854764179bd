"""When processes started, as each system tells it."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_QUERY_LIMITED_INFORMATION, _INVALID_PARAMETER, _STILL_ACTIVE = 0x1000, 87, 259
"""Windows: the right to ask for times; the error where there is no such process; the exit code of one that runs."""


def start_time(pid: int) -> str | None:
    """When a process started, in the system's own units; None if it has ended, empty where the system does not tell.

    Args:
        pid: The process.

    Raises:
        OSError: If it belongs to another user, so that nobody can know.
    """
    if sys.platform == "win32":
        return _on_windows(pid)
    return _on_linux(pid) if Path("/proc/self/stat").exists() else _on_posix(pid)


def _on_linux(pid: int) -> str | None:
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return None if state in ("Z", "X") else f"{boot} {fields[18]}"


def _on_posix(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return ""


def _on_windows(pid: int) -> str | None:
    """Asks by a handle: `os.kill` would end the process."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid)
    if not handle:
        error = ctypes.get_last_error()  # type: ignore[attr-defined,unused-ignore]
        if error == _INVALID_PARAMETER:
            return None
        raise PermissionError(errno.EACCES, f"Windows does not tell (error {error})")
    try:
        code, times = ctypes.c_ulong(), [ctypes.c_uint64() for _ in range(4)]
        known = kernel.GetExitCodeProcess(ctypes.c_void_p(handle), ctypes.byref(code))
        known = known and kernel.GetProcessTimes(ctypes.c_void_p(handle), *map(ctypes.byref, times))
        if not known:
            raise PermissionError(errno.EACCES, "Windows does not tell")
        return str(times[0].value) if code.value == _STILL_ACTIVE else None
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
