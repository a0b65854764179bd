"""Settings that hold for all outputs or are a mapping of outputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kspec import catalog

MINIMIZE = "minimize"
"""The loss of an output that is itself a loss: it needs no target."""


def is_by_output(value: Any, outputs: Iterable[str], kind: catalog.Kind) -> bool:
    """Whether a setting as written is a mapping of outputs, rather than a class with arguments.

    A key that is the name of an output is that output; so is one that neither names a class nor looks like one.

    Args:
        value: The setting as written.
        outputs: The names of the outputs.
        kind: Of the classes that the setting may name.
    """
    if not isinstance(value, dict):
        return False
    names = set(outputs)
    if any(key in names for key in value) or len(value) != 1:
        return True
    key = next(iter(value))
    return not (key[:1].isupper() or "." in key or catalog.find(kind, key) is not None)


def untrained_outputs(loss: Any, outputs: Iterable[str]) -> set[str]:
    """The outputs whose loss is `null`: they are only predicted.

    Args:
        loss: The `loss` of `compile` as written.
        outputs: The names of the outputs.
    """
    return {name for name in outputs if isinstance(loss, dict) and loss.get(name, ...) is None}


def minimized_outputs(loss: Any, outputs: Iterable[str]) -> set[str]:
    """The outputs that are themselves losses.

    Args:
        loss: The `loss` of `compile` as written.
        outputs: The names of the outputs.
    """
    if isinstance(loss, dict):
        return {name for name in outputs if loss.get(name) == MINIMIZE}
    return set(outputs) if loss == MINIMIZE else set()
