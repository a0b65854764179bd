"""Blocks, sub-models and parameters that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Report, codes
from kspec.expand.templates import read_template
from kspec.expand.variables import referenced_variables
from kspec.syntax.parse import Tree


def report_unused_definitions(tree: Tree, report: Report, *, shared: bool = False) -> None:
    """Tells what nothing uses; blocks and sub-models that another file brings in need not all be used.

    Args:
        shared: Whether the file is one that others include.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    told = {found.code for found in report}
    if codes.UNKNOWN_BLOCK not in told and not shared:  # what is used may be misspelt
        _templates(document, tree, report)
    if codes.UNDEFINED_VARIABLE not in told:
        _parameters(document, tree, report)


def _templates(document: dict[str, Any], tree: Tree, report: Report) -> None:
    blocks, models = document.get("blocks"), document.get("models")
    used = set(_uses([document.get("layers"), blocks, models]))
    for word, section, phrase in (
        ("block", blocks, "no entry uses the block"),
        ("model", models, "no entry calls the sub-model"),
    ):
        if not isinstance(section, dict) or not {name for kind, name in used if kind == word} <= section.keys():
            continue  # what is used may be misspelt
        for name in section:
            span = tree.positions.key((f"{word}s", name))
            if (word, name) not in used and span.source is tree.positions.whole.source:
                report.warning(codes.UNUSED_BLOCK, f"{phrase} `{name}`", span, help=f"use it: `- {word}: {name}`")


def _uses(value: Any) -> Iterator[tuple[str, str]]:
    """What stands after `block:` and `model:`, anywhere in a value, with that word."""
    if isinstance(value, dict):
        for word in ("block", "model"):
            if isinstance(value.get(word), str):
                yield word, value[word]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _uses(item)


def _parameters(document: dict[str, Any], tree: Tree, report: Report) -> None:
    blocks = document.get("blocks")
    for name, written in blocks.items() if isinstance(blocks, dict) else ():
        block = read_template(name, written)
        used = referenced_variables(written)
        for index, parameter in enumerate(block.params if block is not None else ()):
            path = ("blocks", name, "params", index)
            span = tree.positions.keys.get((*path, parameter)) or tree.positions.value(path)
            if parameter not in used and span.source is tree.positions.whole.source:
                report.warning(
                    codes.UNUSED_BLOCK_PARAMETER,
                    f"nothing in the block `{name}` uses its parameter `{parameter}`",
                    span,
                    help=f"write `${parameter}` where its value is wanted, or take it out, and where it is handed over",
                )
