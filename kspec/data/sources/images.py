"""The source `images`: a folder with one folder of images per class; its columns are `image` and `class`.

As in Keras's `image_dataset_from_directory`, the classes are the names of the folders, sorted; the images of a class
are sorted by path and include those of subfolders.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import Any

from kspec.data.context import display_name
from kspec.data.sources.read_request import Request, SourceFile, row_splits, source_files
from kspec.data.split import SPLIT_NAMES
from kspec.data.table import Column, FileRows, Table
from kspec.diagnostics import codes
from kspec.language import data
from kspec.language.data import SPLITS

SUFFIXES = data.SUFFIXES["images"]
SHOWN = 3
HASHED_BYTES = 1 << 30
"""The fingerprint of a larger folder covers only names and sizes: reading all bytes would take too long."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads a row for each image: its path (decoded when the size of the input is known) and its class.

    For predictions, a folder without class folders, or image files, also work.
    """
    import numpy

    is_file = request.for_prediction and isinstance(setting, str) and setting.lower().endswith(SUFFIXES)
    sources = source_files(setting, request, folder=not is_file)
    if sources is None:
        return None
    images = [_class_images(source, request) for source in sources]
    if None in images:
        return None
    rows = [row for group in images for row in group or ()]
    counts = [len(group or ()) for group in images]
    missing = numpy.zeros(len(rows), bool)
    columns = {"image": Column("image", "image", numpy.array([str(file) for file, _ in rows], dtype=object), missing)}
    if all(label is not None for _, label in rows):
        columns["class"] = Column("class", "text", numpy.array([label for _, label in rows], dtype=object), missing)
    table = Table(columns, len(rows), row_splits=row_splits(sources, counts))
    table.names = [display_name(file, request.context) for file, _ in rows]
    start = 0
    for source, count in zip(sources, counts, strict=True):
        name = display_name(source.file, request.context)
        table.files.append(FileRows(name, start, start + count))
        table.fingerprints[name] = _fingerprint(source.file, [file for file, _ in rows[start : start + count]])
        start += count
    return table


def _class_images(source: SourceFile, request: Request) -> list[tuple[Path, str | None]] | None:
    """The images of a folder, each with its class; None if there are errors."""
    root, context = source.file, request.context
    if root.is_file():
        return [(root, None)]
    name = display_name(root, context)
    classes = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    images: list[tuple[Path, str | None]] = [(file, label) for label in classes for file in _files_in(root / label)]
    if not images and request.for_prediction:
        images = [(file, None) for file in _files_in(root)]
    if classes and all(label.lower() in SPLIT_NAMES for label in classes):
        folders = {SPLIT_NAMES[label.lower()]: label for label in classes}
        splits = ", ".join(f"{SPLITS[number]}: {root.name}/{folder}" for number, folder in sorted(folders.items()))
        message, help = f"`{name}` has a folder per split, not per class", f"write `images: {{{splits}}}`"
    elif images:
        _warn_of_other_files(source, classes if images[0][1] is not None else [], images, request)
        return images
    elif _files_in(root):
        message = f"the images in `{name}` are not in class folders"
        help = f"put them into one folder per class, such as `{root.name}/cat/1.png`"
    else:
        message = f"no images in `{name}`"
        help = f"it needs one folder per class with files of type {', '.join(suffix[1:] for suffix in SUFFIXES)}"
    context.error(codes.UNREADABLE_DATA, message, source.path, help=help)
    return None


def _warn_of_other_files(
    source: SourceFile, classes: list[str], images: list[tuple[Path, str | None]], request: Request
) -> None:
    """Warns of the files that are not read, and of the class folders without images (KS521).

    Args:
        source: The folder.
        classes: The names of its class folders.
        images: The images that are read, each with its class.
        request: What is read.
    """
    root, context = source.file, request.context
    read = {file for file, _ in images}
    others = [file for file in _all_files_in(root) if file not in read]
    empty = sorted(set(classes) - {label for _, label in images})
    if not others and not empty:
        return
    name, problems = display_name(root, context), []
    if others:
        kinds = Counter(file.suffix.lower() or file.name for file in others)
        shown = kinds.most_common(SHOWN)
        rest = len(others) - sum(count for _, count in shown)
        listed = ", ".join(f"{count} {kind}" for kind, count in shown) + (f" and {rest} others" if rest else "")
        count = f"{len(others)} files in `{name}` are" if len(others) > 1 else f"1 file in `{name}` is"
        problems.append(f"{count} not read: {listed}")
    if empty:
        named = ", ".join(f"`{label}`" for label in empty[:SHOWN])
        more = f" and {len(empty) - SHOWN} more" if len(empty) > SHOWN else ""
        without = "are no classes" if len(empty) > 1 else "is no class"
        problems.append(f"{named}{more} {without}: no image was found there")
    context.warning(
        codes.FILES_LEFT_OUT,
        "; ".join(problems),
        source.path,
        help=f"kspec reads {', '.join(suffix[1:] for suffix in SUFFIXES)}; convert images of other kinds, "
        "and remove files that are no images",
    )


def _files_in(folder: Path) -> list[Path]:
    """The images below a folder, sorted by path."""
    return [file for file in _all_files_in(folder) if file.name.lower().endswith(SUFFIXES)]


def _all_files_in(folder: Path) -> list[Path]:
    """The files below a folder that are not hidden, sorted by path."""
    result: list[Path] = []
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [inner for inner in folders if not inner.startswith(".")]
        result += [Path(parent, file) for file in files if not file.startswith(".")]
    return sorted(result)


def _fingerprint(root: Path, files: list[Path]) -> str:
    """The SHA-256 of the paths and bytes of all images; of a large folder, of the paths and sizes."""
    digest = hashlib.sha256()
    sizes = [file.stat().st_size for file in files]
    read_bytes = sum(sizes) <= HASHED_BYTES
    for file, size in zip(files, sizes, strict=True):
        inside = file.relative_to(root).as_posix() if file != root else file.name
        digest.update(f"{inside}\0{size}\0".encode())
        if read_bytes:
            digest.update(file.read_bytes())
    return digest.hexdigest()
