"""The run folder: creates it, writes its files atomically, and finds the folders of earlier runs."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from kspec.syntax.bounded_json import InvalidJson, read_bounded
from kspec.syntax.regular_files import printable_path

SPEC_SUFFIXES = (".yaml", ".yml")
STAMPED = re.compile(r"(\d{8}-\d{6})-(\d+)")
"""The name of a run folder: a time, and a number that distinguishes runs of the same second."""

SWEEP = "sweep.json"
"""The file in the folder of a sweep that holds its trials."""
TRIALS = "trials"
"""The folder of the trials in that of their sweep."""
SHOWN_NAMES = 5
"""How many names of runs an error shows."""
BEST = "best"
"""The folder of the best point's run in that of its sweep."""


class RunFolderError(OSError):
    """A run folder cannot be created, written or read; the message is for the user."""


class RunFolder:
    """`runs/<name>/<time>-<n>/`; `runs/<name>/latest` is the last run that has finished.

    Each file is written under a temporary name and then renamed: a file is complete, or not there.

    Args:
        path: The folder.
        is_part: Whether it lies in the folder of a run of several, such as that of a fold.
    """

    def __init__(self, path: Path, *, is_part: bool = False) -> None:
        self.path = path
        self.is_part = is_part

    @classmethod
    def create(cls, out: str | os.PathLike[str], name: str) -> RunFolder:
        """Creates a new folder.

        Raises:
            RunFolderError: if it cannot be created.
        """
        parent = Path(out) / name
        stamp = time.strftime("%Y%m%d-%H%M%S")
        try:
            number = 1
            while True:
                parent.mkdir(parents=True, exist_ok=True)
                path = parent / f"{stamp}-{number}"
                with suppress(FileNotFoundError):  # a run that failed has just deleted the empty folder of both
                    try:
                        path.mkdir()
                        break
                    except FileExistsError:
                        number += 1
        except OSError as error:
            for folder in (parent, *parent.parents):
                if folder.exists() and not folder.is_dir():
                    raise RunFolderError(f"`{folder}` is not a folder") from error
            raise RunFolderError(f"the run folder {parent} cannot be created: {error.strerror or error}") from error
        return cls(path)

    def part(self, name: str) -> RunFolder:
        """Creates the folder of a run that is a part of this one.

        Raises:
            RunFolderError: if it cannot be created.
        """
        path = self.path / name
        try:
            path.mkdir()
        except OSError as error:
            raise RunFolderError(f"the run folder {path} cannot be created: {error.strerror or error}") from error
        return RunFolder(path, is_part=True)

    def make_latest(self) -> None:
        """Points `latest` to this run; the run that it is a part of does so for itself."""
        if self.is_part:
            return
        _point(self.path.parent / "latest", self.path.name)

    def delete(self) -> None:
        """Deletes the folder with everything in it, and its parent if that has no other run."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            self.path.parent.rmdir()

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yields a temporary path to write to, and renames it to the file afterwards.

        Raises:
            RunFolderError: if the file cannot be written.
        """
        target = self.path / name
        temporary = target.with_name(f".{target.stem}.writing{target.suffix}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            os.replace(temporary, target)
        except OSError as error:
            raise RunFolderError(f"{target} cannot be written: {error.strerror or error}") from error
        finally:
            with suppress(OSError):  # the run folder may have become a file
                temporary.unlink(missing_ok=True)

    def text(self, name: str, text: str) -> None:
        """Writes a text file; what is no text in the name of a file is escaped as in JSON."""
        with self.writing(name) as path:
            path.write_text(text, encoding="utf-8", errors="backslashreplace")

    def json(self, name: str, value: Any) -> None:
        """Writes a JSON file."""
        self.text(name, json.dumps(finite(value), indent=2, ensure_ascii=False) + "\n")

    def write(self, name: str, writer: Callable[[Path], None]) -> None:
        """Writes a file with a function that takes a path."""
        with self.writing(name) as path:
            writer(path)

    def copy(self, folder: str, files: Mapping[Path, str], opener: Callable[[str], BinaryIO]) -> dict[Path, str]:
        """Copies files into a folder of the run folder, each under a name, or that with a number.

        Args:
            folder: The folder.
            files: By file, the name of its copy.
            opener: Opens a file.

        Returns:
            By file, the path of its copy in the run folder.

        Raises:
            RunFolderError: if one cannot be copied.
        """
        copies: dict[Path, str] = {}
        for file, wanted in files.items():
            number, name = 1, f"{folder}/{wanted}"
            while name in copies.values():
                number, name = number + 1, f"{folder}/{file.stem}-{number + 1}{file.suffix}"
            with opener(str(file)) as source:
                self.write(name, partial(_write_copy, source))
            copies[file] = name
        return copies


def _write_copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)


