"""Patterns of file names: `tables/*.csv`, `**/*.png`.

Unlike `glob.glob`, this asks which folders may be read before it looks into them, does not follow links below `**` (two
links to their own folder are 2^40 paths), and ends after a number of entries.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from itertools import islice
from pathlib import Path

MAX_ENTRIES = 500_000
"""How many names a pattern may look at."""
MAX_PARTS = 100
"""How many folders deep a pattern may be."""


class TooManyEntries(Exception):
    """A pattern looks at more names than are allowed."""


def is_glob(text: str) -> bool:
    """Whether a path is a pattern."""
    return glob.has_magic(text)


def matches(
    base: Path, pattern: str, may_enter: Callable[[Path], bool], limit: int = MAX_ENTRIES, *, find: int | None = None
) -> list[Path]:
    """The files and folders that match a pattern, sorted; hidden ones only where the pattern begins with a dot.

    Args:
        base: The folder that the pattern is relative to.
        pattern: The pattern; `**` stands for any folders.
        may_enter: Whether a folder may be looked into, asked before that.
        limit: How many names are looked at.
        find: How many matches are enough; by default all are found.

    Raises:
        TooManyEntries: If the limit is reached.
    """
    parts = Path(pattern).parts
    if len(parts) > MAX_PARTS:
        raise TooManyEntries
    parts = tuple(part for number, part in enumerate(parts) if part != "**" or parts[number - 1 : number] != ("**",))
    found = _Walk(may_enter, limit).below(base, parts)
    return sorted(set(found if find is None else islice(found, find)), key=str)


def files_below(folder: Path, limit: int = MAX_ENTRIES) -> Iterator[Path]:
    """The files below a folder; hidden ones, and folders that are links, are left out.

    Args:
        folder: The folder.
        limit: How many names are looked at.

    Raises:
        TooManyEntries: If the limit is reached.
    """
    walk, waiting = _Walk(lambda _: True, limit), [folder]
    while waiting:
        folder = waiting.pop()
        for entry in walk.entries(folder):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(folder / entry.name)
            elif not entry.is_dir():
                yield folder / entry.name


class _Walk:
    def __init__(self, may_enter: Callable[[Path], bool], limit: int) -> None:
        self._may_enter = may_enter
        self._left = limit

    def below(self, folder: Path, parts: tuple[str, ...], *, known: bool = False) -> Iterator[Path]:
        """The paths below a folder that match the parts of a pattern.

        Args:
            folder: The folder.
            parts: The parts.
            known: Whether the folder is known to be one that may be entered.
        """
        while parts and not glob.has_magic(parts[0]):
            folder, parts, known = folder / parts[0], parts[1:], False
        if not parts:
            if os.path.lexists(folder):
                yield folder
            return
        if not known and (not os.path.isdir(folder) or not self._may_enter(folder)):
            return
        if parts[0] == "**":
            yield from self._deep(folder, parts[1:])
            return
        matching = re.compile(translate(parts[0]), re.IGNORECASE if os.name == "nt" else 0).match
        for entry in self.entries(folder):
            if matching(entry.name) and (parts[0].startswith(".") or not entry.name.startswith(".")):
                inside = bool(parts[1:]) and entry.is_dir(follow_symlinks=False)
                yield from self.below(folder / entry.name, parts[1:], known=inside)

    def _deep(self, folder: Path, rest: tuple[str, ...]) -> Iterator[Path]:
        """The matches in a folder and in all folders below it that are no links."""
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            if rest:
                yield from self.below(folder, rest, known=True)
            for entry in self.entries(folder):
                if entry.name.startswith("."):
                    continue
                if not rest:
                    yield folder / entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(folder / entry.name)

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """The entries of a folder, which count towards the limit; none of a folder that cannot be read."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._left -= 1
                    if self._left < 0:
                        raise TooManyEntries
                    yield entry
        except OSError:  # as in `glob.glob`
            return
