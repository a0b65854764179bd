"""Removes runs: nothing but their folders, and never through a link."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from kspec.runs.folder_lock import locked
from kspec.runs.run_folder import STAMPED, RunFolder, RunFolderError, find_folder, spec_names
from kspec.runs.run_index import past_runs
from kspec.runs.run_parts import is_trial, parts_of, whole_of
from kspec.runs.run_record import read_record
from kspec.runs.stopped_run import require_stopped

REMOVED = ".removed-"
"""What the name of a folder begins with while it is deleted."""


def run_to_remove(place: str, runs: str | os.PathLike[str] = "runs") -> Path:
    """The folder of a run, in any state; that of a trial, too.

    Args:
        place: A run folder, perhaps below the folder of the run folders, or `latest` of one.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If it is none, or a part that its run cannot be without.
    """
    if Path(place).name == "latest":
        return find_folder(place, runs)
    try:
        folder = next((each for each in (Path(place), Path(runs) / place) if each.is_dir()), None)
    except (OSError, ValueError) as error:
        raise RunFolderError(f"no run at {place}: {getattr(error, 'strerror', None) or error}") from error
    if folder is None:
        raise RunFolderError(f"no run at {place}; `kspec runs` lists all runs")
    folder = Path(os.path.abspath(folder))
    whole = whole_of(folder)
    if whole is not None and not is_trial(folder):
        raise RunFolderError(f"{place} is a part of the run {whole}, which needs it; remove all of that")
    has_record, is_stamped = (folder / "run.json").is_file(), STAMPED.fullmatch(folder.name) is not None
    lies_in_runs = folder.parent.parent == Path(os.path.abspath(runs))
    if is_trial(folder) or has_record + is_stamped + lies_in_runs >= 2:  # any folder may have some `run.json`
        return folder
    if folder.name in spec_names(folder.parent):
        name = folder.name
        raise RunFolderError(f"{place} holds all runs of {name}; name one, or remove all with --name {name}")
    hint = f" in {Path(runs).as_posix()}/; name the folder of the runs with --runs" if has_record else ""
    raise RunFolderError(f"{place} is no run folder{hint}")


def check_removable(folder: Path, *, force: bool = False) -> None:
    """Checks that a run can be removed: it is reached through no link, and neither it nor a part of it is running.

    Args:
        folder: Its folder.
        force: Whether it may be running on another machine.

    Raises:
        RunFolderError: If it cannot.
    """
    whole = whole_of(folder)
    for each in (folder, folder.parent, *(() if whole is None else (whole, whole.parent))):
        if each.is_symlink():
            raise RunFolderError(f"{each} is a link: nothing is removed through it; name the folder itself")
    for each in (folder, *parts_of(folder), *(() if whole is None else (whole,))):
        try:
            record = read_record(each)
        except RunFolderError:  # damaged: nothing that runs writes it
            continue
        require_stopped(each, record, True, force)


def remove_run(folder: Path, *, force: bool = False) -> None:
    """Removes a run, with all its parts; `latest` leads to the newest of those that have finished afterwards.

    Args:
        folder: Its folder.
        force: Whether it may be running on another machine.

    Raises:
        RunFolderError: If it is running, or cannot be removed.
    """
    check_removable(folder, force=force)
    aside = folder.with_name(f"{REMOVED}{folder.name}-{secrets.token_hex(4)}")
    try:
        with locked(folder):
            folder.rename(aside)  # whoever lists runs meanwhile sees all of it or nothing
        shutil.rmtree(aside)
    except RunFolderError:
        raise
    except OSError as error:
        raise RunFolderError(f"{error.filename or folder} cannot be removed: {error.strerror or error}") from error
    if not is_trial(folder):
        _repair_latest(folder.parent)
        with suppress(OSError):  # other runs are left
            folder.parent.rmdir()


def size_of(folder: Path) -> int:
    """The bytes of all files below a folder; links count as themselves."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size
    return total


def _repair_latest(parent: Path) -> None:
    """Points `latest` to the newest run with a model, if it leads nowhere."""
    latest = parent / "latest"
    if not os.path.lexists(latest) or _leads_to_run(latest):
        return
    with suppress(OSError):
        latest.unlink()
    for run in past_runs(parent.parent, parent.name):
        if run.status == "finished" or (run.status == "interrupted" and (run.path / "model.keras").is_file()):
            with suppress(OSError):
                RunFolder(run.path).make_latest()
            return


def _leads_to_run(latest: Path) -> bool:
    try:
        return find_folder(latest).is_dir()
    except RunFolderError:
        return False