def finite(value: Any) -> Any:
    """Replaces NaN and infinity by None in plain values: JSON has no numbers for them."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _point(link: Path, target: str) -> None:
    """Points `latest` to a run: a link, or a file with the run's name where links are not possible."""
    temporary = link.with_name(f".latest-{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target, target_is_directory=True)
    except (OSError, NotImplementedError):
        temporary.write_text(target, encoding="utf-8")
    os.replace(temporary, link)


def find_run(place: str | os.PathLike[str], runs: str | os.PathLike[str] = "runs") -> Path:
    """Finds a run with a model by its folder, by the folder of `latest`, or by the name of a spec that has been run.

    Args:
        place: The folder or name; for a sweep, its best point is found.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: if there is no run.
    """
    return _with_model(find_folder(place, runs))


def find_folder(place: str | os.PathLike[str], runs: str | os.PathLike[str] = "runs") -> Path:
    """Finds the folder of a run, as `find_run` does; for a sweep, its own.

    Args:
        place: The folder or name.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: if there is no run.
    """
    path = Path(place)
    try:
        if path.name == "latest":
            _require_beside(path)
        if path.is_file() and path.name == "latest":
            path = path.parent / _name_in(path)
        if (path / "run.json").is_file():
            return path.resolve()
        if (path / "latest").exists():
            _require_beside(path / "latest")
            return find_folder(path / "latest", runs)
        named, is_name = Path(runs) / path, len(path.parts) == 1 and path.name != ".."
        if (not path.exists() or (is_name and path.is_dir())) and named.is_dir():
            return find_folder(named, runs)  # the folder of the data may have the name of the spec
        is_folder, is_file = path.is_dir(), path.is_file()
        has_runs = is_folder and any((folder / "run.json").is_file() for folder in path.iterdir())
    except RunFolderError:
        raise
    except (OSError, ValueError, RecursionError) as error:  # ValueError: text that is not UTF-8, a null character
        raise RunFolderError(f"no run at {place}: {getattr(error, 'strerror', None) or error}") from error
    if has_runs:
        raise RunFolderError(f"no run in {path} has finished; `kspec runs` lists all runs")
    if is_folder:
        raise RunFolderError(f"{path} is not a run folder: it has no run.json")
    if is_file and path.suffix in SPEC_SUFFIXES:
        raise RunFolderError(f"{path} is a spec; run it first: kspec run {path}")
    raise RunFolderError(f"no run at {path}; {_runs_there(path, Path(runs))}")


def _runs_there(path: Path, runs: Path) -> str:
    """What runs there are, with the newest names for who asked for a name."""
    names: list[Path] = []
    if len(path.parts) == 1:
        with suppress(OSError):
            latest = [place for place in runs.glob("*/latest") if place.exists()]
            names = sorted(latest, key=lambda place: place.lstat().st_mtime, reverse=True)[:SHOWN_NAMES]
    shown = ", ".join(f"`{printable_path(place.parent.name)}`" for place in names)
    return (f"there are runs of {shown}; " if shown else "") + "`kspec runs` lists all runs"


def _with_model(path: Path) -> Path:
    """The folder of a run's model: that of its best point, if it is a sweep.

    Raises:
        RunFolderError: If a sweep has not trained its best point.
    """
    if not (path / SWEEP).is_file():
        return path
    best = path / BEST
    if not (best / "run.json").is_file():
        raise RunFolderError(
            f"the sweep {path} has not trained its best point: `kspec sweep SPEC --resume` goes on with one that was "
            "stopped, `kspec render RUN --best` or `--trial N` prints the spec of a trial"
        )
    require_inside(best / "run.json", path)
    return best


def require_inside(file: Path, folder: Path) -> None:
    """Checks that a file of a run lies in its folder, and is no link that leads out of it.

    Args:
        file: The file.
        folder: The run folder.

    Raises:
        RunFolderError: If it lies elsewhere.
    """
    if not file.resolve().is_relative_to(folder.resolve()):
        raise RunFolderError(f"{file} is a link that leads out of the run folder")


def _require_beside(latest: Path) -> None:
    """Checks that `latest` leads to a run beside it, where it is a link.

    Raises:
        RunFolderError: If it leads elsewhere.
    """
    if latest.is_symlink() and latest.resolve().parent != latest.parent.resolve():
        raise RunFolderError(f"{latest} leads to no run beside it; name the run folder itself")


def _name_in(latest: Path) -> str:
    """The folder that the file `latest` names, where links are not possible.

    Raises:
        RunFolderError: if it names none beside it.
    """
    try:
        name = read_bounded(latest, 1000).decode("utf-8").strip()
    except InvalidJson as error:
        raise RunFolderError(f"{latest} names no run: {error}") from error
    if not name or name in (".", "..", "latest") or set(name) & set("/\\:\0\n"):
        raise RunFolderError(f"{latest} names no run beside it")
    return name


def run_at(place: str, runs: str | os.PathLike[str] = "runs") -> Path | None:
    """Finds a run where an argument can be a spec or a run; None for a spec.

    Args:
        place: The argument.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: if the folder holds no run, or there is neither a spec nor a run of that name.
    """
    path, named = Path(place), Path(runs) / place
    try:
        if path.name == "latest" or (path / "run.json").is_file() or (path / "latest").exists():
            return find_run(path, runs)
        if not path.is_file() and named.is_dir():
            return find_run(named, runs)
        is_folder, exists = path.is_dir(), path.exists()
    except RunFolderError:
        raise
    except (OSError, ValueError) as error:
        raise RunFolderError(f"no spec or run at {place}: {getattr(error, 'strerror', None) or error}") from error
    if is_folder:
        return find_run(path, runs)
    if not exists and path.suffix not in SPEC_SUFFIXES:
        raise RunFolderError(f"no spec or run at {path}; {_runs_there(path, Path(runs))}")
    return None


def spec_names(out: str | os.PathLike[str]) -> list[str]:
    """The names of the specs that have been run."""
    return sorted({path.parent.name for path in run_folders(Path(out))})


def run_folders(out: Path) -> Iterator[Path]:
    """The run folders: those with a `run.json`, or with the name of a run; the link `latest` does not count."""
    for parent in subfolders(out, links=True):
        for path in subfolders(parent, links=False):
            if STAMPED.fullmatch(path.name) or (path / "run.json").is_file():
                yield path


def subfolders(folder: Path, *, links: bool) -> list[Path]:
    """The folders in a folder, by name, without hidden ones.

    Args:
        folder: The folder.
        links: Whether links to folders count.
    """
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each in entries if each.name[0] != "." and each.is_dir(follow_symlinks=links)]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]
