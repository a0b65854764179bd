"""Replaces the text of a file atomically, and shows the difference."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from kspec.diagnostics import Source
from kspec.syntax.regular_files import open_regular, refuse_link

_BOM = b"\xef\xbb\xbf"


def replace_text(before: Source, text: str) -> None:
    """Replaces the text of a file that was read; encoding, byte order mark and permissions are kept.

    Raises:
        OSError: If it cannot be written, is a link, or has changed since it was read.
    """
    refuse_link(before.name)
    path = Path(os.path.realpath(before.name))
    with open_regular(path) as stream:
        data = stream.read()
    mark = _BOM if data.startswith(_BOM) else b""
    if data[len(mark) :] != before.text.encode("utf-8"):
        raise OSError(0, "the file has changed since it was read; nothing was written", before.name)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(mark + text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, scratch)
        os.replace(scratch, path)
    except BaseException:  # also on Ctrl-C
        os.unlink(scratch)
        raise


def diff(before: Source, text: str) -> str:
    """The difference in the format of `diff -u`."""
    from difflib import unified_diff

    name = before.name
    old, new = (part.splitlines(keepends=True) for part in (_unix(before.text), _unix(text)))
    lines = unified_diff(old, new, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
