"""Where a worker finds the files of a spec: on a path that it shares, or in a copy in a folder of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kspec.diagnostics import Source

MAX_FILES = 50_000
"""The most files that are copied to a worker."""
MAX_BYTES = 4 << 30
"""The most bytes that are copied to a worker."""
SETTINGS = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_DETERMINISTIC_OPS",
    "NVIDIA_TF32_OVERRIDE",
    "XLA_FLAGS",
)
"""Variables of the environment on which the last bits of a result can depend."""
_LEFT_OUT = ("__pycache__", "node_modules")


class TooLarge(ValueError):
    """There are more files, or more bytes, than are copied; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of a run, as a worker sees them.

    Args:
        folder: The working directory of the process that starts the work, an absolute path.
        root: Where a worker keeps its copy: the file `/a/b` is at `root/a/b` there. Empty if it shares the paths.
        settings: The values of `SETTINGS`.
    """

    folder: str
    root: str = ""
    settings: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def here(cls) -> Place:
        """That of this process."""
        return cls(os.getcwd(), settings={name: os.environ.get(name) for name in SETTINGS})

    def copied(self) -> Place:
        """This place with a new folder for the copies."""
        return replace(self, root=os.path.realpath(tempfile.mkdtemp(prefix="kspec-worker-")))

    def enter(self) -> None:
        """Makes this process work here, as the one that starts the work does there."""
        for name, value in self.settings.items():
            if value is None:
                os.environ.pop(name, None)  # Ray sets the number of threads, which would change the last bits
            else:
                os.environ[name] = value
        os.makedirs(self.path(self.folder), exist_ok=True)
        os.chdir(self.path(self.folder))

    def path(self, path: str | os.PathLike[str]) -> Path:
        """Where a file is that has this path on the machine that starts the work."""
        return Path(self.root + os.fspath(path)) if self.root and os.path.isabs(path) else Path(path)

    def source(self, source: Source) -> Source:
        """A spec's text, whose name leads to its folder here."""
        return Source(str(self.path(source.name)), source.text) if self.root else source


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the work.

    Args:
        spec: The folder of the spec.
        runs: The folder of the runs.
        folder: The folder that tasks write to, as this process names it.
        stated: Files and folders that the spec names.
    """

    spec: Path
    runs: Path
    folder: Path
    stated: tuple[Path, ...] = ()

    @property
    def own(self) -> list[Path]:
        """The working directory if the spec lies in it, or else the folder of the spec."""
        here = Path.cwd()
        return [here] if self.spec.is_relative_to(here) else [self.spec]


def travelling(folders: Sequence[Path], stated: Iterable[Path], leaves_out: Path) -> list[tuple[str, Path]]:
    """The files that a worker needs, each with the path at which it is in the copy.

    Hidden folders, virtual environments and the folder of the runs stay here; links to files elsewhere do, too.

    Args:
        folders: The folders of the spec.
        stated: Files and folders that the spec names, wherever they are.
        leaves_out: The folder of the runs.

    Raises:
        TooLarge: If there are too many.
    """
    roots = [Path(os.path.realpath(folder)) for folder in folders]
    own = [file for folder in folders for file in _below(folder, leaves_out, roots)]
    own += [file for path in stated for file in ([path] if path.is_file() else _below(path, leaves_out, None))]
    found = list(dict.fromkeys(map(os.path.abspath, own)))
    size = sum(os.path.getsize(file) for file in found)
    where = ", ".join(str(folder) for folder in folders)
    if len(found) > MAX_FILES or size > MAX_BYTES:
        much = f"more than {MAX_FILES} files" if len(found) > MAX_FILES else f"{size / 2**30:.1f} GB"
        raise TooLarge(f"{where} holds {much}, which is too much to copy to each worker")
    return [(file.lstrip("/"), Path(file)) for file in found]


def _below(folder: Path, leaves_out: Path, roots: list[Path] | None) -> Iterator[Path]:
    """The files in a folder and below.

    Args:
        folder: The folder.
        leaves_out: A folder to leave out.
        roots: Links must lead into one of these; anywhere, if None.
    """
    avoided = os.path.abspath(leaves_out)
    count = 0
    for place, inner, names in os.walk(folder):
        if roots is not None and not {"pyvenv.cfg", "run.json"}.isdisjoint(names):
            inner.clear()  # a virtual environment, or an earlier run
            continue
        inner[:] = [
            each
            for each in inner
            if not each.startswith(".") and each not in _LEFT_OUT and os.path.abspath(Path(place, each)) != avoided
        ]
        for name in names:
            file = Path(place, name)
            target = Path(os.path.realpath(file))
            if not file.is_file() or (roots is not None and not any(map(target.is_relative_to, roots))):
                continue
            count += 1
            yield file
            if count > MAX_FILES:
                return
