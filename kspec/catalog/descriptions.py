"""The descriptions of classes and arguments: read when first asked for, as only help and schema show them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "docs"


def describe_entry(kind: str, name: str) -> str:
    """One sentence that says what a class or function is; empty if there is none."""
    return str(_read(kind).get(name, {}).get("doc", ""))


def describe_parameter(kind: str, entry: str, group: str, name: str) -> str:
    """One line that says what an argument does.

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
