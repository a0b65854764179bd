"""`tags.json` of a run folder: what a user has marked a run with, and noted of it.

It is a file of its own: a run that is still being written is marked, too, and rewrites its other files.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kspec.runs.run_folder import RunFolderError
from kspec.syntax.bounded_json import InvalidJson, read_json

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

TAGS = "tags.json"
MAX_TAGS = 100
MAX_NOTE = 10_000
"""Characters of a note."""
TAG = re.compile(r"[\w.:/@+#][\w.:/@+#-]{0,59}")
"""What a tag consists of: it stands in commands and tables without quotes."""
TAG_HELP = "a tag has up to 60 letters, digits and . : / @ + # - _"


class InvalidTags(ValueError):
    """A `tags.json` that is none, or tags that cannot be; the message is for the user."""


@dataclass(slots=True)
class Tags:
    """What a user has marked a run with.

    Args:
        tags: The tags, in the order in which they were given.
        note: A text; empty without one.
    """

    tags: list[str] = field(default_factory=list)
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"tags": self.tags, "note": self.note}

    def add(self, *tags: str) -> None:
        """Adds tags that it does not have.

        Raises:
            InvalidTags: If one cannot be a tag, or there are too many.
        """
        for tag in tags:
            if not TAG.fullmatch(tag):
                raise InvalidTags(f"`{tag}` is no tag: {TAG_HELP}")
        self.tags = list(dict.fromkeys([*self.tags, *tags]))
        if len(self.tags) > MAX_TAGS:
            raise InvalidTags(f"a run has at most {MAX_TAGS} tags")

    def set_note(self, note: str) -> None:
        """Replaces the note.

        Raises:
            InvalidTags: If it is too long, or has characters that control a terminal.
        """
        if len(note) > MAX_NOTE:
            raise InvalidTags(f"a note has at most {MAX_NOTE:,} characters")
        if not note.replace("\n", "").replace("\t", "").isprintable():
            raise InvalidTags("a note is plain text: it has a character that cannot be printed")
        self.note = note


def read_tags(folder: Path) -> Tags:
    """The tags and the note of a run; none if it has no such file.

    Args:
        folder: The run folder.

    Raises:
        OSError: If the file is there and cannot be read.
        InvalidTags: If it holds something else.
    """
    try:
        value = read_json(folder / TAGS)
    except FileNotFoundError:
        return Tags()
    except InvalidJson as error:
        raise InvalidTags(str(error)) from None
    tags, note = (value.get("tags", []), value.get("note", "")) if isinstance(value, dict) else (None, None)
    if not isinstance(tags, list) or not isinstance(note, str) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidTags("it holds no tags")
    found = Tags()
    found.add(*tags)
    found.set_note(note)
    return found


def change_tags(folder: Path, change: Callable[[Tags], None]) -> Tags:
    """Changes the tags or the note of a run.

    Args:
        folder: The run folder.
        change: Changes them.

    Returns:
        What the run has now.

    Raises:
        InvalidTags: If the change is not possible.
        RunFolderError: If the file cannot be written, or is damaged.
    """
    path = folder / TAGS
    with _one_at_a_time(folder):
        try:
            found = read_tags(folder)
        except InvalidTags as error:
            raise RunFolderError(f"{path} is damaged: {error}; delete it") from error
        except OSError as error:
            raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error
        change(found)
        try:
            if found.tags or found.note:
                _write(path, json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n")
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise RunFolderError(f"{path} cannot be written: {error.strerror or error}") from error
    return found


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Waits for another process that changes the tags of this run.

    The run folder itself is locked as long as the run is running; `spec.yaml` is written once, when it begins.
    """
    descriptor = None
    if fcntl is not None:
        with suppress(OSError):  # there is no such file, or no lock
            descriptor = os.open(folder / "spec.yaml", os.O_RDONLY | os.O_NONBLOCK)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _write(path: Path, text: str) -> None:
    """Writes a file aside, under a name that nobody else has made, and puts it in its place.

    Raises:
        OSError: If it cannot be written.
    """
    aside = path.with_name(f".tags.{secrets.token_hex(8)}.json")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(aside, path)
    except OSError:
        with suppress(OSError):
            os.unlink(aside)
        raise
