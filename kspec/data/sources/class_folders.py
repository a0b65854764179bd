"""The sources `images`, `texts` and `audio`: a folder with one folder of files per class.

The columns are `image`, `text` or `audio`, and `class`. As in Keras's `image_dataset_from_directory`, the classes are
the names of the folders, sorted; the files of a class are sorted by path and include those of subfolders.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kspec.data.context import Context, display_name
from kspec.data.files.image_size import image_size
from kspec.data.limits import LimitReached, check_pixels, too_many_files
from kspec.data.sources.read_request import Request, SourceFile, row_splits, source_files
from kspec.data.split import SPLIT_NAMES
from kspec.data.table import Column, FileRows, Kind, Table
from kspec.diagnostics import codes
from kspec.language.file_columns import CONTENT_SUFFIXES
from kspec.language.source_files import SPLITS
from kspec.syntax.globs import TooManyEntries, files_below
from kspec.syntax.path_policy import PathProblem, PathRefused
from kspec.syntax.regular_files import printable_path

SHOWN = 3
HASHED_BYTES = 1 << 30
"""The fingerprint of a larger folder covers only names and sizes: reading all bytes would take too long."""
_BLOCK = 1 << 20


class FolderContent(NamedTuple):
    """What the files of a source hold.

    Args:
        column: The name and kind of the column of files.
        noun: One of them, for messages.
        plural: Several of them.
        source: The name of the source.
    """

    column: Literal["image", "audio", "text"]
    noun: str
    plural: str
    source: str

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the files."""
        return CONTENT_SUFFIXES[self.column]

    def of(self, files: list[Path]) -> list[Path]:
        """The files with these suffixes."""
        return [file for file in files if file.name.lower().endswith(self.suffixes)]

    @property
    def listed(self) -> str:
        """The suffixes in words."""
        return ", ".join(suffix[1:] for suffix in self.suffixes)


def read_folders(setting: Any, request: Request, content: FolderContent) -> Table | None:
    """Reads a row for each file: its path, which is decoded when the size of the input is known, and its class.

    For predictions, a folder without class folders, or single files, also work.

    Args:
        setting: A folder, a glob, a list of them, or one of these for each split.
        request: What is read.
        content: What the files hold.

    Returns:
        The table; None if there are errors.
    """
    import numpy

    is_file = request.for_prediction and isinstance(setting, str) and setting.lower().endswith(content.suffixes)
    sources = source_files(setting, request, folder=not is_file)
    if sources is None:
        return None
    files_by_source = [_class_files(source, request, content) for source in sources]
    if None in files_by_source:
        return None
    rows = [row for group in files_by_source for row in group or ()]
    counts = [len(group or ()) for group in files_by_source]
    missing = numpy.zeros(len(rows), bool)
    files = numpy.array([os.path.realpath(file) for file, _ in rows], dtype=object)
    kind: Kind = "image" if content.column == "image" else "text"  # texts and sounds are read later
    columns: dict[str, Column] = {content.column: Column(content.column, kind, files, missing)}
    if all(label is not None for _, label in rows):
        columns["class"] = Column("class", "text", numpy.array([label for _, label in rows], dtype=object), missing)
    table = Table(columns, len(rows), row_splits=row_splits(sources, counts))
    table.names = [display_name(file, request.context) for file, _ in rows]
    start = 0
    for source, count in zip(sources, counts, strict=True):
        name = display_name(source.file, request.context)
        table.files.append(FileRows(name, start, start + count))
        digest = _fingerprint(source, [file for file, _ in rows[start : start + count]], request.context)
        if digest is None:
            return None
        table.fingerprints[name] = digest
        start += count
    return table


def names(content: FolderContent) -> list[str]:
    """The columns of a source."""
    return [content.column, "class"]


def _class_files(source: SourceFile, request: Request, content: FolderContent) -> list[tuple[Path, str | None]] | None:
    """The files of a folder, each with its class; None if there are errors.

    Args:
        source: The folder, or a single file.
        request: What is read.
        content: What the files hold.
    """
    root, context = source.file, request.context
    if root.is_file():
        return [(root, None)]
    name = display_name(root, context)
    try:
        loose, by_class = _files_by_class(root, context)
    except TooManyEntries:
        context.limit(too_many_files(name, context.limits), source.path)
        return None
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
        return None
    classes = list(by_class)
    files: list[tuple[Path, str | None]] = [(file, label) for label in classes for file in content.of(by_class[label])]
    every = [*loose, *(file for files in by_class.values() for file in files)]
    if not files and request.for_prediction:
        files = [(file, None) for file in sorted(content.of(every))]
    if files and not are_splits(classes):
        found = dict(files)
        _warn_of_other_files(source, classes if files[0][1] is not None else [], found, every, content, context)
        return files
    report_folder(source, classes, loose, content, context)
    return None


