"""The path rule: what a spec may read and write, and where."""

from __future__ import annotations

import os
from pathlib import Path

from kspec.spec import Spec

Problem = tuple[str, str, str]
"""Code, message, help."""


def path_problem(text: str, spec: Spec, *, write: bool) -> Problem | None:
    """What is wrong with a path in a spec; None when nothing.

    What is read lies below the spec's folder or the working directory; what is written is relative to the run folder,
    and stays in it.
    """
    if "://" in text:
        if spec.permissions.network:
            return None
        return (
            "KS702",
            f"`{text}` would open a network connection",
            "allow it with --allow-network, if you trust the spec",
        )
    if spec.permissions.outside:
        return None
    if write:
        normal = os.path.normpath(text)
        if os.path.isabs(text) or normal.startswith(".."):
            return (
                "KS701",
                f"`{text}` would be written outside the run folder",
                "write a path relative to the run folder, or allow it with --allow-outside",
            )
        return None
    target = (spec.folder / text).resolve()
    for root in (spec.folder.resolve(), Path.cwd().resolve()):
        if target == root or root in target.parents:
            return None
    return (
        "KS701",
        f"`{text}` lies outside the spec's folder and the working directory",
        "copy it there, or allow it with --allow-outside",
    )
