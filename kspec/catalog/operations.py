"""What stands in a Keras model's configuration for a call of an op."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kspec.catalog.reader import DATA


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of Keras's, as an op makes it.

    Args:
        op: The op, a function of `keras.ops`.
        settings: What its configuration says → argument of the op.
        call: What it is called with, by position: arguments of the op; `*operands` for all that are left.
        keywords: The same by name.
    """

    op: str
    settings: dict[str, str] = field(default_factory=dict)
    call: tuple[str, ...] = ()
    keywords: dict[str, str] = field(default_factory=dict)


@cache
def find_operation(module: str, name: str) -> Operation | None:
    """The operation of a class, by its module (`keras.src.ops.numpy`) and name; None where no op makes it."""
    raw = _load().get(f"{module.rpartition('.')[2]}.{name}") if module.startswith("keras.") else None
    if raw is None:
        return None
    return Operation(raw["op"], raw.get("settings", {}), tuple(raw.get("call", ())), raw.get("keywords", {}))


@cache
def _load() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((DATA / "operation.json").read_bytes())
    return found
