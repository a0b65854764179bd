"""What all of reading data shares: the spec, its places, the report, and the path rule."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import Report, Rule, Span, codes, nearest
from kspec.language import Spec

REMOTE = "://"
MAX_FOLDERS = 100
"""So many are looked into for a file that is not where the spec says."""


@dataclass(slots=True)
class Context:
    """Where data is asked for, and what may be read.

    Args:
        source_path: The place in the spec that names the source, such as `("data", "csv")`; None for what the command
            line (or Python) names: such paths are relative to the working directory, and may lie anywhere.
        named: What the command line names, as the place of all that is wrong with it.
    """

    spec: Spec
    report: Report
    source_path: SpecPath | None
    named: Span | None = None

    def span(self, path: SpecPath | None, *, key: bool = False) -> Span | None:
        """The place of a value of the spec, or of its key.

        It is the key where that is asked for, where the value goes over several lines, and, for what is not written (a
        default), of the nearest section that is.
        """
        if path is None or self.source_path is None:
            return self.named
        positions = self.spec.positions
        if path not in positions.values:
            key = True
            while path and path not in positions.values:
                path = path[:-1]
        value = positions.value(path)
        return positions.key(path) if key or value.line != value.end_line else value

    def error(self, code: Rule, message: str, path: SpecPath | None, *, key: bool = False, **more: Any) -> None:
        self.report.error(code, message, self.span(path, key=key), **more)

    def warning(self, code: Rule, message: str, path: SpecPath | None, *, key: bool = False, **more: Any) -> None:
        self.report.warning(code, message, self.span(path, key=key), **more)

    def find(self, given: str | list[str], *, path: SpecPath | None = None, folder: bool = False) -> list[Path] | None:
        """The files (or, with `folder`, folders) that a source names; None with the reason in the report.

        Args:
            given: A path, a glob, or a list of them. A glob's files come in the order of their names.
            path: The place in the spec that names them; the source's by default.
        """
        at = self.source_path if path is None else path
        found: list[Path] = []
        sound = True
        for number, text in enumerate(given if isinstance(given, list) else [given]):
            here = (*at, number) if at is not None and isinstance(given, list) else at
            files = self._find_one(text, here, folder)
            sound = sound and files is not None
            found.extend(file for file in files or [] if file not in found)
        return found if sound else None

    def _find_one(self, text: str, at: SpecPath | None, folder: bool) -> list[Path] | None:
        if REMOTE in text:
            self.error(codes.NETWORK_ACCESS, f"`{text}` is not a file: kspec reads data from files alone", at,
                       help="download it, and name the file")  # fmt: skip
            return None
        if "\0" in text:
            self.error(codes.UNREADABLE_DATA, "a path cannot hold a null character", at)
            return None
        base = Path.cwd() if self.source_path is None else self.spec.folder
        whole = base / os.path.expanduser(text)
        is_glob = glob.has_magic(text) and not whole.exists()
        files = [Path(name) for name in sorted(glob.glob(str(whole), recursive=True))] if is_glob else [whole]
        if is_glob and not folder:
            files = [file for file in files if not file.is_dir()]
        if not files:
            self.error(codes.UNREADABLE_DATA, f"no file matches `{text}`", at, help=f"looked in {_short(base)}")
            return None
        if self.source_path is not None and not all(self._allowed(file, text, at) for file in files):
            return None
        return files if all(self._readable(file, text, at, folder) for file in files) else None

    def _allowed(self, file: Path, text: str, at: SpecPath | None) -> bool:
        problem = self.spec.paths.reading_problem(text, file)
        if problem is not None:
            problem.report(self.report, self.span(at))
        return problem is None

    def _readable(self, file: Path, text: str, at: SpecPath | None, folder: bool) -> bool:
        try:
            if not file.exists():
                kind = "folder" if folder else "file"
                self.error(
                    codes.UNREADABLE_DATA,
                    f"{kind} `{text}` not found",
                    at,
                    label=_neighbour(file, text),
                    help=_looked(file, by_spec=self.source_path is not None),
                )
                return False
            if folder != file.is_dir():
                message = f"`{text}` is a folder, not a file" if file.is_dir() else f"`{text}` is a file, not a folder"
                help = _cure_for_folder(file) if file.is_dir() else "name the folder that has a folder for each class"
                self.error(codes.UNREADABLE_DATA, message, at, help=help)
                return False
            if not file.is_dir() and not file.is_file():
                self.error(codes.UNREADABLE_DATA, f"`{text}` is not a regular file", at)
                return False
            if not os.access(file, os.R_OK):
                self.error(codes.UNREADABLE_DATA, f"`{text}` cannot be read: permission denied", at)
                return False
            if not folder and file.stat().st_size == 0:
                self.error(codes.UNREADABLE_DATA, f"`{text}` is empty", at)
                return False
        except OSError as error:
            self.error(codes.UNREADABLE_DATA, f"`{text}` cannot be read: {error.strerror or error}", at)
            return False
        return True


def shown_name(file: Path, context: Context) -> str:
    """A file as told to the user: relative to the spec's folder, where it lies below it."""
    try:
        return file.resolve().relative_to(context.spec.folder.resolve()).as_posix()
    except ValueError:
        return str(file)


def _short(folder: Path) -> str:
    relative = os.path.relpath(folder)
    return "the working directory" if relative == "." else str(folder) if relative.startswith("..") else relative


def _neighbour(file: Path, text: str) -> str:
    """The file that may have been meant: one of a like name beside it, or of the same name a folder up or down.

    Args:
        text: How the file is written.
    """
    written = PurePath(text)
    try:
        beside = sorted(file.parent.iterdir()) if file.parent.is_dir() else []
        below = [entry.name for entry in beside[:MAX_FOLDERS] if (entry / file.name).exists()]
        above = len(written.parts) > 1 and (file.parent.parent / file.name).exists()
    except OSError:
        return ""
    match = nearest(file.name, [entry.name for entry in beside])
    if below:
        meant = written.parent / below[0] / file.name
    elif match:
        meant = written.with_name(match)
    elif above:
        meant = written.parent.with_name(file.name)
    else:
        return ""
    return f"did you mean `{meant.as_posix()}`?"


def _looked(file: Path, *, by_spec: bool) -> str:
    """Where a file was looked for.

    Args:
        by_spec: Whether the spec names it, not the command line.
    """
    base = "; paths are relative to the spec" if by_spec else ""
    if file.parent.is_dir():
        return f"looked in {_short(file.parent)}{base}"
    return f"there is no folder {_short(file.parent)} either{base}"


def _cure_for_folder(folder: Path) -> str:
    for pattern in ("*.csv", "*.parquet"):
        if next(folder.glob(pattern), None) is not None:
            return f"name a file, or all of them with a glob: `{folder.name}/{pattern}`"
    return "name a file; a folder of pictures is read with `images:`"
