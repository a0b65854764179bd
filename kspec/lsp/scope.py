"""The names that a place of a spec can reference, read from its plain values, which may be incomplete.

Names belong to a network: `()` is the spec's own, `("blocks", name)` a block's, `("models", name)` a sub-model's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Path
from kspec.expand.templates import INPUT
from kspec.syntax.names import node_names

NETWORK_SECTIONS = ("blocks", "models")


def network_path_at(path: Path) -> Path:
    """The block or sub-model that a path leads into; empty outside of these."""
    return path[:2] if len(path) > 2 and path[0] in NETWORK_SECTIONS else ()


def entry_at(path: Path) -> Path:
    """The entry of `layers` that a path leads to or into; empty if there is none."""
    length = len(network_path_at(path)) + 2
    return path[:length] if path[length - 2 : length - 1] == ("layers",) and len(path) >= length else ()


def value_at(value: Any, path: Path) -> Any:
    """The value at a path; None if there is none."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def holder_at(value: Any, network_path: Path) -> dict[str, Any]:
    """The mapping of a network: its inputs, entries and outputs."""
    for key in network_path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def entries_at(value: Any, path: Path) -> tuple[list[Any], int | None]:
    """The entries that a path leads to or into, and the index of the entry; empty if there are none."""
    network_path = network_path_at(path)
    rest = path[len(network_path) :]
    if rest[:1] != ("layers",):
        return [], None
    entries = holder_at(value, network_path).get("layers")
    number = rest[1] if len(rest) > 1 and isinstance(rest[1], int) else None
    return entries if isinstance(entries, list) else [], number


def inputs_at(value: Any, network_path: Path) -> list[str]:
    """The names of the inputs of a network or block."""
    inputs = holder_at(value, network_path).get("inputs")
    if network_path[:1] == ("blocks",):
        return list(texts(inputs)) or [INPUT]
    return [str(name) for name in inputs] if isinstance(inputs, dict) else []


def names_of(value: Any, path: Path = ("layers",), *, layers: bool = False) -> list[str]:
    """The nodes that can be referenced: inputs, entries, and names of `as`.

    Args:
        value: The plain values of a document.
        path: Path of a list of entries, for all of its names; or of one entry, for the names above it.
        layers: Whether to return only nodes whose layer can be called again.
    """
    entries, before = entries_at(value, path)
    inputs = inputs_at(value, network_path_at(path))
    names_by_entry = node_names(entries, taken=inputs)
    names = dict.fromkeys(() if layers else inputs)
    for entry, name in list(zip(entries, names_by_entry, strict=True))[:before]:
        if layers and isinstance(entry, dict) and any(head in entry for head in ("op", "block", "model")):
            continue
        names[name] = None
        as_names = entry.get("as") if isinstance(entry, dict) and not layers else None
        names.update(dict.fromkeys(each for each in texts(as_names) if each != "_"))
    return list(names)


def output_names(value: dict[str, Any]) -> list[str]:
    """The names of the outputs, as far as the text determines them."""
    outputs = value.get("outputs")
    if isinstance(outputs, dict):
        return list(outputs)
    if outputs is not None:
        return list(texts(outputs))
    return names_of(value)[-1:]


def params_of(value: Any, block: str) -> list[str]:
    """The parameters of a block."""
    params = holder_at(value, ("blocks", block)).get("params")
    listed = params if isinstance(params, list) else ()
    return [str(next(iter(item))) if isinstance(item, dict) and item else str(item) for item in listed]


def models_at(value: Any, path: Path) -> list[str]:
    """The sub-models that can be called at a path: within a sub-model, those above it."""
    names = list(holder_at(value, ("models",)))
    network_path = network_path_at(path)
    return (
        names[: names.index(network_path[1])] if network_path[:1] == ("models",) and network_path[1] in names else names
    )


def used_network(entry: Any) -> Path:
    """The block or sub-model that an entry uses; empty for any other."""
    for network_path, head in zip(NETWORK_SECTIONS, ("block", "model"), strict=True):
        if isinstance(entry, dict) and isinstance(entry.get(head), str):
            return network_path, entry[head]
    return ()


def texts(value: Any) -> Iterator[str]:
    """A text, or the texts of a list."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
