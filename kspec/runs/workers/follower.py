"""A worker on a machine of a cluster, other than the chief: an actor of Ray, in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kspec.cluster.files import Piece, write
from kspec.cluster.place import Place
from kspec.cluster.worker import portable
from kspec.runs.workers.local_worker import free_ports
from kspec.runs.workers.task import Task
from kspec.runs.workers.worker import work


@dataclass(slots=True)
class Follower:
    """The actor.

    Args:
        place: Where it works.
        copies: Whether it works in a copy.
    """

    place: Place
    copies: bool

    def start(self) -> tuple[str, str, int, list[str]]:
        """Enters its place; returns the id of its machine, the address of that, a free port, and its GPUs."""
        from ray import get_gpu_ids, get_runtime_context
        from ray.util import get_node_ip_address

        if self.copies:
            self.place = self.place.copied()
        self.place.enter()
        gpus = list(map(str, get_gpu_ids()))
        return get_runtime_context().get_node_id(), get_node_ip_address(), free_ports(1, "")[0], gpus

    def receive(self, batch: Sequence[Piece]) -> None:
        """Writes files of the spec to where it works."""
        write(batch, Path(self.place.root))

    def follow(self, rank: int, task: Task, config: str, neighbors: int) -> BaseException | None:
        """Trains as the chief tells it; returns the error that ends it, since Ray would wrap it.

        Args:
            rank: Which worker it is, from 1.
            task: The run.
            config: The value of `TF_CONFIG`.
            neighbors: The workers of the run on its machine, with this one.
        """
        if threading.current_thread() is threading.main_thread():  # the chief answers Ctrl-C, and ends the others
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.environ["TF_CONFIG"] = config
        modules = [str(self.place.path(folder)) for folder in task.modules]
        sys.path += [folder for folder in modules if folder not in sys.path]
        source = self.place.source(task.source)
        Path(source.name).parent.mkdir(parents=True, exist_ok=True)  # a run folder, from which paths lead to data
        try:
            work(rank, replace(task, source=source), max(1, (os.cpu_count() or 1) // neighbors))
        except Exception as error:
            return portable(error)
        return None

    def delete_copies(self) -> None:
        """Deletes its copies."""
        if self.place.root:
            os.chdir("/")
            shutil.rmtree(self.place.root, ignore_errors=True)
