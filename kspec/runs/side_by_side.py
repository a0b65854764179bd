"""Runs the members of a spec in several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kspec.language import Permissions, load_file
from kspec.runs.member_plan import member_plan
from kspec.runs.member_runs import Members
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.training.console import Console


def run_side_by_side(members: Members, jobs: int) -> Iterator[tuple[int, Run]]:
    """Runs members in several processes, of which this one is the first; each reads the data once.

    Args:
        members: The members.
        jobs: The number of processes.

    Returns:
        Each member with its number, in their order, up to the first that does not finish.

    Raises:
        SpecError: If a member has an error.
        RunFolderError: If a process ended without a word.
    """
    processes = [_Process(members, number, jobs) for number in range(2, jobs + 1)]
    try:
        own = {number: members.run_member(number) for number in range(1, members.plan.count + 1, jobs)}
        for number in range(1, members.plan.count + 1):
            place = (number - 1) % jobs
            run = own[number] if place == 0 else processes[place - 1].receive(number)
            yield number, run
            if run.status != "finished":
                return
    finally:
        for process in processes:
            process.stop()


class _Process:
    """A process that runs some of the members, evenly spaced.

    Args:
        members: The members.
        first: The first of them that it runs.
        jobs: The number of processes.
    """

    def __init__(self, members: Members, first: int, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._results, own = context.Pipe(duplex=False)
        spec, console = members.spec, members.console
        permissions = (spec.permissions.code, spec.permissions.outside, spec.permissions.network)
        numbers = range(first, members.plan.count + 1, jobs)
        arguments = (own, spec.source, spec.overrides, permissions, str(members.folder.path), numbers, members.cache)
        self._process = context.Process(target=_run, args=(*arguments, console.quiet), daemon=False)
        self._process.start()
        own.close()

    def receive(self, number: int) -> Run:
        """Waits for a member.

        Args:
            number: Which one, for messages.
        """
        try:
            result = self._results.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            raise RunFolderError(f"the process of run {number} ended with the exit status {code}") from None
        if isinstance(result, BaseException):
            raise result
        assert isinstance(result, Run)
        return result

    def stop(self) -> None:
        """Ends the process, if it still runs, as Ctrl-C does: it saves what it has trained."""
        if self._process.is_alive() and self._process.pid is not None and not self._results.poll():
            os.kill(self._process.pid, signal.SIGINT)
        self._results.close()
        self._process.join()


def _run(
    results: Connection,
    source: Any,
    overrides: tuple[str, ...],
    permissions: tuple[bool, bool, bool],
    folder: str,
    numbers: range,
    cache: bool,
    quiet: bool,
) -> None:
    """Runs members in a process of their own, and sends each.

    Args:
        results: Receives the runs, without their models.
        source: The text of the spec.
        overrides: Its overrides.
        permissions: What the user allows it to do.
        folder: The run folder of all members.
        numbers: The members.
        cache: As for `run_spec`.
        quiet: Print no warnings.
    """
    try:
        spec = load_file(source, overrides, Permissions(*permissions))
        plan = member_plan(spec.document)
        assert plan is not None
        console = Console(True, sys.stderr, not quiet)
        members = Members(spec, plan, RunFolder(Path(folder)), console, cache)
        for number in numbers:
            run = members.run_member(number)
            results.send(replace(run, _model=None))
            if run.status != "finished":
                return
    except BrokenPipeError:
        return
    except Exception as error:
        try:
            results.send(error)
        except Exception:  # an error that cannot be sent as it is
            results.send(RuntimeError(str(error)))
