"""Sends a run to a tracker now."""

from __future__ import annotations

from pathlib import Path

from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_parts import whole_of
from kspec.tracking.failure import reason_of
from kspec.tracking.state import State, sending
from kspec.tracking.sync import Sync
from kspec.tracking.targets import Target


def send_run(folder: Path, target: Target) -> str:
    """Sends what a tracker does not have of a run and its parts.

    Args:
        folder: The run folder.
        target: The tracker.

    Returns:
        Where people look at the run.

    Raises:
        RunFolderError: If the tracker does not take it, or the folder is a part of another run.
    """
    if (whole := whole_of(folder)) is not None:
        raise RunFolderError(f"{folder} is a part of the run {whole}; send all of it: kspec track {whole}")
    try:
        with sending(folder):
            sync = Sync(folder, State(folder, target.text), target.open())
            sync.send(is_last=True)
            url = "" if sync.run is None else sync.tracker.url(sync.run)
            return target.mask(url) or target.text
    except RunFolderError:
        raise
    except Exception as error:  # whatever a tracker raises
        raise RunFolderError(f"{folder} is not sent to {target.text}: {target.mask(reason_of(error))}") from error
