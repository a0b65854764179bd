"""Runs trials in this process, or side by side in several; how many does not change what they yield."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kspec.diagnostics import Source
from kspec.language import Permissions, Spec, load_file
from kspec.runs.parent import end_with_parent
from kspec.runs.run_folder import RunFolderError
from kspec.sweep.trial import Task, TrialResult, TrialRunner

_runner: TrialRunner | None = None
"""The runner of a worker process."""


@dataclass(slots=True)
class Workers:
    """The processes that run the trials of a sweep.

    Args:
        spec: The spec of the sweep.
        folder: Its folder.
        jobs: How many trials run side by side; one runs in this process.
        keeps_models: Whether trained models are saved.
    """

    spec: Spec
    folder: Path
    jobs: int = 1
    keeps_models: bool = False
    _own: TrialRunner = field(init=False)
    _pool: ProcessPoolExecutor | None = None

    def __post_init__(self) -> None:
        self._own = TrialRunner(self.spec, self.folder, self.keeps_models)

    def run(self, groups: Sequence[Sequence[Task]]) -> Iterator[tuple[Task, TrialResult]]:
        """Runs groups of trials: those of a group can train together, in one process.

        Args:
            groups: The trials.

        Returns:
            The trials with their results, group by group.

        Raises:
            RunFolderError: If a process ended without a word.
        """
        if self.jobs == 1:
            for group in groups:
                yield from zip(group, self._own.run(group), strict=True)
            return
        try:
            for group, results in zip(groups, self._processes().map(_run, groups), strict=True):
                yield from zip(group, results, strict=True)
        except BrokenProcessPool:
            raise RunFolderError("a process that ran a trial ended without a word; `--resume` goes on") from None

    def close(self) -> None:
        """Ends the processes, and the trials that they still run: these are run again when the sweep goes on."""
        if self._pool is None:
            return
        processes: Iterable[multiprocessing.process.BaseProcess] = multiprocessing.active_children()
        for process in processes:
            with suppress(OSError):
                process.terminate()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            permissions = self.spec.permissions
            granted = (permissions.code, permissions.outside, permissions.network)
            arguments = (self.spec.source, self.spec.overrides, granted, self.folder, self.keeps_models)
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.jobs, context, initializer=_begin, initargs=arguments)
        return self._pool


def _begin(
    source: Source, overrides: tuple[str, ...], granted: tuple[bool, bool, bool], folder: Path, keeps_models: bool
) -> None:
    """Prepares a worker process.

    Args:
        source: The text of the spec.
        overrides: Its overrides.
        granted: What the user allows it to do.
        folder: The folder of the sweep.
        keeps_models: Whether trained models are saved.
    """
    global _runner
    end_with_parent()
    _runner = TrialRunner(load_file(source, overrides, Permissions(*granted)), folder, keeps_models)


def _run(group: Sequence[Task]) -> list[TrialResult]:
    assert _runner is not None
    return list(_runner.run(group))
