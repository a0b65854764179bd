"""Columns that name files: the paths of pictures and sounds, or names that are completed to paths."""

from __future__ import annotations

import contextlib
import os
import statistics
import struct
import wave
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.computed_columns import NewColumn, computed_path
from kspec.data.files.image_size import image_size
from kspec.data.files.image_targets import mask_pixels
from kspec.data.table import Column, Table
from kspec.language.file_columns import CONTENT_SUFFIXES

LOOKED_AT = 50
"""So many files of a column are looked for, and their headers read."""
MOST_FOLDERS = 100
LEAST_SIDE, MOST_SIDE, LONGEST_SOUND = 32, 128, 32_000
"""The sides of an image and the samples of a sound that a new spec reads."""
LONG, LONG_SIDE = 2, 256
"""Images that are all so many times longer in one direction keep their proportions, and that side at most."""
LONGEST_TEXT = 1 << 14
"""How much of a text tells its length in words."""


class PathColumns(NamedTuple):
    """The columns of files of a table.

    Args:
        table: The table, in which they have the kind of what the files hold.
        columns: By column, the one that completes its names to paths.
        shapes: By column, the shape of an input that takes it.
    """

    table: Table
    columns: dict[str, NewColumn]
    shapes: dict[str, tuple[int, ...]]


def path_columns(table: Table, folder: Path, known: Collection[str] | None = None) -> PathColumns:
    """Finds the columns that name images or sounds.

    Args:
        table: The table.
        folder: The folder that paths are relative to.
        known: The columns of files, if the source tells them.
    """
    columns, new, shapes = dict(table.columns), dict[str, NewColumn](), dict[str, tuple[int, ...]]()
    for name, column in table.columns.items():
        if column.kind in ("image", "audio"):
            shapes[name] = usual_shape(column.kind, _files(column, folder, ("", "")))
            continue
        can_be_path = column.kind in ("text", "integer") and column.size == 1 and (known is None or name in known)
        found = _find(column, folder) if can_be_path else None
        if found is None:
            continue
        content, before, after = found
        shapes[name] = usual_shape(content, _files(column, folder, (before, after)))
        columns[name] = replace(column, kind=content)
        if before or after:
            new[name] = computed_path(name, before, after, columns)
    return PathColumns(replace(table, columns=columns) if shapes else table, new, shapes)


def with_contents(column: Column) -> Column:
    """A column with the texts of its files, of each as much as tells its length in words.

    Args:
        column: A column of paths.
    """
    import numpy

    texts = []
    for path in column.values.tolist():
        with open(path, "rb") as file:
            texts.append(file.read(LONGEST_TEXT).decode("utf-8", errors="replace"))
    return replace(column, values=numpy.array(texts, dtype=object), original_texts=None)


def _find(column: Column, folder: Path) -> tuple[Any, str, str] | None:
    """What the files of a column hold, and what stands before and after its values in their paths; None without."""
    texts = _some(column)
    if not texts or any(len(text) > 200 or "\0" in text for text in texts):
        return None
    for before, after in _completions(texts[0], folder):
        content = _content(texts[0] + after)
        if content and all(_content(text + after) == content for text in texts):
            found = [(folder / f"{before}{text}{after}").is_file() for text in texts]
            if sum(found) > len(texts) / 2:
                return content, before, after
    return None


def _completions(text: str, folder: Path) -> Iterator[tuple[str, str]]:
    """What can stand before and after a value in the path of its file."""
    suffixes = [""] if _content(text) else [suffix for _, own in _binary() for suffix in own]
    if not _content(text) and ("/" in text or not text.strip()):
        return
    with os.scandir(folder) as entries:
        parts = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    for part in ("", *parts[:MOST_FOLDERS]):
        before = f"{part}/" if part else ""
        for suffix in suffixes:
            if (folder / f"{before}{text}{suffix}").is_file():
                yield before, suffix


def _content(name: str) -> str:
    return next((content for content, suffixes in _binary() if name.lower().endswith(suffixes)), "")


def _binary() -> Iterable[tuple[str, tuple[str, ...]]]:
    return [(content, CONTENT_SUFFIXES[content]) for content in ("image", "audio")]


def _some(column: Column) -> list[str]:
    """Some of the known values, evenly spaced."""
    import numpy

    known = numpy.flatnonzero(~column.missing)
    rows = known[numpy.linspace(0, len(known) - 1, min(len(known), LOOKED_AT)).astype(int)] if len(known) else known
    return [str(text) for text in column.texts()[rows].tolist()]


def _files(column: Column, folder: Path, around: tuple[str, str]) -> list[Path]:
    before, after = around
    return [file for text in _some(column) if (file := folder / f"{before}{text}{after}").is_file()]


def usual_shape(content: str, files: Iterable[Path]) -> tuple[int, ...]:
    """The shape of an input for files: that of all images if it is one and small, else a square, or of long images a
    rectangle, within limits.

    Args:
        content: `image` or `audio`.
        files: The files.
    """
    if content == "audio":
        lengths = [length for file in files if (length := _samples(file))]
        return (min(int(statistics.median(lengths)), LONGEST_SOUND) if lengths else LONGEST_SOUND // 2,)
    found = []
    for file in files:
        with file.open("rb") as stream:
            size = image_size(stream)
        found += [size] if size is not None else []
    sizes = set(found)
    sides = [side for size in sizes for side in size]
    if len(sizes) == 1 and max(sides) <= MOST_SIDE:
        return (*next(iter(sizes)), 3)
    if sizes and (min(w / h for h, w in sizes) >= LONG or min(h / w for h, w in sizes) >= LONG):
        usual = [statistics.median(side) for side in zip(*found, strict=True)]
        shrunk = min(1.0, LONG_SIDE / max(usual))
        return (*(max(4, round(side * shrunk)) for side in usual), 3)
    side = int(statistics.median(sides)) if sides else MOST_SIDE
    side = next((power for power in (LEAST_SIDE, 64, MOST_SIDE) if power >= side), MOST_SIDE)
    return side, side, 3


def mask_classes(column: Column) -> tuple[int, bool]:
    """The number of classes in some masks, and whether 255 marks pixels of none.

    Args:
        column: A column of paths of masks.
    """
    import numpy

    values = {0}
    for path in _some(column):
        with contextlib.suppress(OSError, SyntaxError, ValueError):  # reading them for training reports it
            values |= set(numpy.unique(mask_pixels(Path(path).read_bytes())).tolist())
    others = values - {255}
    if max(others) < 1:
        return 2, False
    return max(others) + 1, 255 in values


def _samples(file: Path) -> int:
    """The samples of a WAV file; 0 if its header cannot be read."""
    try:
        with wave.open(str(file), "rb") as sound:
            return sound.getnframes()
    except (wave.Error, EOFError, struct.error):
        return 0
