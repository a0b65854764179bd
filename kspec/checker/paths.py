"""The path rule on a spec: what it may read and write, with what its user allows."""

from __future__ import annotations

from kspec.spec import Spec
from kspec.syntax.trust import Problem, reading_problem, writing_problem


def path_problem(text: str, spec: Spec, *, write: bool) -> Problem | None:
    """What is wrong with a path in a spec; None when nothing."""
    allowed = spec.permissions
    if write and "://" not in text:
        return writing_problem(text, outside=allowed.outside)
    return reading_problem(text, spec.folder / text, spec.folder, outside=allowed.outside, network=allowed.network)
