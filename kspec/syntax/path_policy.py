"""What a spec may read and write, and where its paths lead."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from kspec.diagnostics import Report, Rule, Span, codes, did_you_mean
from kspec.syntax.regular_files import is_file, kind_of_file, open_regular, opened_path, shown_path, unusable_text

MAX_NAMES = 1_000
"""How many names of a folder are looked through for one to suggest."""


class Permissions(NamedTuple):
    """What the user lets a spec do beyond describing a model; the spec cannot grant it to itself.

    Args:
        code: Import Python modules.
        outside: Read and write files outside its folder, the working directory and the run folder.
        network: Open network connections.
        folders: The folders that it may read besides its own; by default the working directory.
    """

    code: bool = False
    outside: bool = False
    network: bool = False
    folders: tuple[str, ...] | None = None

    @classmethod
    def of(cls, options: Mapping[str, bool]) -> Permissions:
        """Permissions from the options `allow_code`, `allow_outside` and `allow_network`."""
        granted = {name.removeprefix("allow_"): value for name, value in options.items()}
        return cls(granted.get("code", False), granted.get("outside", False), granted.get("network", False))


class PathProblem(NamedTuple):
    """Why a path cannot be used."""

    rule: Rule
    message: str
    help: str
    label: str = ""

    @classmethod
    def of(cls, error: OSError, text: str) -> PathProblem:
        """The problem of a file that could not be opened or read.

        Args:
            error: What was raised.
            text: The path as the spec has it.
        """
        if isinstance(error, PathRefused):
            return error.problem
        reason = error.strerror or str(error) or type(error).__name__
        reason = f"{reason[:1].lower()}{reason[1:]}"
        return cls(codes.UNREADABLE_DATA, f"cannot read `{shown_path(text)}`: {reason}", "")

    def report(self, report: Report, span: Span | None) -> None:
        """Reports the problem at the path's place in the spec."""
        report.error(self.rule, self.message, span, label=self.label, help=self.help)


