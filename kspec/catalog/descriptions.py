"""The descriptions of classes and arguments, which are read on first use: only help and the schema need them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "docs"


def describe_entry(kind: str, name: str) -> str:
    """What a class or function is, in one sentence; empty without a description."""
    return str(_read(kind).get(name, {}).get("doc", ""))


def describe_parameter(kind: str, entry: str, group: str, name: str) -> str:
    """What an argument does, in one line; empty without a description.

    Args:
        kind: The kind of its class.
        entry: The name of its class.
        group: `parameters` or `constants`.
        name: Its own name.
    """
    return str(_read(kind).get(entry, {}).get(group, {}).get(name, ""))


@cache
def _read(kind: str) -> dict[str, dict[str, Any]]:
    descriptions: dict[str, dict[str, Any]] = json.loads((FOLDER / f"{kind}.json").read_bytes())
    return descriptions
