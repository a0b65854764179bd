"""What a spec may read and write, and where: the path rule."""

from __future__ import annotations

import os
from pathlib import Path

from kspec.diagnostics import Report, Rule, Span, codes

Problem = tuple[Rule, str, str]
"""Code, message, help."""


def reading_problem(text: str, file: Path, folder: Path, *, outside: bool, network: bool) -> Problem | None:
    """What is wrong with a path that is read; None when nothing.

    It lies below the spec's folder or the working directory.

    Args:
        text: The path as written.
        file: What it leads to.
        folder: The spec's.
        outside: Whether the user allows others.
        network: Whether the user allows addresses.
    """
    if "://" in text:
        if network:
            return None
        return (
            codes.NETWORK_ACCESS,
            f"`{text}` would open a network connection",
            "allow it with --allow-network, if you trust the spec",
        )
    if outside:
        return None
    target = file.resolve()
    for root in (folder.resolve(), Path.cwd().resolve()):
        if target == root or root in target.parents:
            return None
    return (
        codes.PATH_OUTSIDE_FOLDER,
        f"`{text}` lies outside the spec's folder and the working directory",
        "copy it there, or allow it with --allow-outside",
    )


def writing_problem(text: str, *, outside: bool) -> Problem | None:
    """What is wrong with a path that is written; None when nothing.

    It is relative to the run folder, and stays in it.
    """
    normal = os.path.normpath(text)
    if outside or not (os.path.isabs(text) or normal.startswith("..")):
        return None
    return (
        codes.PATH_OUTSIDE_FOLDER,
        f"`{text}` would be written outside the run folder",
        "write a path relative to the run folder, or allow it with --allow-outside",
    )


def tell(problem: Problem, report: Report, span: Span) -> None:
    """Reports it."""
    code, message, help = problem
    report.error(code, message, span, help=help)