class PathRefused(OSError):
    """A file that was opened is not one that the spec may read.

    Args:
        problem: Why.
    """

    def __init__(self, problem: PathProblem) -> None:
        super().__init__(0, problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class PathPolicy:
    """The paths of a spec: reads are relative to its folder, writes to the run folder.

    A read must stay below the spec's folder or the working directory, links resolved; a write must stay in the run
    folder.

    Args:
        folder: The spec's folder.
        permissions: What the user allows the spec.
        run_folder: Where the run writes; by default the working directory.
    """

    folder: Path
    permissions: Permissions = field(default_factory=Permissions)
    run_folder: Path | None = None

    def locate(self, text: str, write: bool = False) -> str:
        """Where a path leads; a file to be written gets its folder. A URL stays as it is.

        Raises:
            PathRefused: If the spec may not read it.
        """
        if "://" in text:
            return text
        file = ((self.run_folder or Path.cwd()) if write else self.folder) / text
        problem = None if write else self.reading_problem(text, file)
        if problem is not None:  # it has come to lead elsewhere since the spec was checked
            raise PathRefused(problem)
        if write:
            file.parent.mkdir(parents=True, exist_ok=True)
        return str(file)

    def problem(self, text: str, *, write: bool = False) -> PathProblem | None:
        """Why the spec may not read (or write) a path; None if it may."""
        return self._writing_problem(text) if write else self.reading_problem(text, self.folder / text)

    def reading_problem(self, text: str, file: Path) -> PathProblem | None:
        """Why the spec may not read a file; None if it may.

        Args:
            text: The path as the spec has it.
            file: The file it leads to, where that is not simply relative to the spec's folder.
        """
        problem = self._special_problem(text)
        if problem is not None or "://" in text or self.permissions.outside:
            return problem
        try:
            target = os.path.realpath(file)
        except OSError as error:
            return PathProblem.of(error, text)
        return None if self._is_inside(target) else self._outside_problem(text, target, file)

    def open(self, text: str, file: Path | None = None) -> BinaryIO:
        """Opens a regular file for reading, and makes sure that the open file is one that the spec may read.

        Args:
            text: The path as the spec has it.
            file: The file it leads to, where that is not simply relative to the spec's folder.

        Raises:
            PathRefused: If the spec may not read it.
            OSError: If it cannot be opened, or is not a regular file.
        """
        path = self.folder / text if file is None else file
        problem = self.reading_problem(text, path)
        if problem is not None:
            raise PathRefused(problem)
        opened = open_regular(path)
        try:
            if not self.permissions.outside:  # the path may have come to lead elsewhere after it was looked at
                target = opened_path(opened, str(path))
                if not self._is_inside(target):
                    raise PathRefused(self._outside_problem(text, target, path))
        except BaseException:  # Ctrl-C too: whatever ends the look, the file must not stay open
            opened.close()
            raise
        return opened

    def open_file(self, path: str | os.PathLike[str]) -> BinaryIO:
        """Opens a file by where it is, as `open` does.

        Raises:
            PathRefused: If the spec may not read it.
            OSError: If it cannot be opened, or is not a regular file.
        """
        return self.open(os.fspath(path), Path(path))

    def _is_inside(self, target: str) -> bool:
        folders = self.permissions.folders
        roots = (str(self.folder), *((os.getcwd(),) if folders is None else folders))
        return any(Path(target).is_relative_to(os.path.realpath(root)) for root in roots)

    def _outside_problem(self, text: str, target: str, file: Path) -> PathProblem:
        link = " (through a link)" if target != os.path.abspath(file) else ""
        folders = self.permissions.folders
        beside = (
            " and the working directory" if folders is None else " and the folders that are open" if folders else ""
        )
        return PathProblem(
            codes.PATH_OUTSIDE_FOLDER,
            f"`{shown_path(text)}` lies outside the spec's folder{beside}{link}",
            "copy it into the spec's folder, or allow it with --allow-outside",
        )

    def _writing_problem(self, text: str) -> PathProblem | None:
        problem = self._special_problem(text)
        if problem is not None or "://" in text or self.permissions.outside:
            return problem
        if not (os.path.isabs(text) or os.path.splitdrive(text)[0] or os.path.normpath(text).startswith("..")):
            return None
        return PathProblem(
            codes.PATH_OUTSIDE_FOLDER,
            f"`{shown_path(text)}` would be written outside the run folder",
            "use a path relative to the run folder, or allow it with --allow-outside",
        )

    def _special_problem(self, text: str) -> PathProblem | None:
        """Why a URL, or a text that cannot be a path, cannot be used."""
        unusable = unusable_text(text)
        if unusable:
            return PathProblem(codes.UNREADABLE_DATA, unusable, "")
        if "://" not in text or self.permissions.network:
            return None
        return PathProblem(
            codes.NETWORK_ACCESS,
            f"`{shown_path(text)}` would open a network connection",
            "allow it with --allow-network, if you trust the spec",
        )

    def file_problem(
        self, text: str, file: Path | None = None, *, suffixes: tuple[str, ...] = ("",)
    ) -> PathProblem | None:
        """Why the spec cannot read a file: it may not, or the file does not exist; None if it can.

        Args:
            text: The path as the spec has it.
            file: The file it leads to, where that is not simply relative to the spec's folder.
            suffixes: The endings of files to suggest instead.
        """
        file = self.folder / text if file is None else file
        problem = self.reading_problem(text, file)
        if problem is not None or is_file(file):
            return problem
        try:
            file.stat()
        except FileNotFoundError:
            return _not_found(text, file, suffixes)
        except OSError as error:
            return PathProblem.of(error, text)
        kind = kind_of_file(file) or "no regular file"
        return PathProblem(codes.UNREADABLE_DATA, f"`{shown_path(text)}` is {kind}, not a file", "")


def _not_found(text: str, file: Path, suffixes: tuple[str, ...]) -> PathProblem:
    return PathProblem(
        codes.UNREADABLE_DATA,
        f"file `{shown_path(text)}` not found" + (": it is a link that leads nowhere" if file.is_symlink() else ""),
        "paths are relative to the spec's folder",
        did_you_mean(file.name, [name for name in names_beside(file) if name.endswith(suffixes)]),
    )


def names_beside(file: Path) -> list[str]:
    """The names in the folder of a file, to suggest one: at most a thousand, those that can be printed."""
    try:
        with os.scandir(file.parent) as entries:
            names = [entry.name for entry in islice(entries, MAX_NAMES)]
    except (OSError, ValueError):
        return []
    return sorted(name for name in names if name.isprintable())
