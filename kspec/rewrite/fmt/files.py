"""Finds the specs in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from kspec.syntax.regular_files import read_bounded
from kspec.syntax.source import MAX_BYTES

_IS_SPEC = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:\{\s*)?["']?kspec["']?[ \t]*:""", re.MULTILINE)


def specs_in(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """The YAML files below a folder that have a top-level key `kspec`, sorted by name.

    Hidden folders and run folders are skipped: the specs of runs are records. So are links: nothing is written through
    one, and a file that it leads to is found where it is.
    """
    for place, folders, files in os.walk(folder):
        if "run.json" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix in (".yaml", ".yml") and not path.is_symlink() and _is_spec(path):
                yield path


def _is_spec(path: Path) -> bool:
    try:
        return _IS_SPEC.search(read_bounded(path, MAX_BYTES)) is not None
    except OSError:
        return False
