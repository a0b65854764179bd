"""Folders of tables: files of one form, a file for each split, an array in each file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.array_preview import SPLIT_WORDS, array_splits
from kspec.language.data import SUFFIXES, without_packing
from kspec.syntax.numpy_files import read_header

TABLES = ("csv", "parquet", "json", "arrow", "excel", "npz", "npy")
MOST_FILES = 10_000


class FolderTables(NamedTuple):
    """The tables of a folder.

    Args:
        source: What reads them.
        files: The files, by the word for their split if that tells; else in order.
        splits: Split → file; nothing if the files are parts of one table.
    """

    source: str
    files: list[Path]
    splits: dict[str, Path]


def tables_of_folder(folder: Path) -> FolderTables | None:
    """The tables of a folder, of the source that most of its files have; None if it has none."""
    names = sorted(each for _, each in zip(range(MOST_FILES), folder.iterdir(), strict=False) if each.is_file())
    found: dict[str, list[Path]] = {}
    for file in names:
        suffix = Path(without_packing(file.name.lower())).suffix
        source = next((source for source in TABLES if suffix in SUFFIXES[source]), None)
        if source is not None and suffix != ".txt":
            found.setdefault(source, []).append(file)
    if not found:
        return None
    source, files = max(found.items(), key=lambda item: len(item[1]))
    splits = {split: file for split, words in SPLIT_WORDS.items() for file in files if _stem(file) in words}
    return FolderTables(source, files, splits if "train" in splits and len(splits) > 1 else {})


def common_glob(files: list[Path]) -> str:
    """The glob of the files of one folder."""
    suffixes = {"".join(file.suffixes[-1:]) for file in files}
    suffix = next(iter(suffixes)) if len(suffixes) == 1 else ".*"
    return f"{files[0].parent.as_posix()}/*{suffix}"


def arrays_of_files(files: list[Path]) -> dict[str, Any]:
    """The setting of `npy:` for files of one array each: column → file, or that for each split.

    Args:
        files: The files; those that are no arrays, or have another number of examples than most, are left out.
    """
    lengths: dict[str, int] = {}
    for file in files:
        try:
            with file.open("rb") as stream:
                shape = read_header(stream)[2]
        except (OSError, ValueError):
            continue
        lengths |= {file.stem: int(shape[0])} if shape and shape[0] else {}
    places: Mapping[str, str] = {file.stem: file.as_posix() for file in files}
    splits = array_splits(lengths)
    if splits:
        return {split: {column: places[array] for column, array in own.items()} for split, own in splits.items()}
    counts = list(lengths.values())
    usual = max(counts, key=lambda count: (counts.count(count), count), default=0)
    return {name: places[name] for name, length in lengths.items() if length == usual}


def _stem(file: Path) -> str:
    return without_packing(file.name).split(".")[0].lower()
