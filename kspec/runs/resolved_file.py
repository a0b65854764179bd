"""`resolved.yaml` of a run, whose folder may have been moved or copied since the run wrote it."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source
from kspec.language.files import input_places
from kspec.syntax import parse, read_source
from kspec.syntax.dump import dump

RESOLVED = "resolved.yaml"


def resolved_file(folder: Path, record: Mapping[str, Any]) -> Path | Source:
    """The resolved spec of a run: the file; or its text with other paths, where the folder has moved without its data.

    Its paths are relative to the folder. One that leads to nothing from here leads to where it did when the run began,
    if there is something. The policy of paths holds for it as for any other.

    Args:
        folder: The run folder.
        record: Its `run.json`.
    """
    path, before = folder / RESOLVED, record.get("folder")
    if not isinstance(before, str) or "\0" in before or Path(before) == folder:
        return path
    report = Report()
    source = read_source(path, report)
    tree = None if source is None else parse(source, report)
    if source is None or tree is None or not isinstance(tree.value, dict) or report.has_errors:
        return path  # whoever loads it reports what is wrong
    changed = False
    for holder, key, _ in input_places(tree.value):
        text = holder[key]
        if "://" in text or os.path.isabs(text) or _leads_somewhere(folder / text):
            continue
        there = Path(os.path.normpath(os.path.join(before, text)))  # the folder itself may be gone
        if _leads_somewhere(there):
            holder[key], changed = Path(os.path.relpath(there, folder)).as_posix(), True
    return Source(source.name, dump(tree.value)) if changed else path


def _leads_somewhere(path: Path) -> bool:
    """Whether there is a file or folder, or the folder of a pattern."""
    parts = path.parts
    fixed = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return os.path.exists(Path(*parts[:fixed]))
