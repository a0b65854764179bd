"""What the parts of an address for `--set` mean, and the address of nodes that expansion creates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.syntax.names import ENTRY_KEYS, entry_head, node_names, written_name

_ENTRY_LISTS = {"layers", "callbacks"}


def address_of(name: str, entries: Any, document: Mapping[str, Any], prefix: str = "layers") -> str:
    """The address of a node's definition.

    Args:
        name: The name of the node in the graph: `stage_0/main`, `encoder/conv`, `stage_0`.
        entries: The plain values of the entries.
        document: The plain values of the document.
        prefix: The address of the entries.

    Returns:
        The address; empty if there is no such node.

    >>> main = {"Dense": {"units": 4}, "name": "main"}
    >>> document = {"blocks": {"residual": {"layers": ["ReLU", main]}}}
    >>> address_of("stage_0/main", [{"block": "residual", "name": "stage", "repeat": 2}], document)
    'blocks.residual.layers.main'
    """
    if not isinstance(entries, list):
        return ""
    first, _, inner = name.partition("/")
    names = node_names(entries)
    original = re.sub(r"_\d+$", "", first)  # of a copy
    own = next((candidate for candidate in (first, original) if candidate in names), "")
    entry = entries[names.index(own)] if own else {"model": first}
    if not inner:
        return f"{prefix}.{own}" if own else ""
    for kind in ("block", "model"):
        used = entry.get(kind) if isinstance(entry, dict) else None
        definition = _definition(document, f"{kind}s", used)
        if isinstance(used, str) and isinstance(definition, dict):
            return address_of(inner, definition.get("layers"), document, f"{kind}s.{used}.layers")
    return ""


def _definition(document: Mapping[str, Any], section: str, name: Any) -> Any:
    definitions = document.get(section)
    return definitions.get(name) if isinstance(definitions, dict) and isinstance(name, str) else None


def item_names(items: Sequence[Any], path: Sequence[Any]) -> list[str]:
    """The names by which an address reaches the items of a list; none if it reaches them by no name.

    A node or a stage goes by its name, a callback by its class, a stage without a name by its number from 1, as in the
    progress lines.

    Args:
        items: The list.
        path: Its place in the spec.
    """
    if tuple(path[-1:]) == ("layers",):
        return node_names(items)
    if tuple(path) == ("fit", "stages"):
        return [written_name(item) or str(index) for index, item in enumerate(items, start=1)]
    return [entry_head(item) for item in items] if path and path[-1] in _ENTRY_LISTS else []


def entered_head(holder: Mapping[str, Any], path: Sequence[Any], segment: str) -> str:
    """The class in a mapping whose arguments an address means: `Dense` in `layers.hidden1.units`; empty for none.

    Args:
        holder: The mapping.
        path: Its place in the spec.
        segment: The next part of the address.
    """
    in_entry = len(path) >= 2 and isinstance(path[-1], int)
    head = entry_head(holder) if in_entry else str(next(iter(holder), "")) if len(holder) == 1 else ""
    is_key = segment == head or (in_entry and segment in ENTRY_KEYS)
    return "" if is_key or not head[:1].isupper() else head


def value_at(values: Any, address: str) -> Any:
    """The value at an address of a spec; None if it has none.

    Args:
        values: The plain values of the spec.
        address: The address, as after `--set`.

    >>> spec = {"layers": [{"Dense": {"units": 4}, "name": "hidden"}], "compile": {"optimizer": {"Adam": {"rho": 1}}}}
    >>> value_at(spec, "layers.hidden.units"), value_at(spec, "compile.optimizer.Adam.rho"), value_at(spec, "fit")
    (4, 1, None)
    """
    holder, path = values, list[Any]()
    for segment in address.split("."):
        if isinstance(holder, dict):
            head = entered_head(holder, path, segment)
            if isinstance(arguments := holder.get(head), dict):
                holder, path = arguments, [*path, head]
            key: Any = segment
        elif isinstance(holder, list) and segment in (names := item_names(holder, path)):
            key = names.index(segment)
        else:
            return None
        if isinstance(holder, dict) and key not in holder:
            return None
        holder, path = holder[key], [*path, key]
    return holder


def addresses(values: Any, path: Sequence[Any] = (), prefix: str = "") -> Iterator[str]:
    """The addresses of the plain values and lists in a spec.

    Args:
        values: The plain values of the spec, or a part of it.
        path: The place of that part.
        prefix: Its address.

    >>> list(addresses({"layers": [{"Dense": {"units": 4}, "name": "out"}], "seed": 7}))
    ['layers.out.units', 'layers.out.name', 'seed']
    """
    if isinstance(values, dict) and values:
        for key, value in values.items():
            is_head = isinstance(value, dict) and bool(path) and entered_head(values, path, "") == key
            name = prefix if is_head else f"{prefix}.{key}".removeprefix(".")
            yield from addresses(value, (*path, key), name)
        return
    names = item_names(values, path) if isinstance(values, list) else []
    for index, name in enumerate(names):
        yield from addresses(values[index], (*path, index), f"{prefix}.{name}")
    if not names and prefix:
        yield prefix
