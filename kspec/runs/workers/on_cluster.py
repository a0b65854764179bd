"""Places the workers of a run on a cluster: the chief stays here, the others are actors of Ray."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kspec.cluster.connect import Cluster, Machine
from kspec.cluster.place import Files, Place
from kspec.cluster.room import Demand, lacks_module, loss_reason, send
from kspec.diagnostics import codes
from kspec.runs.run import Run
from kspec.runs.worker_needs import files_of, memory_of
from kspec.runs.workers.follower import Follower
from kspec.runs.workers.gpus import gpu_environment, visible_gpus
from kspec.runs.workers.local_worker import LocalWorker, free_ports
from kspec.runs.workers.one_worker import WorkerLost
from kspec.runs.workers.task import Task

WAIT_SECONDS = 10.0
"""After this time without all workers, the user is told what is waited for."""
COPIES_SECONDS = 5.0
"""How long a worker that has ended may take to delete its copies."""


class ClusterWorker:
    """A worker on a machine of a cluster.

    Args:
        rank: Which worker it is, from 1.
        count: The number of workers.
        handle: The actor.
        copies: Whether it works in a copy of the files.
    """

    def __init__(self, rank: int, count: int, handle: Any, copies: bool) -> None:
        self.address = self.machine = ""
        self._rank, self._count, self._handle, self._copies = rank, count, handle, copies
        self._has_result = False
        self._answer: Future[BaseException | None] = Future()
        self._end_sign: Connection | None = None

    def begin(self, task: Task, config: str, neighbors: int) -> None:
        """See `Worker.begin`."""
        self._end_sign, other = multiprocessing.Pipe(duplex=False)
        self._answer = self._handle.follow.remote(self._rank, task, config, neighbors).future()
        self._answer.add_done_callback(lambda _: other.close())

    @property
    def signs(self) -> list[Connection | int]:
        """See `Worker.signs`."""
        return [] if self._has_result or self._end_sign is None else [self._end_sign]

    @property
    def end_sign(self) -> Connection:
        """See `Worker.end_sign`."""
        assert self._end_sign is not None
        return self._end_sign

    @property
    def is_running(self) -> bool:
        """See `Worker.is_running`."""
        return not self._answer.done()

    def take(self) -> Run | BaseException | None:
        """See `Worker.take`."""
        self._has_result = True
        loss = self.loss()
        if loss is not None:
            raise loss
        return self._answer.exception() or self._answer.result()

    def loss(self) -> WorkerLost | None:
        """See `Worker.loss`."""
        error = self._answer.exception() if self._answer.done() else None
        return None if error is None or not is_loss(error) else self.lost(error)

    def lost(self, error: BaseException) -> WorkerLost:
        """That it is lost, as Ray says; one that cannot even start would not elsewhere."""
        message = f"worker {self._rank + 1} of {self._count} is lost ({loss_reason(error)})"
        return WorkerLost(message, not lacks_module(error))

    def end(self, seconds: float) -> None:
        """See `Worker.end`; its process ends in any case, since TensorFlow's part of it serves one run."""
        import ray

        with suppress(ray.exceptions.RayError, ValueError, ConnectionError):
            if self._copies and self.loss() is None:
                ray.wait([self._handle.delete_copies.remote()], timeout=max(COPIES_SECONDS, seconds))
            ray.kill(self._handle)
        if self._end_sign is not None:
            self._end_sign.close()
            self._end_sign = None


def is_loss(error: BaseException) -> bool:
    """Whether Ray says by an error that a worker is gone."""
    import ray

    is_own = isinstance(error, ray.exceptions.RayTaskError)  # what the worker itself has raised
    return isinstance(error, (ray.exceptions.RayError, ConnectionError)) and not is_own


