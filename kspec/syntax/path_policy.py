"""What a spec may read and write, and where its paths lead."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kspec.diagnostics import Report, Rule, Span, codes, did_you_mean


class Permissions(NamedTuple):
    """What the user lets a spec do beyond describing a model; the spec cannot grant it to itself.

    Args:
        code: Import Python modules.
        outside: Read and write files outside its folder, the working directory and the run folder.
        network: Open network connections.
    """

    code: bool = False
    outside: bool = False
    network: bool = False

    @classmethod
    def of(cls, options: Mapping[str, bool]) -> Permissions:
        """Permissions from the options `allow_code`, `allow_outside` and `allow_network`."""
        return cls(**{name.removeprefix("allow_"): value for name, value in options.items()})


class PathProblem(NamedTuple):
    """Why a path cannot be used."""

    rule: Rule
    message: str
    help: str
    label: str = ""

    def report(self, report: Report, span: Span | None) -> None:
        """Reports the problem at the path's place in the spec."""
        report.error(self.rule, self.message, span, label=self.label, help=self.help)


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
        """Where a path leads; a file to be written gets its folder. A URL stays as it is."""
        if "://" in text:
            return text
        file = ((self.run_folder or Path.cwd()) if write else self.folder) / text
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
        if "://" in text or "\0" in text:
            return self._special_problem(text)
        if self.permissions.outside:
            return None
        target = file.resolve()
        if any(target.is_relative_to(root.resolve()) for root in (self.folder, Path.cwd())):
            return None
        link = " (through a link)" if target != Path(os.path.abspath(file)) else ""
        return PathProblem(
            codes.PATH_OUTSIDE_FOLDER,
            f"`{text}` lies outside the spec's folder and the working directory{link}",
            "copy it into the spec's folder, or allow it with --allow-outside",
        )

    def _writing_problem(self, text: str) -> PathProblem | None:
        if "://" in text or "\0" in text:
            return self._special_problem(text)
        if self.permissions.outside or not (os.path.isabs(text) or os.path.normpath(text).startswith("..")):
            return None
        return PathProblem(
            codes.PATH_OUTSIDE_FOLDER,
            f"`{text}` would be written outside the run folder",
            "use a path relative to the run folder, or allow it with --allow-outside",
        )

    def _special_problem(self, text: str) -> PathProblem | None:
        """Why a URL, or a text with a null character, cannot be used."""
        if "\0" in text:
            return PathProblem(codes.UNREADABLE_DATA, "a path cannot contain a null character", "")
        if self.permissions.network:
            return None
        return PathProblem(
            codes.NETWORK_ACCESS,
            f"`{text}` would open a network connection",
            "allow it with --allow-network, if you trust the spec",
        )

    def file_problem(self, text: str, *, suffixes: tuple[str, ...] = ("",)) -> PathProblem | None:
        """Why the spec cannot read a file: it may not, or the file does not exist; None if it can.

        Args:
            text: The path as the spec has it.
            suffixes: The endings of files to suggest instead.
        """
        problem = self.problem(text)
        file = self.folder / text
        if problem is not None or file.is_file():
            return problem
        siblings = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
        return PathProblem(
            codes.UNREADABLE_DATA,
            f"file `{text}` not found",
            "paths are relative to the spec's folder",
            did_you_mean(file.name, [name for name in siblings if name.endswith(suffixes)]),
        )
