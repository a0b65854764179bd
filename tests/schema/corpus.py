"""The specs on which kspec and every client of the schema must agree: valid ones, and variants with one change."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Report, Source, explain
from kspec.syntax import parse
from tests.conftest import ROOT
from tests.support.structural import CODES

FOLDERS = ("specs", "specs/tutorial", "kspec/rewrite/templates", "tests/compiler/networks", "tests/schema/whole_specs")
FILES = {f"{folder}/{path.stem}": path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.yaml"))}
"""The valid specs, by name."""
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    3,
    1.5,
    "ten",
    "",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
    {"Dense": {"units": 3}},
    "$v",
)
"""Replacements for any value."""


def values_of(text: str) -> Any:
    """The plain values of a spec's text."""
    tree = parse(Source("spec.yaml", text), Report())
    assert tree is not None
    return tree.value


def valid_specs() -> dict[str, Any]:
    """The valid specs, by the names of their files."""
    return {name: values_of(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def documented_mistakes() -> dict[str, Any]:
    """The wrong examples of the pages that explain the structural codes, by code: at least one spec for every code."""
    specs: dict[str, Any] = {}
    for code in sorted(CODES):
        for text in re.findall(r"^```yaml wrong.*\n((?:.*\n)*?)```$", explain.page_source(code) or "", re.MULTILINE):
            tree = parse(Source("spec.yaml", text), Report())
            if tree is not None:
                specs[f"{code}, {len(specs)}"] = tree.value
    return specs


def mutated(name: str, values: Any, number: int) -> Iterator[tuple[str, Any]]:
    """A sample of one spec's variants, the same in every run.

    Args:
        name: Names the spec, and seeds the sample.
        values: Plain values of the spec.
        number: Size of the sample.

    Yields:
        A name that describes the change, and the changed values.
    """
    changes = list(_changes(values))
    for path, change, argument in random.Random(name).sample(changes, min(number, len(changes))):
        changed = copy.deepcopy(values)
        _apply(changed, path, change, argument)
        yield f"{name}: {change} {'.'.join(map(str, path))} {argument!r}", changed


def _changes(values: Any) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """Every change at every place: (path, change, argument)."""
    for path, value in _places(values):
        if path and path[0] in ("vars", "description"):
            continue
        if path:
            yield path, "remove", None
            for odd in ODD:
                yield path, "replace", odd
            if isinstance(path[-1], str):
                yield path, "rename", path[-1][:-1] or "x"
                yield path, "rename", f"{path[-1]}x"
        if isinstance(value, dict):
            yield path, "add", "colour"
            yield path, "add", "Flatten"
            yield path, "add", "name"
            yield path, "add", "my_layers.Gate"
        if isinstance(value, list):
            yield path, "append", 7
            yield path, "append", "Flaten"
        if isinstance(value, str):
            yield path, "replace", value[:-1]
            yield path, "replace", f"{value} "
            yield path, "replace", value.swapcase()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield path, "replace", str(value)
            yield path, "replace", -value - 1
            yield path, "replace", value + 0.5


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))


def _apply(values: Any, path: tuple[Any, ...], change: str, argument: Any) -> None:
    holder = values
    for part in path[:-1]:
        holder = holder[part]
    value = holder[path[-1]] if path else values
    match change:
        case "remove":
            del holder[path[-1]]
        case "replace":
            holder[path[-1]] = copy.deepcopy(argument)
        case "rename":
            items = [(argument if key == path[-1] else key, item) for key, item in holder.items()]
            holder.clear()
            holder.update(items)
        case "add":
            value.setdefault(argument, None)
        case "append":
            value.append(argument)


def as_text(values: Any) -> str:
    """A spec as text: JSON, which is YAML."""
    return json.dumps(values, ensure_ascii=False)
