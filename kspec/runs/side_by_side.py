"""Runs the members of a spec in several processes."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kspec.language import Permissions, load_file
from kspec.runs.member_plan import member_plan
from kspec.runs.member_runs import Members
from kspec.runs.parent import end_with_parent
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.training.console import Console
from kspec.training.interrupt import Interrupt


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
        own: dict[int, Run] = {}
        for number in range(1, members.plan.count + 1, jobs):
            own[number] = members.run_member(number)
            if own[number].status != "finished":
                break
        for number in range(1, members.plan.count + 1):
            place = (number - 1) % jobs
            if place == 0 and number not in own:
                return
            run = own[number] if place == 0 else processes[place - 1].receive(number)
            yield number, run
            if run.status != "finished":
                return
    finally:
        for process in processes:
            process.stop()


@contextmanager
def ignoring_interrupts() -> Iterator[None]:
    """Ignores Ctrl-C meanwhile, as every process does that is begun then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
        self._name = members.spec.name
        spec, console = members.spec, members.console
        permissions = (spec.permissions.code, spec.permissions.outside, spec.permissions.network)
        numbers = range(first, members.plan.count + 1, jobs)
        arguments = (own, spec.source, spec.overrides, permissions, str(members.folder.path), numbers, members.cache)
        more = (console.quiet, members.changes, members.force)
        self._process = context.Process(target=_run, args=(*arguments, *more), daemon=False)
        with ignoring_interrupts():  # as the process does: Ctrl-C reaches the first process, which ends the others
            self._process.start()
        own.close()

    def receive(self, number: int) -> Run:
        """Waits for a member; a signal ends it, as it ends one that runs in this process.

        Args:
            number: Which one, for messages.
        """
        interrupt = Interrupt()
        with interrupt:
            try:
                result = self._results.recv()
            except KeyboardInterrupt:
                self._end()
                name = "" if interrupt.signal is None else interrupt.signal.name
                return Run(self._name, None, "interrupted", interrupted_by=name)
            except EOFError:
                result = None
        if result is None:
            self._process.join()
            code = self._process.exitcode
            raise RunFolderError(f"the process of run {number} ended with the exit status {code}") from None
        if isinstance(result, BaseException):
            raise result
        assert isinstance(result, Run)
        return result

    def stop(self) -> None:
        """Ends the process, if it still runs: it saves what it has trained."""
        self._end()
        self._results.close()

    def _end(self) -> None:
        while self._process.is_alive():  # a process that has just begun may not listen yet
            self._process.terminate()
            self._process.join(1.0)


def _run(
    results: Connection,
    source: Any,
    overrides: tuple[str, ...],
    permissions: tuple[bool, bool, bool],
    folder: str,
    numbers: range,
    cache: bool,
    quiet: bool,
    changes: tuple[str, ...] | None,
    force: bool,
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
        changes: As for `Members`.
        force: As for `Members`.
    """
    end_with_parent()
    try:
        spec = load_file(source, overrides, Permissions(*permissions))
        plan = member_plan(spec.document)
        assert plan is not None
        console = Console(True, sys.stderr, not quiet)
        members = Members(spec, plan, RunFolder(Path(folder)), console, cache, changes=changes, force=force)
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