def are_splits(classes: Collection[str]) -> bool:
    """Whether the folders of a folder are those of splits, and not of classes."""
    return bool(classes) and all(label.lower() in SPLIT_NAMES for label in classes)


def report_folder(
    source: SourceFile, classes: Collection[str], loose: list[Path], content: FolderContent, context: Context
) -> None:
    """Reports a folder without files in class folders.

    Args:
        source: The folder.
        classes: The names of the folders in it.
        loose: The files in it.
        content: What the files should hold.
        context: Receives the error.
    """
    root, name = source.file, display_name(source.file, context)
    if are_splits(classes):
        folders = {SPLIT_NAMES[label.lower()]: label for label in classes}
        splits = ", ".join(f"{SPLITS[number]}: {root.name}/{folder}" for number, folder in sorted(folders.items()))
        message, help = f"`{name}` has a folder per split, not per class", f"write `{content.source}: {{{splits}}}`"
    elif content.of(loose):
        message = f"the {content.plural} in `{name}` are not in class folders"
        help = f"put them into one folder per class, such as `{root.name}/cat/1{content.suffixes[0]}`"
    else:
        message = f"no {content.plural} in `{name}`"
        help = f"it needs one folder per class with files of type {content.listed}"
    context.error(codes.UNREADABLE_DATA, message, source.path, help=help)


def _files_by_class(root: Path, context: Context) -> tuple[list[Path], dict[str, list[Path]]]:
    """The files of a folder that are not hidden: those in no class folder, and those of each class, sorted.

    Raises:
        TooManyEntries: If there are more than the limit.
        PathRefused: If a class folder is a link to a folder that may not be read.
    """
    loose, classes, left = [], [], context.limits.files
    with os.scandir(root) as entries:
        for entry in entries:
            left -= 1
            if left < 0:
                raise TooManyEntries
            if entry.name.startswith("."):
                continue
            if not entry.is_dir():
                loose.append(root / entry.name)
                continue
            problem = context.reading_problem(root / entry.name) if entry.is_symlink() else None
            if problem is not None:
                raise PathRefused(problem)
            classes.append(entry.name)
    by_class: dict[str, list[Path]] = {}
    for label in sorted(classes):
        files = sorted(files_below(root / label, left))
        by_class[printable_path(label)] = files
        left -= len(files)
    return sorted(loose), by_class


def _warn_of_other_files(
    source: SourceFile,
    classes: list[str],
    found: Mapping[Path, str | None],
    every: list[Path],
    content: FolderContent,
    context: Context,
) -> None:
    """Warns of the files that are not read, and of the class folders without any that are (KS521).

    Args:
        source: The folder.
        classes: The names of its class folders.
        found: The files that are read, each with its class.
        every: All files of the folder.
        content: What the files hold.
        context: Receives the warning.
    """
    root = source.file
    others = [file for file in every if file not in found]
    empty = sorted(set(classes) - set(found.values()))
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
        problems.append(f"{named}{more} {without}: no {content.noun} was found there")
    context.warning(
        codes.FILES_LEFT_OUT,
        "; ".join(problems),
        source.path,
        help=f"kspec reads {content.listed}; convert {content.plural} of other kinds, "
        f"and remove files that are no {content.plural}",
    )


def _fingerprint(source: SourceFile, files: list[Path], context: Context) -> str | None:
    """The SHA-256 of the paths and bytes of all files; of a large folder, of the paths and sizes.

    Args:
        source: The folder, or the only file.
        files: Its files.
        context: Receives the first file that cannot be read, or is too large.

    Returns:
        The digest; None after an error.
    """
    root, file = source.file, source.file
    digest = hashlib.sha256()
    try:
        read_bytes = sum(os.stat(file).st_size for file in files) <= HASHED_BYTES
        for file in files:
            with context.open(file) as stream:
                size = os.fstat(stream.fileno()).st_size
                check_pixels(image_size(stream), display_name(file, context), context.limits)
                inside = file.relative_to(root).as_posix() if file != root else file.name
                digest.update(os.fsencode(f"{inside}\0{size}\0"))
                stream.seek(0)
                while read_bytes and (block := stream.read(_BLOCK)):
                    digest.update(block)
    except LimitReached as reached:
        context.limit(reached, source.path)
        return None
    except OSError as error:
        name = display_name(Path(error.filename or file), context)
        PathProblem.of(error, name).report(context.report, context.span(source.path))
        return None
    return digest.hexdigest()
