"""What files of run folders hold, in the user's cache, so that a list of thousands of runs does not read them all.

The index is only a cache. A file is read again unless its size, times, inode and device are those of the reading; one
that had just changed when it was read is not kept, since a clock may not tell the next change from that one. The index
has a checksum; whatever does not fit is ignored. It lies in the cache, not beside the runs: who gives a folder of runs
to somebody else cannot say what its files hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kspec._version import __version__
from kspec.data.storage.private_folder import private_folder

FORMAT = 1
"""The number of the form of an index; one of another form is not used."""
FOLDER = "runs"
MIN_READ = 100
"""So many files must have been read for an index to be written: a few are read as fast."""
SETTLED = 2.0
"""Seconds since the last change of a file after which what it holds is kept: no file system has coarser times."""
UNUSED = 90 * 24 * 3600
"""Seconds after which an index that nobody has written is deleted."""
MAX_BYTES = 1 << 30


class FileIndex:
    """The values of files below a folder.

    Args:
        folder: The folder; None for files that are read once, without an index.
        kind: What the values are: `facts`.
    """

    def __init__(self, folder: Path | None, kind: str) -> None:
        self._root = "" if folder is None else os.path.join(os.path.realpath(folder), "")
        self._prefix = "" if folder is None else os.path.join(folder, "")
        self._place = None if folder is None else _place(self._root, kind)
        self._kept = {} if self._place is None else _load(self._place, self._root)
        self._read: dict[str, list[Any]] = {}

    def value(self, file: str, read: Callable[[Path], Any]) -> Any:
        """What a file holds, from the index if the file has not changed.

        Args:
            file: Its path, below the folder.
            read: Reads it; gives plain values.

        Raises:
            OSError: If there is no such file, or it cannot be read.
        """
        facts = os.stat(file)
        state = [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, facts.st_dev]
        name = file.removeprefix(self._prefix)
        kept = self._kept.get(name)
        if kept is not None and kept[0] == state:
            return kept[1]
        value = read(Path(file))
        if time.time() - max(facts.st_mtime, facts.st_ctime) > SETTLED:
            self._read[name] = [state, value]
        return value

    def save(self) -> None:
        """Writes the index, if much of it is new and the cache can be written."""
        if self._place is None or len(self._read) < MIN_READ:
            return
        there = {name: value for name, value in self._kept.items() if os.path.lexists(self._root + name)}
        with suppress(OSError, TypeError, ValueError):  # it is only a cache
            _write(self._place, {**_header(self._root), "files": {**there, **self._read}})


@contextmanager
def file_index(folder: Path, kind: str) -> Iterator[FileIndex]:
    """The values of files below a folder; what was read is kept for the next time.

    Args:
        folder: The folder.
        kind: What the values are: `facts`.
    """
    index = FileIndex(folder, kind)
    yield index
    index.save()


def _place(root: str, kind: str) -> Path | None:
    """Where the index of a folder lies; None if there is no cache."""
    try:
        folder = private_folder(FOLDER)
    except OSError:
        return None
    key = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
    return None if folder is None else folder / f"{key}-{kind}.json"


def _header(root: str) -> dict[str, Any]:
    return {"format": FORMAT, "kspec": __version__, "folder": root}


def _load(place: Path, root: str) -> dict[str, list[Any]]:
    """The entries of an index; none if it is absent, damaged, or of another version."""
    try:
        with open(os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as stream:
            checksum, _, text = stream.read(MAX_BYTES).partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != checksum:
            return {}
        content = json.loads(text)
        files: dict[str, list[Any]] = content.pop("files")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return files if content == _header(root) else {}


def _write(place: Path, content: dict[str, Any]) -> None:
    """Writes an index aside, and puts it in its place.

    Raises:
        OSError: If it cannot be written.
        TypeError: If a value is not plain.
    """
    text = json.dumps(content, separators=(",", ":")).encode()
    handle, aside = tempfile.mkstemp(prefix=".", suffix=".json", dir=place.parent)
    try:
        with open(handle, "wb") as stream:
            stream.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        os.replace(aside, place)
    except OSError:
        with suppress(OSError):
            os.unlink(aside)
        raise
    for other in place.parent.iterdir():
        with suppress(OSError):
            if time.time() - other.lstat().st_mtime > UNUSED:
                other.unlink()
