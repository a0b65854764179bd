"""Which GPU of a machine each worker on it uses: TensorFlow would take the memory of all of them in every process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "CUDA_VISIBLE_DEVICES"
_DRIVER = Path("/proc/driver/nvidia/gpus")


def visible_gpus(driver: Path = _DRIVER) -> list[str]:
    """The GPUs that a process of this machine may use, as `CUDA_VISIBLE_DEVICES` names them.

    Args:
        driver: The folder in which the driver lists those of the machine.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return [str(number) for number in range(len(list(driver.glob("*"))))]
    found: list[str] = []
    for name in map(str.strip, named.split(",")):
        if name in ("", "-1", "NoDevFiles"):  # those after an invalid one are not seen, either
            break
        found.append(name)
    return found


def gpu_environment(place: int, gpus: Sequence[str]) -> dict[str, str]:
    """The variables of the environment of a worker, which leave it one GPU.

    Args:
        place: Its place among the workers on the machine, from 0.
        gpus: The GPUs that these share. If there are fewer than workers, several use the same one, and each takes as
            much of its memory as it needs.
    """
    if not gpus:
        return {}
    return {VARIABLE: gpus[place % len(gpus)], "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
