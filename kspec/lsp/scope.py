"""What can be cited at a place of a spec, read off its plain values: they may be half typed.

A place is within a home: `()` is the spec's own network, `("blocks", name)` a block, `("models", name)` a sub-model.
Nodes are their home's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Path
from kspec.expand.templates import INPUT
from kspec.syntax.names import node_names

HOMES = ("blocks", "models")


def home_at(path: Path) -> Path:
    """The block or sub-model that a path leads into; empty outside of these."""
    return path[:2] if len(path) > 2 and path[0] in HOMES else ()


def entry_at(path: Path) -> Path:
    """The entry of a list of layers that a path leads to or into; empty where it is none."""
    length = len(home_at(path)) + 2
    return path[:length] if path[length - 2 : length - 1] == ("layers",) and len(path) >= length else ()


def holder_at(value: Any, network_path: Path) -> dict[str, Any]:
    """What stands at a home: its inputs, entries and outputs."""
    for key in network_path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def entries_at(value: Any, path: Path) -> tuple[list[Any], int | None]:
    """The list of entries that a path leads to or into, and the number of the entry; empty where it is none."""
    network_path = home_at(path)
    rest = path[len(network_path) :]
    if rest[:1] != ("layers",):
        return [], None
    entries = holder_at(value, network_path).get("layers")
    number = rest[1] if len(rest) > 1 and isinstance(rest[1], int) else None
    return entries if isinstance(entries, list) else [], number


def inputs_at(value: Any, network_path: Path) -> list[str]:
    """What the inputs of a network or block are called in it."""
    said = holder_at(value, network_path).get("inputs")
    if network_path[:1] == ("blocks",):
        return list(texts(said)) or [INPUT]
    return [str(name) for name in said] if isinstance(said, dict) else []


def names_of(value: Any, path: Path = ("layers",), *, layers: bool = False) -> list[str]:
    """The names of nodes that can be cited: inputs, entries, and what `as` names.

    Args:
        value: A document's plain value.
        path: Of a list of entries, for all of its names; or of one of them, for what stands above it.
        layers: Only those whose layer can be called again.
    """
    entries, before = entries_at(value, path)
    inputs = inputs_at(value, home_at(path))
    named = node_names(entries, taken=inputs)
    found = dict.fromkeys(() if layers else inputs)
    for entry, name in list(zip(entries, named, strict=True))[:before]:
        if layers and isinstance(entry, dict) and any(head in entry for head in ("op", "block", "model")):
            continue
        found[name] = None
        given = entry.get("as") if isinstance(entry, dict) and not layers else None
        found.update(dict.fromkeys(each for each in texts(given) if each != "_"))
    return list(found)


def output_names(value: dict[str, Any]) -> list[str]:
    """What the outputs are called, as far as the text says."""
    said = value.get("outputs")
    if isinstance(said, dict):
        return list(said)
    if said is not None:
        return list(texts(said))
    return names_of(value)[-1:]


def params_of(value: Any, block: str) -> list[str]:
    """The parameters of a block."""
    params = holder_at(value, ("blocks", block)).get("params")
    listed = params if isinstance(params, list) else ()
    return [str(next(iter(item))) if isinstance(item, dict) and item else str(item) for item in listed]


def models_at(value: Any, path: Path) -> list[str]:
    """The sub-models that can be called at a path: in one of them, those that stand above it."""
    names = list(holder_at(value, ("models",)))
    network_path = home_at(path)
    return (
        names[: names.index(network_path[1])] if network_path[:1] == ("models",) and network_path[1] in names else names
    )


def called_by(entry: Any) -> Path:
    """The block or sub-model that an entry uses; empty for any other."""
    for network_path, head in zip(HOMES, ("block", "model"), strict=True):
        if isinstance(entry, dict) and isinstance(entry.get(head), str):
            return network_path, entry[head]
    return ()


def texts(value: Any) -> Iterator[str]:
    """A text, or those of a list."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
