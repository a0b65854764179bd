"""The run folders that a report is about."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from kspec.runs.run_folder import RunFolderError, find_folder, run_folders, subfolders


def find_runs(places: Sequence[str | os.PathLike[str]], runs: str | os.PathLike[str] = "runs") -> list[Path]:
    """The run folders at some places, each once, in their order.

    Args:
        places: Run folders, names of specs that have been run, patterns such as `runs/mlp/*`, and folders of runs
            without a `latest`.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If there is no run at one of them.
    """
    found = [folder for place in places for folder in _at(os.fspath(place), runs)]
    return list(dict.fromkeys(found))


def _at(place: str, runs: str | os.PathLike[str]) -> Iterator[Path]:
    if glob.has_magic(place) and not os.path.exists(place):
        own = [folder for path in sorted(glob.glob(place)) for folder in _runs_of(Path(path), runs)]
        if not own:
            raise RunFolderError(f"no run at {place}; `kspec runs` lists all runs")
        yield from own
        return
    try:
        yield find_folder(place, runs)
    except RunFolderError:
        own = [*_runs_of(Path(place), runs), *(path.resolve() for path in run_folders(Path(place)))]
        if not own:
            raise
        yield from own


def _runs_of(path: Path, runs: str | os.PathLike[str]) -> Iterator[Path]:
    """The run in a folder, or those in its folders; none of what is no run."""
    if (path / "run.json").is_file() or path.name == "latest":
        with suppress(RunFolderError):
            yield find_folder(path, runs)
        return
    yield from (own.resolve() for own in subfolders(path, links=False) if (own / "run.json").is_file())
