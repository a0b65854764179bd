"""Runs the members of a spec on the machines of a cluster."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from kspec.backend.tensorflow import import_tensorflow
from kspec.cluster.connect import Cluster
from kspec.cluster.place import Place
from kspec.cluster.pool import Pool, Task, WorkersLost
from kspec.diagnostics import Diagnostic, Report, Source
from kspec.language import Permissions, load_file
from kspec.runs.member_plan import member_plan
from kspec.runs.member_runs import SHOWN_ONCE, Members
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.worker_needs import files_of, memory_of
from kspec.training.console import Console
from kspec.training.interrupt import Interrupt


@dataclass(slots=True)
class _Notes(Console):
    """Keeps what it would print, for the machine that the user looks at.

    Args:
        notes: A step and its line, or warnings.
    """

    notes: list[tuple[str, str] | list[Diagnostic]] = field(default_factory=list)

    def step(self, name: str, text: str) -> None:
        """Keeps a line, if it would be printed."""
        if not self.quiet or name in self.steps:
            self.notes.append((name, text))

    def warn(self, report: Report) -> None:
        """Keeps the warnings."""
        self.notes.append(list(report))

    def of_part(self, steps: tuple[str, ...] = ()) -> Console:  # noqa: ARG002 (whichever member a worker runs first)
        """The console of a part of a run: it keeps only warnings, and the lines that are shown once for all."""
        return _Notes(True, self.stream, steps=() if self.quiet else SHOWN_ONCE, notes=self.notes)


@dataclass(frozen=True, slots=True)
class _MemberWork:
    """What a worker needs to run members.

    Args:
        source: The text of the spec.
        overrides: Its overrides.
        granted: What the user allows it to do.
        folder: The run folder of all members.
        cache: As for `run_spec`.
        changes: As for `Members`.
    """

    source: Source
    overrides: tuple[str, ...]
    granted: tuple[bool, bool, bool]
    folder: str
    cache: bool
    changes: tuple[str, ...] | None

    def begin(self, place: Place) -> Callable[[int, int], _Member]:
        """Imports TensorFlow, and reads the spec; returns what runs a member."""
        import_tensorflow()
        spec = load_file(place.source(self.source), self.overrides, Permissions(*self.granted))
        plan = member_plan(spec.document)
        assert plan is not None
        folder = RunFolder(place.path(self.folder))
        # whether a member is still running has been looked at where the run is: its process is on another machine
        members = Members(spec, plan, folder, Console(True), self.cache, changes=self.changes, force=True)

        def run(number: int, losses: int) -> _Member:
            console = members.console = _Notes(quiet=number > 1, stream=io.StringIO())
            if losses and members.path(number).is_dir():  # goes on where the lost worker has left it
                members.changes = self.changes or ()
            try:
                result = members.run_member(number)
            finally:
                members.changes = self.changes
            return _Member(replace(result, _model=None), console.notes)

        return run


@dataclass(frozen=True, slots=True)
class _Member:
    """A member that a worker has run.

    Args:
        run: The run, without its model.
        notes: What it would have printed.
    """

    run: Run
    notes: list[tuple[str, str] | list[Diagnostic]]


def run_on_cluster(members: Members, cluster: Cluster, jobs: int | None) -> Iterator[tuple[int, Run]]:
    """Runs members on a cluster; one whose worker is lost runs again on another.

    Args:
        members: The members.
        cluster: The cluster.
        jobs: How many run side by side; None for as many as it has room for.

    Returns:
        Each member with its number, in their order, up to the first that does not finish.

    Raises:
        SpecError: If a member has an error, or the cluster is too small.
        RunFolderError: If worker after worker is lost.
    """
    spec, plan, folder = members.spec, members.plan, members.folder.path
    granted = (spec.permissions.code, spec.permissions.outside, spec.permissions.network)
    work = _MemberWork(spec.source, spec.overrides, granted, str(folder), members.cache, members.changes)
    files = files_of(spec, folder, _runs_of(folder))
    pool = Pool(cluster, work, files, memory_of(spec), jobs, lambda text: members.console.step("ray", text))
    numbers = range(1, plan.count + 1)
    tasks = [
        Task(f"{plan.kind} {number}", plan.folder(number), number, goes_on=members.changes is not None)
        for number in numbers
    ]
    interrupt = Interrupt()
    try:
        pool.open(plan.count)
        answers = pool.map(tasks)
        for number in numbers:
            with interrupt:
                try:
                    answer = next(answers)
                except KeyboardInterrupt:
                    pool.interrupt(tasks)
                    name = "" if interrupt.signal is None else interrupt.signal.name
                    yield number, Run(spec.name, None, "interrupted", interrupted_by=name)
                    return
            if answer.error is not None:
                raise answer.error
            yield number, _here(answer.result, members, number)
            if answer.result.run.status != "finished":
                return
    except WorkersLost as error:
        raise RunFolderError(f"{error}; to go on: kspec resume {folder}") from None
    finally:
        pool.close()


def _here(member: _Member, members: Members, number: int) -> Run:
    """A member as if it had run here: what it has printed is printed, and its folder is the one here.

    Args:
        member: The member.
        members: All members.
        number: Which one, from 1.
    """
    for note in member.notes:
        if isinstance(note, tuple):
            members.console.step(*note)
        else:
            report = Report()
            report.diagnostics.extend(note)
            members.console.warn(report)
    return replace(member.run, folder=members.path(number), trained=None)


def _runs_of(folder: Path) -> Path:
    """The folder of the run folders, of the folder of a run or of a sweep's best run."""
    parent = folder.resolve().parent
    return parent.parent.parent if (parent / "sweep.json").is_file() else parent.parent
