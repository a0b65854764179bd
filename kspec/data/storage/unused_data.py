"""Stored data that no spec can use any more: for `kspec runs gc`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from kspec.data.storage.store import STALE, content_of
from kspec.data.storage.stored_data import StoredData, stored_data
from kspec.data.storage.stored_values import Damaged

_SPECS = (".yaml", ".yml")


def unused_data() -> list[tuple[StoredData, str]]:
    """The data sets that no spec can use any more, each with the reason.

    A data set belongs to the `data` section of the specs in a folder. It is unused if its files have changed or are
    gone, if it is damaged, or if its spec is gone and no other spec lies beside it, as after a run was removed.
    """
    return [(each, reason) for each in stored_data() if (reason := _reason(each))]


def _reason(data: StoredData) -> str:
    """Why nobody can use a data set; empty if somebody can."""
    if data.name.startswith("."):
        is_left = time.time() - data.written > STALE
        return "a process that ended left it behind" if is_left else ""
    try:
        content: dict[str, Any] = content_of(data.folder)
        spec, opened = Path(content["spec"]), dict(content["opened"])
        changed = next((name for name, known in opened.items() if not _is_same(name, known)), "")
    except (OSError, Damaged, ValueError, KeyError, TypeError):
        return "it is damaged"
    if changed:
        return f"{changed} has changed or is gone"
    return "" if spec.exists() or _has_spec(spec.parent) else f"its spec is gone: {spec}"


def _is_same(name: str, known: list[int]) -> bool:
    """Whether a file is the one that was read."""
    try:
        facts = os.stat(name)
    except OSError:
        return False
    return [facts.st_size, facts.st_ino, facts.st_mtime_ns] == known


def _has_spec(folder: Path) -> bool:
    """Whether a folder holds a spec, which may have the same data."""
    try:
        return any(name.endswith(_SPECS) for name in os.listdir(folder))
    except OSError:
        return False
