"""How calls of ops appear in the configuration of a Keras model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kspec.catalog.reader import DATA


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of Keras, as an op creates it.

    Args:
        op: The op, a function of `keras.ops`.
        settings: Setting of its configuration → argument of the op.
        call: The positional arguments of its call, as arguments of the op; `*operands` for all that remain.
        keywords: The keyword arguments of its call, likewise.
    """

    op: str
    settings: dict[str, str] = field(default_factory=dict)
    call: tuple[str, ...] = ()
    keywords: dict[str, str] = field(default_factory=dict)


@cache
def find_operation(module: str, name: str) -> Operation | None:
    """The operation of a class, by its module (`keras.src.ops.numpy`) and name; None if no op creates it."""
    raw = _load().get(f"{module.rpartition('.')[2]}.{name}") if module.startswith("keras.") else None
    if raw is None:
        return None
    return Operation(raw["op"], raw.get("settings", {}), tuple(raw.get("call", ())), raw.get("keywords", {}))


@cache
def _load() -> dict[str, dict[str, Any]]:
    operations: dict[str, dict[str, Any]] = json.loads((DATA / "operation.json").read_bytes())
    return operations
