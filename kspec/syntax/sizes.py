"""Sizes that a node or the data decides: mappings such as `{vocabulary_of: words}`, which can stand for an integer."""

from __future__ import annotations

from typing import Any

NODE_SIZES = ("vocabulary_of",)
"""Keys whose value is the name of a node."""

ROOT = "/"
"""What a name starts with that is already full: `/words`, within a block, is the spec's own node `words`."""


def with_prefix(value: Any, prefix: str) -> Any:
    """A value with the full names of the nodes that its sizes refer to.

    Args:
        value: A plain value, such as the arguments of a layer.
        prefix: What precedes the names around it: `use/` within the block used as `use`.

    >>> with_prefix([{"vocabulary_of": "words"}, {"vocabulary_of": "/words"}], "use/")
    [{'vocabulary_of': 'use/words'}, {'vocabulary_of': 'words'}]
    """
    if isinstance(value, dict):
        return {
            key: full_name(item, prefix) if key in NODE_SIZES else with_prefix(item, prefix)
            for key, item in value.items()
        }
    return [with_prefix(item, prefix) for item in value] if isinstance(value, list) else value


def full_name(name: Any, prefix: str) -> Any:
    """The full name of a node; anything but a string is returned as it is."""
    if not isinstance(name, str):
        return name
    return name.removeprefix(ROOT) if name.startswith(ROOT) else prefix + name
