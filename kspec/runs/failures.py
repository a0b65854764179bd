"""Errors of Keras, TensorFlow and the file system as one line for the user."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kspec.diagnostics import SpecError
from kspec.runs.run_folder import RunFolderError


class StepFailed(RuntimeError):
    """A step failed in Keras or TensorFlow; the message is for the user, the cause is theirs."""


class FileFailed(StepFailed):
    """A step could not read a file: it can be done again once the file is back."""


@contextmanager
def failure_of(step: str, kind: type[Exception] = RunFolderError) -> Iterator[None]:
    """Reports an error of Keras or TensorFlow in one line.

    Raises:
        Exception: of that kind, in place of the error.
    """
    try:
        yield
    except (SpecError, OSError):
        raise
    except Exception as error:
        from kspec.backend.keras_errors import is_of_file, plain

        kind = FileFailed if kind is StepFailed and is_of_file(error) else kind
        raise kind(f"{step} failed: {plain(error)}") from error


@contextmanager
def failure_to_write(path: Path) -> Iterator[None]:
    """Reports that a file cannot be written.

    Raises:
        RunFolderError: in place of the error.
    """
    try:
        yield
    except RunFolderError:
        raise
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {error.strerror or error}") from error


def with_way_on(error: OSError | FileFailed, folder: Path) -> RunFolderError:
    """An error that ended a run while it trained or later, with the command that goes on with the run.

    Args:
        error: The error, of a full disk or a file that vanished, for instance.
        folder: The run folder; there is no such command where it is gone.
    """
    way = f"\nonce that is mended, go on: kspec resume {shlex.quote(str(folder))}"
    return RunFolderError(f"{error}{way if (folder / 'run.json').is_file() else ''}")
