"""The run folder: what one run leaves behind, each file whole or not there."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class RunFolderError(OSError):
    """The run folder cannot be made or written; the message is for the user."""


class NoSuchRun(RunFolderError):
    """There is nothing where a run is named."""


class RunFolder:
    """`runs/<name>/<time>-<n>/`, and `runs/<name>/latest` beside it.

    Each file is written under a temporary name and renamed, so that no half file is ever taken for a whole one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, out: str | os.PathLike[str], name: str) -> RunFolder:
        """Makes a new folder, and lets `latest` point at it.

        Raises:
            RunFolderError: where it cannot be made.
        """
        parent = Path(out) / name
        stamp = time.strftime("%Y%m%d-%H%M%S")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            number = 1
            while True:
                path = parent / f"{stamp}-{number}"
                try:
                    path.mkdir()
                    break
                except FileExistsError:
                    number += 1
            _point(parent / "latest", path.name)
        except OSError as error:
            raise RunFolderError(f"the run folder {parent} cannot be made: {error.strerror or error}") from error
        return cls(path)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A temporary path to write to, which becomes the file when all has been written.

        Raises:
            RunFolderError: where it cannot be written.
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
            temporary.unlink(missing_ok=True)

    def text(self, name: str, text: str) -> None:
        """Writes a text file."""
        with self.writing(name) as path:
            path.write_text(text, encoding="utf-8")

    def json(self, name: str, value: Any) -> None:
        """Writes a JSON file."""
        self.text(name, json.dumps(finite(value), indent=2, ensure_ascii=False) + "\n")

    def write(self, name: str, writer: Callable[[Path], None]) -> None:
        """Writes a file with a function that takes the path."""
        with self.writing(name) as path:
            writer(path)


def finite(value: Any) -> Any:
    """Plain values with null for what is no finite number: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _point(link: Path, target: str) -> None:
    """Lets `latest` point at a run: a link, or, where links cannot be made, a file with the run's name."""
    temporary = link.with_name(f".latest-{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target, target_is_directory=True)
    except (OSError, NotImplementedError):
        temporary.write_text(target, encoding="utf-8")
    os.replace(temporary, link)


def find_run(place: str | os.PathLike[str]) -> Path:
    """The run folder that a user names: a folder, `latest` of one, or the name of a spec that has been run.

    Raises:
        RunFolderError: when a folder is no run's; `NoSuchRun` when there is none.
    """
    path = Path(place)
    if path.is_file() and path.name == "latest":
        path = path.parent / path.read_text(encoding="utf-8").strip()
    if (path / "run.json").is_file():
        return path.resolve()
    if (path / "latest").exists():
        return find_run(path / "latest")
    if path.is_dir():
        raise RunFolderError(f"{path} is not a run folder: it has no run.json")
    named = Path("runs") / path
    if not path.exists() and named.is_dir():
        return find_run(named)
    raise NoSuchRun(f"there is no run at {path}; `kspec runs` lists what there is")


def run_at(place: str) -> Path | None:
    """The run that a user names where a spec could stand too; None for a spec.

    Raises:
        RunFolderError: when a folder is no run's.
        NoSuchRun: when there is neither a spec nor a run of that name.
    """
    path, named = Path(place), Path("runs") / place
    if path.name == "latest" or (path / "run.json").is_file() or (path / "latest").exists():
        return find_run(path)
    if not path.is_file() and named.is_dir():
        return find_run(named)
    if path.is_dir():
        return find_run(path)
    is_spec = path.exists() or path.suffix in (".yaml", ".yml")
    return None if is_spec else find_run(path)
