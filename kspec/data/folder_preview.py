"""What a folder without a spec holds: files by class, by split and class, or pictures with their masks."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from kspec.data.array_preview import SPLIT_WORDS
from kspec.language.file_columns import CONTENT_SUFFIXES

MOST_FILES = 20_000
"""So many names are looked at."""
SOURCES = {"image": "images", "text": "texts", "audio": "audio"}
_MASKS = re.compile(r"mask|annot|segm|trimap|label|ground|^gt$|target", re.IGNORECASE)
PARTNERS = 0.5
"""The share of masks that must have a picture."""


class FolderSource(NamedTuple):
    """How a spec reads a folder.

    Args:
        source: `images`, `texts`, `audio` or `files`.
        setting: The folder, a folder for each split, or a pattern for each column.
    """

    source: str
    setting: str | dict[str, str]


def folder_source(folder: str) -> FolderSource | None:
    """How a spec reads a folder; None if its names do not tell."""
    parts = sorted(each for each in Path(folder).iterdir() if each.is_dir() and not each.name.startswith("."))
    splits = {split: part for split, words in SPLIT_WORDS.items() for part in parts if part.name.lower() in words}
    if "train" in splits and (content := _class_content(splits["train"])):
        return FolderSource(SOURCES[content], {split: part.as_posix() for split, part in splits.items()})
    masks = _masks(parts)
    if masks is not None:
        return FolderSource("files", masks)
    content = _class_content(Path(folder))
    return FolderSource(SOURCES[content], Path(folder).as_posix()) if content else None


def _class_content(folder: Path) -> str:
    """What the files of class folders hold; empty if there are fewer than two classes, or no such files."""
    contents = [_content(part) for part in folder.iterdir() if part.is_dir() and not part.name.startswith(".")]
    found = Counter(content for content in contents if content)
    content, classes = found.most_common(1)[0] if found else ("", 0)
    return content if classes > 1 else ""


def _content(folder: Path) -> str:
    """What most files below a folder hold; empty if no suffix tells."""
    counts: Counter[str] = Counter()
    for number, file in enumerate(folder.rglob("*")):
        if number >= MOST_FILES:
            break
        for content, suffixes in CONTENT_SUFFIXES.items():
            counts[content] += file.name.lower().endswith(suffixes)
    content, count = counts.most_common(1)[0] if counts else ("", 0)
    return content if count else ""


def _masks(parts: list[Path]) -> dict[str, str] | None:
    """The patterns of pictures and their masks in two folders; None if there are none."""
    names = {part: _names(part) for part in parts}
    found = [part for part in parts if _MASKS.search(part.name) and names[part]]
    others = [part for part in parts if part not in found and names[part]]
    if len(found) != 1 or len(others) != 1:
        return None
    (mask,), (photo,) = found, others
    (stems, suffix), (own, own_suffix) = names[photo] or ([], ""), names[mask] or ([], "")
    around = Counter(_around(stem, set(stems)) for stem in own)
    around.pop(None, None)
    if not around:
        return None
    place, count = around.most_common(1)[0]
    if place is None or count < PARTNERS * len(own):
        return None
    before, after = place
    return {
        "photo": f"{photo.as_posix()}/{{id}}{suffix}",
        "mask": f"{mask.as_posix()}/{before}{{id}}{after}{own_suffix}",
    }


def _names(folder: Path) -> tuple[list[str], str] | None:
    """The names of the images in a folder without their most frequent suffix, and that; None if it has none."""
    images = [each for each in folder.iterdir() if each.name.lower().endswith(CONTENT_SUFFIXES["image"])]
    if not images:
        return None
    suffix = Counter(each.suffix for each in images).most_common(1)[0][0]
    return [each.stem for each in images[:MOST_FILES] if each.suffix == suffix], suffix


def _around(name: str, stems: set[str]) -> tuple[str, str] | None:
    """What stands before and after the name of a picture in that of its mask; None if it has no picture."""
    for size in range(len(name), 0, -1):
        for start in range(len(name) - size + 1):
            if name[start : start + size] in stems:
                return name[:start], name[start + size :]
    return None
