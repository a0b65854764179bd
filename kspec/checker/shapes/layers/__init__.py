"""The rule of each layer, one file a family; a file is imported when one of its layers is met."""

from __future__ import annotations

HOMES: dict[str, str] = {
    "Dense": "core",
}
"""Layer → the module here that holds its rule, in a dict `RULES` of class name → function."""
