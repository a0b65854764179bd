"""Settings that hold for every output, or differ by output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kspec import catalog


def is_by_output(said: Any, outputs: Iterable[str], kind: catalog.Kind) -> bool:
    """Whether a setting as written is a mapping of outputs, rather than one class with its arguments.

    A key that is an output's name is that output; so is one that neither names a class nor is written like one.
    """
    if not isinstance(said, dict):
        return False
    names = set(outputs)
    if any(key in names for key in said) or len(said) != 1:
        return True
    key = next(iter(said))
    return not (key[:1].isupper() or "." in key or catalog.find(kind, key) is not None)
