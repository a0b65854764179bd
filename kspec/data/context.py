"""The context in which data is read: the spec, the report, and how a path becomes files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from kspec.data.limits import LimitReached, too_many_files
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import Report, Rule, Span, codes, nearest
from kspec.language import Spec
from kspec.language.data_limits import Limits
from kspec.syntax.globs import TooManyEntries, is_glob, matches
from kspec.syntax.path_policy import PathProblem, names_beside
from kspec.syntax.regular_files import (
    kind_of_file,
    open_regular,
    printable_path,
    read_in_place,
    shown_path,
    unusable_text,
)

if TYPE_CHECKING:
    from kspec.data.storage.disk_space import DiskFull

REMOTE = "://"
MAX_FOLDERS = 100
"""How many subfolders are searched for a missing file, to suggest it."""
BRIEFLY = 20_000
"""How many names a glob looks at in a brief context."""

T = TypeVar("T")


class InvalidData(Exception):
    """The data cannot be used; the reasons have been reported."""


@dataclass(slots=True)
class Context:
    """Which part of a spec names the data, and where problems are reported.

    Args:
        spec: The spec.
        report: Receives every problem.
        source_path: The setting that names the source, such as `("data", "csv")`; None for data named on the command
            line or in Python, whose paths are relative to the working directory and may lie anywhere.
        argument: The command-line argument, where problems of such data are reported.
        is_new: Whether the data is not that of training, so that the spec cannot be changed to fit it.
        is_brief: Whether globs give up in large folders, as while somebody types.
    """

    spec: Spec
    report: Report
    source_path: SpecPath | None
    argument: Span | None = None
    is_new: bool = False
    is_brief: bool = False
    opened: dict[str, list[int]] = field(default_factory=dict)
    """By file that has been opened, its size, inode and time of change."""
    found: list[list[Any]] = field(default_factory=list)
    """Arguments of `find`, with the files found."""
    warnings: list[list[Any]] = field(default_factory=list)
    """Arguments of `warning`."""
    _errors_before: int = field(init=False)

    def __post_init__(self) -> None:
        self._errors_before = self.report.errors

    def stop_on_errors(self) -> None:
        """Raises InvalidData if an error has been reported since the context was created."""
        if self.report.errors > self._errors_before:
            raise InvalidData

    def require(self, value: T | None) -> T:
        """The value of a stage; raises InvalidData if it is None, or if an error has been reported."""
        self.stop_on_errors()
        if value is None:
            raise InvalidData
        return value

    def remedy(self, help: str) -> str:
        """The help for values that the model cannot take: for training data as given, else to correct the data."""
        return "correct the data: the model takes what it was trained on" if self.is_new else help

    def span(self, path: SpecPath | None, *, key: bool = False) -> Span | None:
        """The span of a value in the spec, or of its key.

        A value of several lines is reported at its key; a default, at the key of the nearest section in the spec.
        """
        if path is None or self.source_path is None:
            return self.argument
        positions = self.spec.positions
        if path not in positions.values:
            key = True
            while path and path not in positions.values:
                path = path[:-1]
        value = positions.value(path)
        return positions.key(path) if key or value.line != value.end_line else value

    def error(
        self, rule: Rule, message: str, path: SpecPath | None, *, key: bool = False, label: str = "", help: str = ""
    ) -> None:
        """Reports an error at a value of the spec, or at its key.

        Args:
            rule: The code, from `kspec.diagnostics.codes`.
            message: One plain sentence, without a full stop.
            path: The value's place in the spec; None if the spec does not name it.
            key: Whether to report it at the key.
            label: A few words after the underline.
            help: What to write instead.
        """
        self.report.error(rule, message, self.span(path, key=key), label=label, help=help)

    def warning(self, rule: Rule, message: str, path: SpecPath | None, *, help: str = "") -> None:
        """Reports a warning at a value of the spec.

        Args:
            rule: The code, from `kspec.diagnostics.codes`.
            message: One plain sentence, without a full stop.
            path: The value's place in the spec; None if the spec does not name it.
            help: What to write instead.
        """
        self.warnings.append([rule, message, path, help])
        self.report.warning(rule, message, self.span(path), help=help)

    def find(self, paths: str | list[str], path: SpecPath | None, *, folder: bool = False) -> list[Path] | None:
        """Finds the files (or, with `folder`, the folders) that a source names.

        Args:
            paths: A path, a glob, or a list of them. The files of a glob are sorted by name.
            path: The setting that names them; None if the spec does not.
            folder: Whether folders are wanted.

        Returns:
            Each file once; None if a path is wrong, which is reported.
        """
        files = self._find(paths, path, folder)
        self.found.append([paths, path, folder, None if files is None else [str(file) for file in files]])
        return files

    def _find(self, paths: str | list[str], path: SpecPath | None, folder: bool) -> list[Path] | None:
        if isinstance(paths, str):
            return self._find_one(paths, path, folder)
        matches = [
            self._find_one(text, None if path is None else (*path, number), folder) for number, text in enumerate(paths)
        ]
        files = dict.fromkeys(file for match in matches for file in match or ())
        return None if None in matches else list(files)

    def _find_one(self, text: str, path: SpecPath | None, folder: bool) -> list[Path] | None:
        if REMOTE in text:
            message = f"`{text}` is a URL: kspec reads data only from files"
            self.error(codes.NETWORK_ACCESS, message, path, help="download the data and name the file")
            return None
        if unusable := unusable_text(text):
            self.error(codes.UNREADABLE_DATA, unusable, path)
            return None
        pattern = self.folder / os.path.expanduser(text)
        matching = is_glob(text) and not os.path.exists(pattern)
        files = self.matches(text, path) if matching else [pattern]
        if files is None:
            return None
        if matching and not folder:
            files = [file for file in files if not file.is_dir()]
        if not files:
            message = f"no file matches `{shown_path(text)}`"
            self.error(codes.UNREADABLE_DATA, message, path, help=f"looked in {_short(self.folder)}")
            return None
        if self.source_path is not None and not all(self._is_allowed(file, text, path) for file in files):
            return None
        return files if all(self._is_readable(file, text, path, folder) for file in files) else None

    @property
    def folder(self) -> Path:
        """The folder that paths are relative to."""
        return Path.cwd() if self.source_path is None else self.spec.folder

    def matches(self, text: str, path: SpecPath | None) -> list[Path] | None:
        """The files and folders that match a glob.

        Args:
            text: The glob.
            path: The setting that states it; None if the spec does not.

        Returns:
            Sorted paths; None if the glob leads into a folder that may not be read, or too far, which is reported.
        """
        refused: list[PathProblem] = []

        def may_enter(entered: Path) -> bool:
            problem = None if self.source_path is None else self.spec.paths.reading_problem(text, entered)
            refused.extend([] if problem is None else [problem])
            return problem is None

        try:
            limit = min(self.limits.files, BRIEFLY) if self.is_brief else self.limits.files
            files = matches(self.folder, os.path.expanduser(text), may_enter, limit)
        except TooManyEntries:
            if self.is_brief:
                return None
            self.limit(too_many_files(shown_path(text), self.limits), path)
            return None
        if refused:
            refused[0].report(self.report, self.span(path))
            return None
        return files

    @property
    def limits(self) -> Limits:
        """How much the data may take."""
        data = self.spec.document.data
        return Limits() if data is None else data.limits

    def limit(self, reached: LimitReached, path: SpecPath | None) -> None:
        """Reports a limit that data has reached.

        Args:
            reached: The limit.
            path: The setting that names the data.
        """
        self.error(reached.rule, str(reached), path, help=reached.help)

    def disk_full(self, full: DiskFull) -> None:
        """Reports that the disk cannot hold the arrays of the data."""
        self.error(
            codes.DISK_FULL,
            f"the data is larger than a part of memory, and the disk cannot hold it: {full}",
            self.source_path,
            help="free disk space, or set the environment variable KSPEC_CACHE to a folder on another disk",
        )

    def open(self, file: Path) -> BinaryIO:
        """Opens a file of the data.

        Raises:
            PathRefused: If the spec may not read it.
            OSError: If it cannot be opened, or is not a regular file.
        """
        stream = (
            open_regular(file) if self.source_path is None else self.spec.paths.open(display_name(file, self), file)
        )
        about = os.fstat(stream.fileno())
        known = [about.st_size, about.st_ino, about.st_mtime_ns]
        if self.opened.setdefault(str(file), known) != known:
            self.opened[str(file)] = []  # it changed while it was read
        return stream

    def read(self, file: Path) -> bytes:
        """The bytes of a file of the data.

        Raises:
            PathRefused: If the spec may not read it.
            OSError: If it cannot be opened, or is not a regular file.
        """
        with self.open(file) as stream:
            return stream.read()

    def read_in_place(self, path: str) -> tuple[bytes, tuple[int, ...]] | None:
        """As `regular_files.read_in_place`, of a file of the data that has been opened before."""
        return read_in_place(path)

    def reading_problem(self, file: Path) -> PathProblem | None:
        """Why a file or folder of the data may not be read; None if it may."""
        return None if self.source_path is None else self.spec.paths.reading_problem(display_name(file, self), file)

    def _is_allowed(self, file: Path, text: str, path: SpecPath | None) -> bool:
        problem = self.spec.paths.reading_problem(text, file)
        if problem is not None:
            problem.report(self.report, self.span(path))
        return problem is None

    @staticmethod
    def _exists(file: Path) -> bool:
        """Whether there is a file; raises OSError if nobody can tell, as in a circle of links."""
        try:
            file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def _is_readable(self, file: Path, text: str, path: SpecPath | None, folder: bool) -> bool:
        label, text = "", shown_path(text)
        try:
            if not self._exists(file):
                message = f"{'folder' if folder else 'file'} `{text}` not found"
                message += ": it is a link that leads nowhere" if file.is_symlink() else ""
                label = _suggestion(file, text)
                help = _searched(file, self.spec.folder if self.source_path is not None else None)
            elif file.is_dir() and not folder:
                message, help = f"`{text}` is a folder, not a file", _help_for_folder(file)
            elif folder and not file.is_dir():
                message, help = f"`{text}` is a file, not a folder", "name the folder that contains a folder per class"
            elif not file.is_dir() and not file.is_file():
                message, help = f"`{text}` is {kind_of_file(file) or 'no regular file'}, not a file", ""
            elif not os.access(file, os.R_OK):
                message, help = f"cannot read `{text}`: permission denied", ""
            elif not folder and file.stat().st_size == 0:
                message, help = f"`{text}` is empty", ""
            else:
                return True
        except OSError as error:
            message, help = PathProblem.of(error, text).message, ""
        self.error(codes.UNREADABLE_DATA, message, path, label=label, help=help)
        return False


def display_name(file: Path, context: Context) -> str:
    """A file's name in messages: relative to the spec's folder if the file is below it."""
    name = os.path.realpath(file)
    folder = os.path.realpath(context.spec.folder)
    return printable_path(Path(name).relative_to(folder) if Path(name).is_relative_to(folder) else str(file))


def _short(folder: Path) -> str:
    relative = os.path.relpath(folder)
    return "the current folder" if relative == "." else str(folder) if relative.startswith("..") else relative


def _suggestion(file: Path, text: str) -> str:
    """A file to suggest: one with a similar name in the same folder, or the same name a folder up or down.

    Args:
        file: The missing file.
        text: Its path as the spec has it.
    """
    path = PurePath(text)
    siblings = names_beside(file)
    below = [name for name in siblings[:MAX_FOLDERS] if os.path.exists(file.parent / name / file.name)]
    above = len(path.parts) > 1 and os.path.exists(file.parent.parent / file.name)
    similar = nearest(file.name, siblings)
    if below:
        suggestion = path.parent / below[0] / file.name
    elif similar:
        suggestion = path.with_name(similar)
    elif above:
        suggestion = path.parent.with_name(file.name)
    else:
        return ""
    return f"did you mean `{suggestion.as_posix()}`?"


def _searched(file: Path, spec_folder: Path | None) -> str:
    """Where a missing file was searched; a path in a spec is relative to the spec's folder."""
    base = "" if spec_folder is None else "; paths are relative to the spec's folder"
    if spec_folder is not None and file.parent.resolve() == spec_folder.resolve():
        return f"looked in the spec's folder, {_short(file.parent)}/".removesuffix(", the current folder/")
    if file.parent.is_dir():
        return f"looked in {_short(file.parent)}{base}"
    return f"folder `{_short(file.parent)}` does not exist{base}"


def _help_for_folder(folder: Path) -> str:
    names = names_beside(folder / "any")
    for suffix in (".csv", ".parquet"):
        if any(name.endswith(suffix) for name in names):
            return f"name a file, or all files with a glob: `{folder.name}/*{suffix}`"
    return "name a file; a folder of images is read with `images:`"