def workers_on_cluster(
    cluster: Cluster, task: Task, announce: Callable[[str], None]
) -> tuple[LocalWorker, list[ClusterWorker]]:
    """Starts the workers of a run, the chief on this machine, the others where fewest are.

    Args:
        cluster: The cluster.
        task: The run.
        announce: Called with a line for the user.

    Raises:
        SpecError: If this machine is no part of the cluster, or that has no room for them.
        WorkerLost: If one is lost before it has begun.
    """
    import ray

    cluster.require_node()
    spec = task.spec()
    files = _files(task)
    machines = cluster.machines([files.spec, Path.cwd()])
    demand = Demand.of(machines, memory_of(spec))
    own = ray.get_runtime_context().get_node_id()
    chosen = _machines(cluster, machines, demand, own, task)
    hosts = len({own, *(machine.id for machine in chosen)})
    where = "on this machine" if chosen and hosts == 1 else f"on {hosts} machines"
    announce(f"{task.workers} workers {where}, each with {demand}")
    copies = not (cluster.is_own or all(all(machine.folders) for machine in machines))
    sent = send(files, cluster, announce) if copies else []
    workers, started = [], []
    try:
        for rank, machine in enumerate(chosen, 1):
            handle = _actor(machine, demand, copies)
            workers.append(ClusterWorker(rank, task.workers, handle, copies))
            started.append([handle.start.remote(), *(handle.receive.remote(batch) for batch in sent)])
        _wait(started, demand, announce)
        places = [_place(worker, answers) for worker, answers in zip(workers, started, strict=True)]
    except BaseException:  # Ctrl-C too: an actor that is left would hold its room in the cluster
        for worker in workers:
            worker.end(0.0)
        raise
    is_here = all(node == own for node, _, _, _ in places)
    for worker, (node, host, port, _) in zip(workers, places, strict=True):
        worker.machine, worker.address = node, _address("127.0.0.1" if is_here else host, port)
    host = "127.0.0.1" if is_here else ray.util.get_node_ip_address()
    taken = {gpu for node, _, _, gpus in places if node == own for gpu in gpus}
    left = [gpu for gpu in visible_gpus() if gpu not in taken]  # Ray does not know of the chief
    environment = gpu_environment(0, left or visible_gpus())
    return LocalWorker(0, task, _address(host, free_ports(1, "")[0]), environment, own), workers


def _files(task: Task) -> Files:
    """The files that workers need: those of the spec, and modules that lie elsewhere."""
    spec = task.spec()
    folder = spec.folder if task.folder is None else task.folder
    runs = folder if task.folder is None else task.folder.resolve().parent.parent
    files = files_of(spec, folder, runs)
    modules = tuple(Path(each) for each in task.modules if not Path(each, "run.json").is_file())
    return Files(files.spec, runs, folder, (*files.stated, *modules))


def _machines(cluster: Cluster, machines: list[Machine], demand: Demand, own: str, task: Task) -> list[Machine]:
    """The machine of each worker but the chief.

    Args:
        cluster: The cluster.
        machines: Its machines.
        demand: What a worker takes.
        own: The id of this machine, where the chief runs.
        task: The run.

    Raises:
        SpecError: If there is no room.
    """
    taken = Counter([own])
    chosen: list[Machine] = []
    for _ in range(1, task.workers):
        free = [machine for machine in machines if demand.room(machine) > taken[machine.id]]
        if not free:
            cluster.fail(
                codes.CLUSTER_TOO_SMALL,
                f"{task.workers} workers take {demand} each, and the cluster has room for {len(chosen) + 1}",
                "add a machine, and go on with `kspec resume`"
                if task.goes_on
                else "add a machine, or use fewer workers",
            )
        machine = min(free, key=lambda each: taken[each.id])
        taken[machine.id] += 1
        chosen.append(machine)
    return chosen


def _actor(machine: Machine, demand: Demand, copies: bool) -> Any:
    """Starts an actor.

    Args:
        machine: The machine that it is meant for.
        demand: What it takes.
        copies: As for `Follower`.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    strategy = NodeAffinitySchedulingStrategy(machine.id, soft=True)  # on another one if this is gone
    options = {**demand.options, "scheduling_strategy": strategy}
    return ray.remote(Follower).options(**options).remote(Place.here(), copies)


def _wait(started: list[list[Any]], demand: Demand, announce: Callable[[str], None]) -> None:
    """Waits until all workers have started.

    Args:
        started: Their answers.
        demand: What each takes.
        announce: Called with a line for the user.
    """
    import ray

    left, is_silent = [answer for answers in started for answer in answers], True
    while left:
        _, left = ray.wait(left, num_returns=len(left), timeout=WAIT_SECONDS)
        if left and is_silent:
            announce(f"waits until the cluster has {demand} free for each worker")
            is_silent = False


def _place(worker: ClusterWorker, answers: list[Any]) -> tuple[str, str, int, list[str]]:
    """What a worker has answered once it had its files.

    Args:
        worker: The worker.
        answers: Its answers, to `start` and `receive`.

    Raises:
        WorkerLost: If it is lost.
    """
    import ray

    try:
        place: tuple[str, str, int, list[str]] = ray.get(answers)[0]
    except ray.exceptions.RayTaskError as error:  # a full disk, for instance
        raise error.cause from None
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise worker.lost(error) from None
    return place


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
