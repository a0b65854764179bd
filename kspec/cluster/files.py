"""Files that travel between machines, in pieces that fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PIECE_BYTES = 32 << 20
"""The most bytes that travel at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file.

    Args:
        path: The path of the file, relative to the folder that travels, with `/` between its parts.
        offset: Where the part begins.
        data: The bytes.
    """

    path: str
    offset: int
    data: bytes


def pieces(files: Iterable[tuple[str, Path]]) -> Iterator[list[Piece]]:
    """Reads files, as many at once as fit together.

    Args:
        files: The path under which each travels, and where it is.
    """
    batch: list[Piece] = []
    room = PIECE_BYTES
    for name, file in files:
        with file.open("rb") as opened:
            offset = 0
            while (data := opened.read(room)) or not offset:  # an empty file travels too
                batch.append(Piece(name, offset, data))
                offset, room = offset + len(data), room - len(data)
                if room == 0:
                    yield batch
                    batch, room = [], PIECE_BYTES
                if not data:
                    break
    if batch:
        yield batch


def files_in(folder: Path) -> list[tuple[str, Path]]:
    """All files in a folder and below, each with its path there; links are left out."""
    found = []
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            file = Path(place, name)
            if file.is_file() and not file.is_symlink():
                found.append((file.relative_to(folder).as_posix(), file))
    return found


def write(batch: Iterable[Piece], folder: Path) -> None:
    """Writes parts of files into a folder.

    Raises:
        ValueError: If a path leads out of the folder.
    """
    for piece in batch:
        path = PurePosixPath(piece.path)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"a file of a worker leads out of its folder: {piece.path}")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("r+b" if piece.offset else "wb") as file:
            file.seek(piece.offset)
            file.write(piece.data)
