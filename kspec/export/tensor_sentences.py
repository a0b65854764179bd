"""A sentence about a tensor of an exported model, for formats that keep one beside each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN = 8


def sentence_of(tensor: Mapping[str, Any]) -> str:
    """What a tensor is, from its entry in the signature."""
    parts = []
    if tensor.get("columns"):
        parts.append(f"columns: {_listed(tensor['columns'])}")
    if tensor.get("meaning"):
        parts.append(f"{tensor['meaning']} of {tensor['output']}")
    if tensor.get("labels"):
        parts.append(f"labels: {_listed(tensor['labels'])}")
    if tensor.get("threshold") is not None:
        parts.append(f"threshold: {tensor['threshold']:g}")
    if tensor.get("gap"):
        parts.append(f"a gap is {tensor['gap']}")
    return "; ".join(parts)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown
