"""Workers on the machines of a cluster: they run tasks, and one that is lost is replaced."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from kspec.cluster.connect import Cluster
from kspec.cluster.files import Piece, files_in, pieces, write
from kspec.cluster.place import Files, Place
from kspec.cluster.room import Demand, loss_reason, send
from kspec.cluster.worker import Answer, Work, Worker
from kspec.diagnostics import codes
from kspec.language.byte_sizes import bytes_text

MAX_LOSSES = 3
"""How often a task may lose its worker."""
WAIT_SECONDS = 10.0
"""After this time without any worker, the user is told what is waited for."""
END_SECONDS = 60.0
"""How long workers may take to save what they have trained, after Ctrl-C."""


class WorkersLost(RuntimeError):
    """A task has lost too many workers; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something for a worker to run.

    Args:
        name: What it is, for the user: `trial 12`.
        part: The folder that it writes, relative to that of all tasks.
        content: What the worker is passed.
        goes_on: Whether it goes on with the files that are in its folder.
    """

    name: str
    part: str
    content: Any
    goes_on: bool = False


@dataclass(slots=True)
class _Actor:
    """A worker, seen from here.

    Args:
        handle: The actor.
        starting: Its answer to `prepare`; None once it is ready.
        pid: The machine and the process that it runs in, once it has started.
        task: The number of the task that it runs; None while it has none.
        running: Its answer to the task.
    """

    handle: Any
    starting: Any
    pid: Any
    task: int | None = None
    running: Any = None


@dataclass(slots=True)
class Pool:
    """Runs tasks on a cluster.

    Args:
        cluster: The cluster.
        work: What each worker does.
        files: The files of the work.
        memory: The bytes that a task needs besides those of its process.
        wanted: How many workers are asked for; None for as many as there is room for.
        announce: Called with a line for the user.
    """

    cluster: Cluster
    work: Work
    files: Files
    memory: int
    wanted: int | None
    announce: Callable[[str], None]
    count: int = 0
    rooms: int = 0
    _demand: Demand = field(default_factory=lambda: Demand(0))
    _shared: bool = True
    _actors: list[_Actor] = field(default_factory=list)
    _sent: list[Any] = field(default_factory=list)

    def open(self, most: int) -> int:
        """Looks at the machines of the cluster, and copies the files that they do not share.

        Args:
            most: The most workers that can be of use.

        Returns:
            How many workers there will be.

        Raises:
            SpecError: If no machine has room for a worker, or one has other packages.
        """
        paths = [self.files.spec, Path.cwd(), self.files.folder]
        machines = self.cluster.machines(paths)
        self._shared = self.cluster.is_own or all(all(each.folders) for each in machines)
        self._demand = demand = Demand.of(machines, self.memory)
        self.rooms = rooms = sum(demand.room(machine) for machine in machines)
        if not rooms:
            largest = max(machines, key=lambda machine: machine.memory)
            self.cluster.fail(
                codes.CLUSTER_TOO_SMALL,
                f"a worker takes {demand}, and no machine of the cluster has that much",
                f"the largest has {largest.cores:g} cores and {bytes_text(int(largest.memory))}; use smaller batches "
                "or fewer parameters, or add a machine",
            )
        self.count = min(self.wanted or rooms, rooms, most)
        hosts = len({machine.host for machine in machines})
        there = "" if self.cluster.is_own else f" on {hosts} machine{'s' * (hosts != 1)}"
        fewer = f"; {self.wanted} are asked for" if self.wanted and rooms < min(self.wanted, most) else ""
        self.announce(f"{self.count} worker{'s' * (self.count != 1)}{there}, each with {demand}{fewer}")
        if not self._shared:
            self._sent = send(self.files, self.cluster, self.announce)
        return self.count

    def map(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Runs tasks; returns their answers in order.

        Raises:
            WorkersLost: If a task has lost worker after worker.
        """
        import ray

        left, losses = list(range(len(tasks))), [0] * len(tasks)
        answers: dict[int, Answer] = {}
        silent = float("inf") if self.cluster.is_own else time.monotonic() + WAIT_SECONDS
        for number in range(len(tasks)):
            while number not in answers:
                busy = sum(actor.task is not None for actor in self._actors)
                while len(self._actors) < min(self.count, len(left) + busy):
                    self._actors.append(self._start())
                self._assign(tasks, left, losses)
                waited = [actor.running or actor.starting for actor in self._actors if actor.running or actor.starting]
                ready, _ = ray.wait(waited, timeout=WAIT_SECONDS)
                pids = [actor.pid for actor in self._actors]
                if not ready and silent < time.monotonic() and not ray.wait(pids, timeout=0)[0]:
                    self.announce(f"waits until the cluster has {self._demand} free")
                    silent = float("inf")
                for actor in [actor for actor in self._actors if (actor.running or actor.starting) in ready]:
                    self._hear(actor, tasks, left, losses, answers)
            yield answers.pop(number)

    def interrupt(self, tasks: Sequence[Task]) -> None:
        """Ends tasks that run, as Ctrl-C does: each saves what it has trained, and its files come back.

        Args:
            tasks: Those that were passed to `map`.
        """
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        busy = [actor for actor in self._actors if actor.running is not None]
        for actor in busy:
            with suppress(ray.exceptions.RayError):
                node, pid = ray.get(actor.pid, timeout=1)
                strategy = NodeAffinitySchedulingStrategy(node, soft=False)
                ray.remote(num_cpus=0, max_retries=0)(_terminate).options(scheduling_strategy=strategy).remote(pid)
        end = time.monotonic() + END_SECONDS
        for actor in busy:
            with suppress(ray.exceptions.RayError):
                answer = ray.get(actor.running, timeout=max(0.0, end - time.monotonic()))
                assert actor.task is not None
                self._bring(actor, answer, tasks[actor.task])

    def close(self) -> None:
        """Ends the workers, and deletes their copies."""
        import ray

        if not ray.is_initialized():
            return
        if not self._shared:
            ended = [actor.handle.end.remote() for actor in self._actors if actor.running is None]
            with suppress(ray.exceptions.RayError):
                ray.wait(ended, num_returns=len(ended), timeout=15.0) if ended else None
        for actor in self._actors:
            with suppress(ray.exceptions.RayError, ValueError):
                ray.kill(actor.handle)
        self._actors.clear()

    def _start(self) -> _Actor:
        import ray

        handle = (
            ray.remote(Worker)
            .options(**self._demand.options)
            .remote(self.work, Place.here(), str(self.files.folder), not self._shared)
        )
        pid = handle.start.remote()
        for batch in self._sent:
            handle.receive.remote(batch)
        return _Actor(handle, handle.prepare.remote(), pid)

    def _assign(self, tasks: Sequence[Task], left: list[int], losses: Sequence[int]) -> None:
        """Gives each worker that has nothing to do a task.

        Args:
            tasks: All tasks.
            left: The numbers of those that no worker has.
            losses: How often each has lost its worker.
        """
        for actor in self._actors:
            if left and actor.starting is None and actor.task is None:
                actor.task = left.pop(0)
                task = tasks[actor.task]
                carried = self._carried(task, tasks)
                actor.running = actor.handle.run.remote(task.content, losses[actor.task], task.part, carried)

    def _carried(self, task: Task, tasks: Sequence[Task]) -> Sequence[Piece]:
        """The files that a task goes on with, where its folder is not shared: all but those of the others.

        Args:
            task: The task.
            tasks: All tasks.
        """
        if self._shared or not task.goes_on:
            return []
        others = {PurePosixPath(each.part) for each in tasks} - {PurePosixPath(task.part)}
        files = [
            (name, file) for name, file in files_in(self.files.folder) if others.isdisjoint(PurePosixPath(name).parents)
        ]
        return [piece for batch in pieces(files) for piece in batch]

    def _hear(
        self, actor: _Actor, tasks: Sequence[Task], left: list[int], losses: list[int], answers: dict[int, Answer]
    ) -> None:
        """Takes what a worker has answered.

        Args:
            actor: The worker.
            tasks: All tasks.
            left: The numbers of those that no worker has.
            losses: How often each has lost its worker.
            answers: Receives the answer.

        Raises:
            WorkersLost: If its task has lost too many workers.
        """
        import ray

        try:
            if actor.starting is not None:
                answer = ray.get(actor.starting)
                if answer.error is not None:
                    raise answer.error
                actor.starting = None
                return
            assert actor.task is not None
            answer = self._bring(actor, ray.get(actor.running), tasks[actor.task])
        except ray.exceptions.RayTaskError as error:  # a full disk, for instance; what tasks raise is an answer
            raise error.cause from None
        except (ray.exceptions.RayError, ConnectionError) as error:
            self._actors.remove(actor)
            self._replace(actor, error, tasks, left, losses)
            return
        answers[actor.task] = answer
        actor.task = actor.running = None

    def _replace(
        self, actor: _Actor, error: Exception, tasks: Sequence[Task], left: list[int], losses: list[int]
    ) -> None:
        """Notes that a worker is lost.

        Args:
            actor: The worker.
            error: What Ray says.
            tasks: All tasks.
            left: The numbers of those that no worker has; gets its task.
            losses: How often each has lost its worker.

        Raises:
            WorkersLost: If its task has lost too many.
        """
        number = actor.task if actor.task is not None else left[0] if left else None
        if number is None:  # it was still starting, and all tasks are with others
            return
        losses[number] += 1
        reason, name = loss_reason(error), tasks[number].name
        if losses[number] == MAX_LOSSES:
            raise WorkersLost(f"{name} has lost {MAX_LOSSES} workers ({reason})")
        if actor.task is not None:
            left.insert(0, number)
        self.announce(f"a worker is lost ({reason}): {name} runs again on another")

    def _bring(self, actor: _Actor, answer: Answer, task: Task) -> Answer:
        """Brings the files of a task here, where they are not; its folder is complete, or not there.

        Args:
            actor: The worker.
            answer: Its answer.
            task: The task.
        """
        import ray

        if self._shared:
            return answer
        target = self.files.folder / task.part
        scratch = target.with_name(f".{target.name}.incoming")
        shutil.rmtree(scratch, ignore_errors=True)
        batch, prefix = answer.files, PurePosixPath(task.part)
        while batch:
            for piece in batch:
                path = PurePosixPath(piece.path)
                inside = path.is_relative_to(prefix)
                name = str(path.relative_to(prefix)) if inside else piece.path
                write([Piece(name, piece.offset, piece.data)], scratch if inside else self.files.folder)
            batch = ray.get(actor.handle.take.remote()) if answer.has_more else ()
        if scratch.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            os.replace(scratch, target)
        return answer


def _terminate(pid: int) -> None:
    import os
    import signal

    os.kill(pid, signal.SIGTERM)
