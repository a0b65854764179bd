"""What the store holds: for `kspec cache`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.data.storage.private_folder import private_folder
from kspec.data.storage.store import FOLDER, INDEX, content_of, delete_folder
from kspec.data.storage.stored_values import Damaged


@dataclass(frozen=True, slots=True)
class StoredData:
    """A data set in the store.

    Args:
        folder: Its folder.
        bytes: What it takes on disk.
        written: When it was written, in seconds since 1970.
        spec: The spec that it was read for; empty if that cannot be told.
    """

    folder: Path
    bytes: int
    written: float
    spec: str

    @property
    def name(self) -> str:
        """Its name; that of one that is still being written starts with a dot."""
        return self.folder.name

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "bytes": self.bytes, "written": self.written, "spec": self.spec}


def stored_data() -> list[StoredData]:
    """All data sets, the newest first; also what a process that ended left behind."""
    try:
        folder = private_folder(FOLDER)
    except OSError:
        return []
    found = [] if folder is None else [_stored(place) for place in folder.iterdir()]
    return sorted(found, key=lambda each: (-each.written, each.name))


def delete(data: StoredData) -> None:
    """Deletes a data set; who has it open keeps what it reads."""
    delete_folder(data.folder)


def _stored(place: Path) -> StoredData:
    spec = ""
    try:
        if place.is_dir() and not place.is_symlink() and not place.name.startswith("."):
            spec = str(content_of(place)["spec"])
    except (OSError, Damaged, ValueError, KeyError):
        spec = "(damaged)"
    files = [] if place.is_symlink() or not place.is_dir() else list(place.iterdir())
    size = sum(file.lstat().st_size for file in files)
    return StoredData(place, size, (place / INDEX if place / INDEX in files else place).lstat().st_mtime, spec)
