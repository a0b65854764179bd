"""The source `images`: a folder that has a folder of pictures for each class; the columns are `image` and `class`.

As in Keras's `image_dataset_from_directory`: classes are the folders' names in sorted order, pictures the files of a
class in the order of their paths, folders inside folders included.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from kspec.data.context import Context, shown_name
from kspec.data.sources.read_request import Given, Request, given_files, parts_of
from kspec.data.split import SPLIT_NAMES
from kspec.data.table import Column, FileRows, Table
from kspec.diagnostics import codes

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
HASHED_BYTES = 1 << 30
"""Folders above this size are known by their files' names and sizes: reading all of it would take too long."""


def read(given: Any, request: Request) -> Table | None:
    """A row for each picture: its path (decoded later, when the input's size is known) and its class.

    For predictions alone, a folder without class folders, or picture files themselves, do as well.
    """
    import numpy

    loose = request.for_prediction and isinstance(given, str) and given.lower().endswith(SUFFIXES)
    places = given_files(given, request, folder=not loose)
    if places is None:
        return None
    found = [_pictures(one, request) for one in places]
    if any(pictures is None for pictures in found):
        return None
    rows = [picture for pictures in found for picture in pictures or []]
    counts = [len(pictures or []) for pictures in found]
    present = numpy.zeros(len(rows), bool)
    columns = {"image": Column("image", "image", numpy.array([str(file) for file, _ in rows], dtype=object), present)}
    if all(label is not None for _, label in rows):
        columns["class"] = Column("class", "text", numpy.array([label for _, label in rows], dtype=object), present)
    table = Table(columns, len(rows), parts=parts_of(places, counts))
    table.names = [shown_name(file, request.context) for file, _ in rows]
    start = 0
    for one, count in zip(places, counts, strict=True):
        name = shown_name(one.file, request.context)
        table.files.append(FileRows(name, start, start + count))
        table.fingerprints[name] = _fingerprint(one.file, [file for file, _ in rows[start : start + count]])
        start += count
    return table


def _pictures(given: Given, request: Request) -> list[tuple[Path, str | None]] | None:
    """The pictures of a folder, each with its class; None with the reason in the report."""
    root, context = given.file, request.context
    if root.is_file():
        return [(root, None)]
    name = shown_name(root, context)
    classes = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if classes and all(word.lower() in SPLIT_NAMES for word in classes):
        _refuse_split_folders(root, name, classes, given, context)
        return None
    found: list[tuple[Path, str | None]] = [(file, label) for label in classes for file in _files_in(root / label)]
    if not found and request.for_prediction:
        found = [(file, None) for file in _files_in(root)]
    if found:
        return found
    kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
    if _files_in(root):
        context.error(codes.UNREADABLE_DATA, f"the pictures in `{name}` are in no folder of a class", given.path,
                      help=f"put them into a folder for each class, such as `{root.name}/cat/1.png`")  # fmt: skip
    else:
        context.error(codes.UNREADABLE_DATA, f"there are no pictures in `{name}`", given.path,
                      help=f"it has a folder for each class, with files of the kinds {kinds}")  # fmt: skip
    return None


def _refuse_split_folders(root: Path, name: str, folders: list[str], given: Given, context: Context) -> None:
    parts = {SPLIT_NAMES[folder.lower()]: folder for folder in folders}
    keys = ("train", "validation", "test")
    cure = ", ".join(f"{keys[number]}: {root.name}/{folder}" for number, folder in sorted(parts.items()))
    context.error(codes.UNREADABLE_DATA, f"`{name}` has a folder for each split, not for each class", given.path,
                  help=f"write `images: {{{cure}}}`")  # fmt: skip


def _files_in(folder: Path) -> list[Path]:
    """The pictures below a folder, in the order of their paths."""
    found = []
    for place, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [inner for inner in folders if not inner.startswith(".")]
        found += [Path(place, file) for file in files if file.lower().endswith(SUFFIXES) and not file.startswith(".")]
    return sorted(found)


def _fingerprint(root: Path, files: list[Path]) -> str:
    """The sha256 over all pictures' paths and bytes; of a large folder, over paths and sizes."""
    digest = hashlib.sha256()
    sizes = [file.stat().st_size for file in files]
    whole = sum(sizes) <= HASHED_BYTES
    for file, size in zip(files, sizes, strict=True):
        inside = file.relative_to(root).as_posix() if file != root else file.name
        digest.update(f"{inside}\0{size}\0".encode())
        if whole:
            digest.update(file.read_bytes())
    return digest.hexdigest()
