"""What a worker needs on a machine of a cluster: room, and the files of a spec; and why it may be gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kspec.cluster.connect import Cluster, Machine
from kspec.cluster.files import pieces
from kspec.cluster.place import Files, TooLarge, travelling
from kspec.diagnostics import codes
from kspec.language.byte_sizes import bytes_text

PROCESS_BYTES = 800 << 20
"""The memory of a worker besides what a spec needs: Python, TensorFlow, Keras."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a worker takes of a machine, besides a core.

    Args:
        bytes: Memory.
        gpus: GPUs.
    """

    bytes: int
    gpus: int = 0

    @classmethod
    def of(cls, machines: Iterable[Machine], memory: int) -> Demand:
        """What each worker takes: a GPU, too, where the cluster has some.

        Args:
            machines: The machines of the cluster.
            memory: The bytes that it needs besides those of its process.
        """
        return cls(PROCESS_BYTES + memory, int(any(machine.gpus >= 1 for machine in machines)))

    def __str__(self) -> str:
        return f"1 core, {'1 GPU, ' if self.gpus else ''}{bytes_text(self.bytes)} of memory"

    @property
    def options(self) -> dict[str, Any]:
        """The options of an actor."""
        return {"num_cpus": 1, "num_gpus": self.gpus, "memory": self.bytes, "max_restarts": 0}

    def room(self, machine: Machine) -> int:
        """How many workers a machine has room for."""
        rooms = [machine.cores, machine.memory / self.bytes, *([machine.gpus] if self.gpus else [])]
        return int(min(rooms))


def send(files: Files, cluster: Cluster, announce: Callable[[str], None]) -> list[Any]:
    """Puts the files of a spec where workers fetch them.

    Args:
        files: The files.
        cluster: The cluster.
        announce: Called with a line for the user.

    Returns:
        References to lists of `Piece`.

    Raises:
        SpecError: If they are too large.
    """
    import ray

    try:
        found = travelling(files.own, files.stated, files.runs)
    except TooLarge as error:
        cluster.fail(
            codes.FILES_TOO_LARGE,
            str(error),
            "run it in a folder that every machine of the cluster sees under the same path",
        )
    announce(f"copies {len(found)} file{'s' * (len(found) != 1)} to each worker")
    return [ray.put(batch) for batch in pieces(found)]


def loss_reason(error: BaseException) -> str:
    """Why a worker is lost, in a few words; Ray's own words list what may have happened."""
    text = str(error)
    if lacks_module(error):
        line = next((line for line in text.splitlines() if "ModuleNotFoundError:" in line), "")
        return f"its Python cannot import kspec as it is here{line and ': '}{line.strip()[:300]}"
    if "OutOfMemory" in type(error).__name__ or "running low on memory" in text:
        return "its machine ran out of memory"
    if "node has died" in text or "node died" in text:
        return "its machine is gone"
    return "its process ended"


def lacks_module(error: BaseException) -> bool:
    """Whether a worker cannot start because its machine has other code, of the same version."""
    return "failed to import on the worker" in str(error)
