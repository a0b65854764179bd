"""The runs in the folder of a run: folds, repeats, trials, the best point."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kspec.runs.run_folder import BEST, SWEEP, TRIALS, subfolders

MEMBER = re.compile(r"(fold|repeat)-\d+")
"""The name of the folder of a fold or repeat."""


def parts_of(folder: Path) -> Iterator[Path]:
    """The folders of the runs that are parts of a run, in any depth; none of a link.

    Args:
        folder: The run folder.
    """
    for path in subfolders(folder, links=False):
        if MEMBER.fullmatch(path.name):
            yield path
        elif path.name == BEST and (folder / SWEEP).is_file():
            yield path
            yield from _members(path)
        elif path.name == TRIALS:
            for trial in subfolders(path, links=False):
                if is_trial(trial):
                    yield trial
                    yield from _members(trial)


def member_folders(folder: Path) -> list[Path]:
    """The folders of the folds or repeats of a run that have begun, by number.

    Args:
        folder: The run folder.
    """
    found = [path for path in _members(folder) if (path / "run.json").is_file()]
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


def is_trial(folder: Path) -> bool:
    """Whether a folder is that of a trial of a sweep."""
    whole = folder.parent.parent
    return folder.parent.name == TRIALS and folder.name.isdecimal() and (whole / "run.json").is_file()


def whole_of(folder: Path) -> Path | None:
    """The folder of the run that a run is a part of; None of one that stands alone."""
    for whole in (folder.parent, folder.parent.parent):
        is_inner = MEMBER.fullmatch(folder.name) or folder.name == BEST or folder.parent.name == TRIALS
        if is_inner and (whole / "run.json").is_file():
            return whole
    return folder.parent if MEMBER.fullmatch(folder.name) and is_trial(folder.parent) else None


def _members(folder: Path) -> list[Path]:
    return [path for path in subfolders(folder, links=False) if MEMBER.fullmatch(path.name)]
