"""Opens files that others may have made: only regular ones, since a pipe would wait and a device would never end."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

Opener = Callable[[str], BinaryIO]
"""Opens a file for reading; that of a path policy also makes sure that it may be read."""
LONGEST_SHOWN = 80
"""Characters of a path in a message."""
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY"))
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegularFile(OSError):
    """A path leads to a folder, pipe, socket or device."""


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a regular file for reading.

    Raises:
        NotRegularFile: If it is anything else.
        OSError: If it cannot be opened, or the path cannot be one.
    """
    name = os.fspath(path)
    try:
        _require_regular(os.stat(name).st_mode, name)  # opening a device may already have an effect
        descriptor = os.open(name, _FLAGS)
    except ValueError as error:  # a null character, or half of a surrogate pair
        raise OSError(errno.EINVAL, unusable_text(name) or str(error), name) from None
    try:
        _require_regular(os.fstat(descriptor).st_mode, name)
        return open(descriptor, "rb")
    except BaseException:  # Ctrl-C too: a descriptor without an owner would stay open
        os.close(descriptor)
        raise


def read_bounded(path: str | os.PathLike[str], limit: int) -> bytes:
    """The bytes of a regular file; one more than the limit of a larger file.

    Args:
        path: The file.
        limit: The largest size that the caller accepts, in bytes.

    Raises:
        NotRegularFile: If it is not a regular file.
        OSError: If it cannot be read.
    """
    with open_regular(path) as file:
        return file.read(limit + 1)


def read_in_place(path: str) -> tuple[bytes, tuple[int, ...]] | None:
    """The bytes of a regular file, and what tells whether it has changed, as fast as can be.

    Args:
        path: The file, a path without links that was a regular file before.

    Returns:
        None if it is none any more, if links lead elsewhere, or if nobody can tell: then read it with care.

    Raises:
        OSError: If it cannot be read.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        facts = os.fstat(descriptor)
        try:
            lies_there = os.readlink(f"/proc/self/fd/{descriptor}") == path
        except OSError:
            return None
        if not lies_there or not stat.S_ISREG(facts.st_mode):
            return None
        content = os.read(descriptor, facts.st_size + 1)
    finally:
        os.close(descriptor)
    if len(content) != facts.st_size:
        return None
    return content, (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


def opened_path(file: BinaryIO, name: str) -> str:
    """Where an open file really lies, all links resolved.

    Args:
        file: The file.
        name: The path by which it was opened.

    Raises:
        OSError: If the path has come to lead to another file.
    """
    descriptor = file.fileno()
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        pass
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, 50, bytes(1024)).split(b"\0", 1)[0])  # F_GETPATH
    path = os.path.realpath(name)
    if not os.path.samestat(os.stat(path), os.fstat(descriptor)):
        raise OSError(errno.EAGAIN, "the file was replaced while it was read", name)
    return path


def refuse_link(path: str | os.PathLike[str]) -> None:
    """Makes sure that a file to write is no link: it may have been made by others, and lead anywhere.

    Raises:
        OSError: If it is one; those of the system, such as `/dev/stdout`, are allowed.
    """
    name = os.fspath(path)
    if os.path.islink(name) and not name.startswith("/dev/"):
        target = shown_path(os.path.realpath(name))
        raise OSError(errno.ELOOP, f"it is a link, through which nothing is written; name `{target}` itself", name)


def write_text(path: str | os.PathLike[str], text: str, newline: str | None = None) -> None:
    """Writes a text file in UTF-8, but not through a link.

    Args:
        path: The file.
        text: The text.
        newline: As for `open`.

    Raises:
        OSError: If it is a link, or cannot be written.
    """
    refuse_link(path)
    Path(path).write_text(text, encoding="utf-8", newline=newline)


MAX_PATH = 4096
"""The longest path, in characters: no system takes longer ones."""


def unusable_text(text: str) -> str:
    """Why a text cannot be the path of a file; empty if it can."""
    if "\0" in text:
        return "a path cannot contain a null character"
    if len(text) > MAX_PATH:
        return f"the path has more than {MAX_PATH:,} characters"
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        character, encoding = text[error.start], sys.getfilesystemencoding()
        if "\ud800" <= character <= "\udfff":
            return "the path contains half of a surrogate pair, which no file name has"
        return f"the path contains `{character}`, and names of files are {encoding} here; set LC_ALL=C.UTF-8"
    return ""


def kind_of_file(path: str | os.PathLike[str]) -> str:
    """What a path leads to: `a folder`, `a pipe`, `a device` …; empty for a regular file and for none."""
    try:
        return _KINDS.get(stat.S_IFMT(os.stat(path).st_mode), "")
    except (OSError, ValueError):
        return ""


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a regular file; false for a path that cannot be one."""
    return os.path.isfile(path)


def printable_path(path: str | os.PathLike[str]) -> str:
    """A path or another text on one line, with the escapes of Python for what cannot be printed."""
    text = path if isinstance(path, str) else Path(path).as_posix()
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path in a message: printable, and only its end if it is long."""
    plain = printable_path(path)
    return plain if len(plain) <= LONGEST_SHOWN else f"…{plain[1 - LONGEST_SHOWN :]}"


def _require_regular(mode: int, name: str) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
        raise NotRegularFile(errno.EINVAL, f"it is {kind}, not a file", name)
