"""What `kspec runs gc` frees in run folders: checkpoints that no run goes on from, and what stopped writes left."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.runs.folder_lock import locked
from kspec.runs.remove_run import REMOVED, size_of
from kspec.runs.run_folder import RunFolderError, subfolders
from kspec.runs.run_index import RunRecord, past_runs, read_run
from kspec.runs.run_parts import parts_of

DONE, STOPPED = "checkpoints of finished runs", "checkpoints of stopped runs"
REMAINS, REMOVAL = "files that were not written to their end", "runs whose removal was stopped"
"""What can be freed."""
_CHECKPOINTS = "checkpoints"
_CHECKPOINT = re.compile(r"epoch-\d{1,18}(-step-\d{1,18})?\.npz")
_UNFINISHED = re.compile(r"\..+\.writing(\.\w+)*|\.tags\.[0-9a-f]+\.json")
"""The names of files that are renamed once they are whole."""
RECENT = 3600
"""Seconds for which nobody can tell whether a folder is still being deleted."""


@dataclass(frozen=True, slots=True)
class Unused:
    """Files of a run that nothing needs.

    Args:
        run: The folder of the run that is listed, by which its parts are running or not.
        folder: The run folder in which they lie; that of a part, too.
        kind: What they are: `DONE`, `STOPPED`, `REMAINS` or `REMOVAL`.
        files: The files; or a folder that is deleted as a whole.
        bytes: What they take.
    """

    run: Path
    folder: Path
    kind: str
    files: tuple[Path, ...]
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"run": self.folder.as_posix(), "kind": self.kind, "files": len(self.files), "bytes": self.bytes}


def unused_files(runs: str | os.PathLike[str], name: str | None = None) -> tuple[list[Unused], list[Unused]]:
    """What can be freed without loss, and the checkpoints of runs that were stopped, which go on from them.

    A run that has finished has its model: its checkpoints serve to train on with more epochs, which begins anew without
    them. Of a run that is running, or has a part that is, nothing is freed.

    Args:
        runs: The folder of the run folders.
        name: Only the runs of the spec with this name.
    """
    free, kept = list[Unused](), list[Unused]()
    for run in past_runs(runs, name):
        if run.path.parent.is_symlink():
            continue  # it may lead anywhere
        for found in _of_run(run):
            (free if found.kind != STOPPED else kept).append(found)
    return [*free, *_removed(Path(runs), name)], kept


def delete_unused(unused: Unused) -> int:
    """Deletes files of a run, unless it is running by now.

    Args:
        unused: The files.

    Returns:
        The bytes that are free now.

    Raises:
        RunFolderError: If the run is running, or a file cannot be deleted.
    """
    try:
        if unused.kind == REMOVAL:
            for folder in unused.files:
                shutil.rmtree(folder)
            return unused.bytes
        with ExitStack() as locks:
            for folder in dict.fromkeys((unused.run, unused.folder)):
                locks.enter_context(locked(folder))
            if read_run(unused.run).status == "running" or read_run(unused.folder).status == "running":
                raise RunFolderError(f"the run {unused.run} is running")
            freed = 0
            for file in unused.files:
                size = file.lstat().st_size
                file.unlink()
                freed += size
            with suppress(OSError):  # something else lies in it
                (unused.folder / _CHECKPOINTS).rmdir()
    except RunFolderError:
        raise
    except OSError as error:
        raise RunFolderError(f"{error.filename} cannot be deleted: {error.strerror or error}") from error
    return freed


def _of_run(run: RunRecord) -> Iterator[Unused]:
    parts = [read_run(path) for path in parts_of(run.path)]
    if any(each.status == "running" for each in (run, *parts)):
        return
    for each in (run, *parts):
        folder = each.path / _CHECKPOINTS
        files = [] if folder.is_symlink() else _files(folder, _CHECKPOINT)
        is_finished = each.status == run.status == "finished"
        if files:
            yield _unused(run.path, each.path, DONE if is_finished else STOPPED, files)
        remains = [*_files(each.path, _UNFINISHED), *([] if folder.is_symlink() else _files(folder, _UNFINISHED))]
        if remains:
            yield _unused(run.path, each.path, REMAINS, remains)


def _removed(runs: Path, name: str | None) -> Iterator[Unused]:
    """The folders of runs whose removal was stopped."""
    for parent in subfolders(runs, links=False):
        if name not in (None, parent.name):
            continue
        for folder in parent.glob(f"{REMOVED}*"):
            facts = folder.lstat()
            if not folder.is_symlink() and folder.is_dir() and time.time() - facts.st_ctime > RECENT:
                yield Unused(folder, folder, REMOVAL, (folder,), size_of(folder))


def _files(folder: Path, names: re.Pattern[str]) -> list[Path]:
    """The files in a folder whose names match, without links."""
    try:
        with os.scandir(folder) as entries:
            found = [own.name for own in entries if names.fullmatch(own.name) and own.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / name for name in sorted(found)]


def _unused(run: Path, folder: Path, kind: str, files: list[Path]) -> Unused:
    size = 0
    for file in files:
        with suppress(OSError):
            size += file.lstat().st_size
    return Unused(run, folder, kind, tuple(files), size)
