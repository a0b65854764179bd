"""The names of entries: those in the spec, or those that Keras would give, counted from zero in each spec."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

ENTRY_KEYS = ("name", "from", "as", "call", "trainable", "weights", "repeat", "each", "with", "when")
"""The keys of an entry that belong to the graph; any other key is its head."""

_MACROS = frozenset({"block", "expr", "repeat", "each", "when"})

MAX_COPIES = 10_000
"""The most copies that `repeat` can make."""

MAX_NAME = 200
"""The longest name, in characters."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
NAME_HELP = "names consist of letters, digits, `_` and `-`, and do not begin with a digit"
DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+")
"""The name of a class of an extension, with its module."""


@lru_cache(maxsize=1000)
def snake_case(class_name: str) -> str:
    """A class name in snake case, as Keras derives layer names from it.

    >>> snake_case("Conv2D"), snake_case("LSTM"), snake_case("GlobalAveragePooling2D")
    ('conv2d', 'lstm', 'global_average_pooling2d')
    """
    name = re.sub(r"\W+", "", class_name.rpartition(".")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def is_macro(entry: Any) -> bool:
    """Whether an entry is expanded into others, or can be omitted."""
    return isinstance(entry, dict) and not _MACROS.isdisjoint(entry)


def entry_head(entry: Any) -> str:
    """The head of an entry: its class, or the name of its op, block, model or reused node; empty without one."""
    if isinstance(entry, str):
        return entry
    if not isinstance(entry, dict):
        return ""
    for key, value in entry.items():
        if key in ("op", "block", "model", "reuse"):
            return value if isinstance(value, str) else key
        if key not in ENTRY_KEYS:
            return str(key)
    return ""


def written_name(entry: Any) -> str | None:
    """The name that an entry has in the spec; None without one."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def node_names(entries: Sequence[Any], taken: Collection[str] = ()) -> list[str]:
    """The name of each entry's node: its own, or its head's with the first number that is free.

    Args:
        entries: The plain values of the entries.
        taken: Names that are not free.

    >>> node_names(["Dense", {"Dense": {"units": 1}, "name": "out"}, "Dense"])
    ['dense', 'out', 'dense_1']
    >>> node_names([{"block": "stage", "repeat": 2}, {"block": "stage"}])  # stage_0 and stage_1 are its copies
    ['stage', 'stage_2']
    """
    used = set(taken)
    copies: dict[str, int] = {}

    def is_used(name: str) -> bool:
        stem, _, number = name.rpartition("_")
        return name in used or (stem in copies and number.isdecimal() and int(number) < copies[stem])

    for entry in entries:
        if (name := written_name(entry)) is not None:
            used.add(name)
            copies[name] = max(_copies(entry), copies.get(name, 0))
    counts: dict[str, int] = {}
    names = []
    for entry in entries:
        name = written_name(entry)
        if name is None:
            stem = snake_case(entry_head(entry)) or "node"
            is_reuse = isinstance(entry, dict) and "reuse" in entry
            count = counts.get(stem, int(is_reuse))  # a second call of `reader` is `reader_1`
            name = f"{stem}_{count}" if count else stem
            while is_used(name):
                count += 1
                name = f"{stem}_{count}"
            counts[stem] = count + 1
            used.add(name)
            copies[name] = _copies(entry)
        names.append(name)
    return names


def _copies(entry: Any) -> int:
    """The number of copies of a repeated entry; 0 for any other."""
    count = entry.get("repeat") if isinstance(entry, dict) else None
    return min(count, MAX_COPIES) if isinstance(count, int) else 0


def name_in_keras(name: str) -> str:
    """Keras rejects slashes in names: `use/inner` becomes `use.inner`."""
    return name.replace("/", ".")
