"""What a worker on another machine needs for a spec: files, and memory."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from kspec.cluster.place import Files
from kspec.language import Spec
from kspec.language.files import input_places
from kspec.runs.estimate import estimate


def files_of(spec: Spec, folder: Path, runs: str | os.PathLike[str]) -> Files:
    """The files of a spec, for workers.

    Args:
        spec: The spec.
        folder: The folder that they write to.
        runs: The folder of the run folders.
    """
    return Files(spec.folder, Path(runs), folder, tuple(stated_files(spec)))


def stated_files(spec: Spec) -> list[Path]:
    """The files and folders that a spec names, as far as they are there; the folder of a pattern."""
    found = []
    for holder, key, _ in input_places(spec.values):
        text = holder[key]
        if type(text) is not str or "://" in text:  # expressions are computed where they are used
            continue
        parts = Path(text).parts
        fixed = next((number for number, part in enumerate(parts) if glob.has_magic(part) or "{" in part), len(parts))
        path = spec.folder / Path(*parts[:fixed])
        if path.exists() and path != spec.folder:
            found.append(path)
    return found


def memory_of(spec: Spec) -> int:
    """The bytes that a run of a spec takes besides its process: training, a batch, and its data.

    Data that nothing has read yet counts with the size of its files.
    """
    found, _ = estimate(spec, static=True)
    training = 0 if found.training is None else found.training.total
    return training + (found.activations or 0) + (found.data or data_bytes(spec))


def data_bytes(spec: Spec) -> int:
    """The size of the files that a spec names."""
    return sum(path.stat().st_size for path in stated_files(spec) if path.is_file())
