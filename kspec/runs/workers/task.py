"""What the processes of a run with several workers have to do, as plain values that can be sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kspec.diagnostics import Source
from kspec.language import Permissions, Spec, load_file


@dataclass(frozen=True, slots=True)
class Task:
    """A run.

    Args:
        source: The text of the spec.
        overrides: Its overrides.
        permissions: What the user allows it to do: code, files outside, the network.
        folder: The run folder; None for a smoke run.
        workers: The number of processes.
        cache: Whether to store the data for the next run.
        goes_on: Whether the run has begun, and goes on from its last checkpoint.
        changes: What changes in its spec then.
        quiet: Print nothing.
        to_stderr: Print on standard error.
        modules: Folders of the modules that the spec lists as extensions, also once it lies in the run folder.
    """

    source: Source
    overrides: tuple[str, ...]
    permissions: tuple[bool, bool, bool]
    folder: Path | None
    workers: int
    cache: bool = False
    goes_on: bool = False
    changes: tuple[str, ...] = ()
    quiet: bool = True
    to_stderr: bool = False
    modules: tuple[str, ...] = ()

    @property
    def granted(self) -> Permissions:
        """What the user allows the spec to do."""
        return Permissions(*self.permissions)

    def spec(self) -> Spec:
        """The spec."""
        return load_file(self.source, self.overrides, self.granted)
