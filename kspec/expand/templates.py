"""A block as written → what its uses need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INPUT = "in"
"""What a block's input is called in it, where the block does not say."""


@dataclass(frozen=True, slots=True)
class Template:
    """A block.

    Args:
        params: Its parameters with their defaults.
        required: Those that have none.
        inputs: What its inputs are called in it.
        layers: Its entries, as written.
        outputs: The nodes it gives; empty for the last one.
    """

    name: str
    params: Mapping[str, Any]
    required: tuple[str, ...]
    inputs: tuple[str, ...]
    layers: list[Any]
    outputs: tuple[str, ...]


def template(name: str, written: Any) -> Template | None:
    """A block read off its plain value; None where that is no block (the document's own check says why)."""
    if not isinstance(written, dict) or not isinstance(written.get("layers"), list) or not written["layers"]:
        return None
    params: dict[str, Any] = {}
    required = []
    listed = written.get("params") or []
    if not isinstance(listed, list):
        return None
    for item in listed:
        if isinstance(item, dict) and len(item) == 1:
            params.update(item)
        elif isinstance(item, str):
            params[item] = None
            required.append(item)
        else:
            return None
    inputs = written.get("inputs") or [INPUT]
    outputs = written.get("outputs") or []
    outputs = [outputs] if isinstance(outputs, str) else outputs
    if not all(isinstance(words, list) and all(isinstance(word, str) for word in words) for words in (inputs, outputs)):
        return None
    return Template(name, params, tuple(required), tuple(inputs), written["layers"], tuple(outputs))
