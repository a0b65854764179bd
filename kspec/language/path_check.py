"""The path rule on a spec: what it may read and write, with what its user allows."""

from __future__ import annotations

from pathlib import Path

from kspec.diagnostics import codes, nearest
from kspec.language import Spec
from kspec.syntax.path_policy import Problem, reading_problem, writing_problem


def path_problem(text: str, spec: Spec, *, write: bool) -> Problem | None:
    """What is wrong with a path in a spec; None when nothing."""
    allowed = spec.permissions
    if write and "://" not in text:
        return writing_problem(text, outside=allowed.outside)
    return reading_problem(text, spec.folder / text, spec.folder, outside=allowed.outside, network=allowed.network)


def file_problem(text: str, spec: Spec, *, write: bool) -> Problem | None:
    """The same, and that a file to be read is not there."""
    problem = path_problem(text, spec, write=write)
    file = spec.folder / text
    if problem is not None or write or "://" in text or "\0" in text or file.is_file():
        return problem
    beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
    near = nearest(file.name, beside)
    meant = f"did you mean `{Path(text).with_name(near).as_posix()}`? " if near else ""
    return codes.UNREADABLE_DATA, f"there is no file `{text}`", f"{meant}it is looked for in the spec's folder"
