"""Text → `Spec`: parsed, overridden, computed, validated."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from kspec.diagnostics import Report, Source
from kspec.spec.loaded import Permissions, Spec
from kspec.spec.validate import validate
from kspec.syntax import Tree, apply_overrides, can_be_read, expand, include, parse, read_source, substitute


def load_file(
    path: str | os.PathLike[str], overrides: Iterable[str] = (), permissions: Permissions | None = None
) -> Spec:
    """Reads a spec from a file.

    Raises:
        SpecError: with every problem found.
    """
    report = Report()
    source = read_source(path, report)
    spec = None if source is None else load_source(source, report, tuple(overrides), permissions)
    report.raise_errors()
    assert spec is not None
    return spec


def load_source(
    source: Source, report: Report, overrides: tuple[str, ...] = (), permissions: Permissions | None = None
) -> Spec | None:
    """Reads a spec from a text that is at hand (an editor's); None where it is no spec, said in the report."""
    tree = parse(source, report) if can_be_read(source, report) else None
    if tree is None:
        return None
    permissions = permissions or Permissions()
    include(tree, report, outside=permissions.outside)
    apply_overrides(tree, overrides, report)
    substitute(tree, report)
    expansion = expand(tree, report)
    _warn_of_unused_blocks(tree, report)
    values, positions = tree.value, tree.positions
    if expansion is not None:
        entries = expansion.entries or ["Identity"]  # where none could be written out, which has been told
        values, positions = {**tree.value, "layers": entries}, expansion.positions
    document = validate(values, positions, report)
    if document is None:
        return None
    return Spec(
        document, tree.value, positions, source, overrides, tuple(report.sorted()), permissions,
        expansion, tree.positions,
    )  # fmt: skip


def _warn_of_unused_blocks(tree: Tree, report: Report) -> None:
    """Blocks that another file brings in need not all be used."""
    blocks = tree.value.get("blocks") if isinstance(tree.value, dict) else None
    if not isinstance(blocks, dict) or any(found.code == "KS218" for found in report):  # a use of it may be misspelt
        return
    used = set(_used_blocks([tree.value.get("layers"), blocks]))
    for name in blocks:
        span = tree.positions.key(("blocks", name))
        if name not in used and span.source is tree.positions.whole.source:
            report.warning("KS222", f"no entry uses the block `{name}`", span, help=f"use it: `- block: {name}`")


def _used_blocks(value: Any) -> Iterator[str]:
    """What stands after `block:`, anywhere in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("block"), str):
            yield value["block"]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _used_blocks(item)
