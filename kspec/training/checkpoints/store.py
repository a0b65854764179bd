"""The checkpoints of a run: a file each, the newest few of which are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kspec.syntax.regular_files import Opener, open_regular
from kspec.training.checkpoints.archive import DamagedCheckpoint
from kspec.training.checkpoints.checkpoint import Checkpoint, Facts

FOLDER = "checkpoints"
_NAME = re.compile(r"epoch-(\d{1,18})(?:-step-(\d{1,18}))?\.npz")
Write = Callable[[str, Callable[[Path], None]], None]
"""Writes a file of the run folder, by its name, with a function that takes a path; aside first, then renamed."""


class CheckpointStore:
    """The folder `checkpoints` of a run folder.

    Args:
        folder: The run folder.
        write: Writes a file in it.
        keep: How many checkpoints stay.
    """

    def __init__(self, folder: Path, write: Write, keep: int = 2) -> None:
        self.run = folder
        self.folder = folder / FOLDER
        self.keep = keep
        self._write = write

    def add(self, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint, and then deletes those that are too old.

        Raises:
            OSError: If it cannot be written.
        """
        self._write(f"{FOLDER}/{_name(checkpoint.facts)}", checkpoint.write)
        with suppress(OSError):  # no such thing as a folder to open, on some systems
            place = os.open(self.folder, os.O_RDONLY)
            os.fsync(place)
            os.close(place)
        self.prune(self.keep)

    def prune(self, keep: int) -> None:
        """Deletes all but the newest."""
        unfinished = self.folder.glob(".*.writing.npz")  # a process was killed while it wrote
        for path in [*self.files()[keep:], *unfinished]:
            with suppress(OSError):
                path.unlink()

    def files(self) -> list[Path]:
        """The files, newest first."""
        try:
            found = {path: _NAME.fullmatch(path.name) for path in self.folder.iterdir()}
        except OSError:
            return []
        places = {path: (int(match[1]), int(match[2] or 0)) for path, match in found.items() if match}
        return sorted(places, key=lambda path: places[path], reverse=True)

    def newest(self, warn: Callable[[str], None], opener: Opener = open_regular) -> Checkpoint | None:
        """The newest checkpoint that is whole; None if there is none.

        Args:
            warn: Called with a sentence about each damaged one.
            opener: Opens files.
        """
        for path in self.files():
            try:
                return Checkpoint.read(path, opener)
            except (OSError, DamagedCheckpoint) as error:
                reason = getattr(error, "strerror", None) or error
                warn(f"the checkpoint {path.name} cannot be read ({reason}): an earlier state is used")
        return None


def _name(facts: Facts) -> str:
    step = f"-step-{facts.step:09d}" if facts.step else ""
    return f"epoch-{facts.epoch:06d}{step}.npz"
