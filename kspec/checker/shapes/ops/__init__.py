"""The rule of each op, one file a family; a file is imported when one of its ops is met."""

from __future__ import annotations

HOMES: dict[str, str] = {}
"""Op → the module here that holds its rule, in a dict `RULES` of op name → function."""
