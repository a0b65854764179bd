"""Reads the catalog's data: one file per kind, on first use; an `Entry` is made only for the names looked up.

A whole check takes a few dozen milliseconds, so nothing is read before it is needed. Descriptions, which only help and
the schema show, have their own files: see `kspec.catalog.descriptions`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from kspec.catalog.entry import Entry, Kind, Parameter, Tensor

DATA = Path(__file__).parent / "data"
APPLICATION_SIZES = DATA / "application_sizes.json"
APPLICATION_LAYERS = DATA / "application_layers.json"


@cache
def names(kind: Kind) -> tuple[str, ...]:
    """The canonical names that a spec can use, sorted; without Keras's private ones."""
    return tuple(name for name, raw in _load(kind).items() if not raw.get("refused") and not raw.get("internal"))


@cache
def internal(kind: Kind) -> tuple[str, ...]:
    """The names of Keras's private classes that imported specs may use, sorted."""
    return tuple(name for name, raw in _load(kind).items() if raw.get("internal"))


@cache
def spellings(kind: Kind) -> tuple[str, ...]:
    """The canonical names that a spec can use, and their aliases: the candidates for a misspelt name."""
    usable = set(names(kind))
    return (*names(kind), *(alias for alias, name in _aliases(kind).items() if name in usable))


@cache
def refused(kind: Kind) -> tuple[str, ...]:
    """The canonical names that Keras has and a spec cannot use, sorted; `find` gives the reason."""
    return tuple(name for name, raw in _load(kind).items() if raw.get("refused"))


def find(kind: Kind | str, name: str) -> Entry | None:
    """The entry of a canonical name or an alias, refused ones included; None if Keras has no such class.

    A canonical name takes precedence over an alias of the same spelling.
    """
    canonical = name if name in _load(kind) else _aliases(kind).get(name)  # not cached: a server meets any name
    return _entry(kind, canonical) if canonical is not None else None


@cache
def made_for() -> str:
    """The version of Keras that the data was generated from."""
    return str(json.loads((DATA / "made_for.json").read_bytes())["keras"])


@cache
def _load(kind: Kind) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((DATA / f"{kind}.json").read_bytes())
    return found


@cache
def _aliases(kind: Kind) -> dict[str, str]:
    return {alias: name for name, raw in _load(kind).items() for alias in raw.get("aliases", ())}


@cache
def _entry(kind: Any, name: str) -> Entry:
    raw = _load(kind)[name]
    tensors = raw.get("tensors", ())
    return Entry(
        kind=kind,
        name=name,
        path=raw["path"],
        aliases=tuple(raw.get("aliases", ())),
        parameters=_parameters(raw, (kind, name, "parameters")),
        tensors=tuple(Tensor(called, form, required) for called, form, required in tensors),
        constants=_parameters(raw, (kind, name, "constants")),
        order=tuple(
            raw.get("order") or dict.fromkeys([*(called for called, *_ in tensors), *raw.get("constants", ())])
        ),
        adapts=raw.get("adapts", False),
        cell=raw.get("cell", False),
        internal=raw.get("internal", False),
        refused=raw.get("refused", ""),
        skipped=raw.get("skipped", {}),
    )


def _parameters(raw: dict[str, Any], place: tuple[Kind, str, str]) -> dict[str, Parameter]:
    """The parameters of one group: in the data, each is its type, and its default if it has one."""
    return {
        name: Parameter(name, type_, not default, default[0] if default else None, place)
        for name, (type_, *default) in raw.get(place[2], {}).items()
    }
