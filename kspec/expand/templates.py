"""The definition of a block, as its uses need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INPUT = "in"
"""The name of a block's input if the block has no `inputs`."""


@dataclass(frozen=True, slots=True)
class Template:
    """A block's definition.

    Args:
        name: Its name.
        params: Its parameters with their defaults.
        required: The parameters without a default.
        inputs: The names of its inputs.
        layers: The plain values of its entries.
        outputs: The nodes that are its outputs; empty if it is the last one.
    """

    name: str
    params: Mapping[str, Any]
    required: tuple[str, ...]
    inputs: tuple[str, ...]
    layers: list[Any]
    outputs: tuple[str, ...]


def read_template(name: str, value: Any) -> Template | None:
    """The block that a plain value defines; None if it defines none, which validation of the document reports."""
    if not isinstance(value, dict) or not isinstance(value.get("layers"), list) or not value["layers"]:
        return None
    params: dict[str, Any] = {}
    required = []
    items = value.get("params") or []
    if not isinstance(items, list):
        return None
    for item in items:
        if isinstance(item, dict) and len(item) == 1:
            params.update(item)
        elif isinstance(item, str):
            params[item] = None
            required.append(item)
        else:
            return None
    inputs = value.get("inputs") or [INPUT]
    outputs = value.get("outputs") or []
    outputs = [outputs] if isinstance(outputs, str) else outputs
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in (inputs, outputs)):
        return None
    return Template(name, params, tuple(required), tuple(inputs), value["layers"], tuple(outputs))
