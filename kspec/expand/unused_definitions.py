"""Warns of blocks, sub-models and block parameters that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Report, codes
from kspec.expand.templates import read_template
from kspec.expand.variables import referenced_variables
from kspec.syntax.parse import Tree


def report_unused_definitions(tree: Tree, report: Report, *, shared: bool = False) -> None:
    """Warns of unused definitions of a document, except of those that it includes.

    Args:
        tree: The document.
        report: Where warnings are added. If it has errors about unknown names, a misspelt use may be what is missing,
            and no warning is added.
        shared: Whether the file is one that others include.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    reported = {diagnostic.code for diagnostic in report}
    if codes.UNKNOWN_BLOCK not in reported and not shared:
        _check_blocks_and_models(document, tree, report)
    if codes.UNDEFINED_VARIABLE not in reported:
        _check_parameters(document, tree, report)


def _check_blocks_and_models(document: dict[str, Any], tree: Tree, report: Report) -> None:
    if not (document.get("blocks") or document.get("models")):
        return
    used = set(_uses([document.get("layers"), document.get("blocks"), document.get("models")]))
    for kind, noun in (("block", "block"), ("model", "sub-model")):
        section = document.get(f"{kind}s")
        if not isinstance(section, dict) or not {name for other, name in used if other == kind} <= section.keys():
            continue  # a use may be misspelt
        for name in section:
            span = tree.positions.key((f"{kind}s", name))
            if (kind, name) not in used and span.source is tree.positions.whole.source:
                report.warning(codes.UNUSED_BLOCK, f"unused {noun} `{name}`", span,
                               help=f"use it with `- {kind}: {name}`, or remove it")  # fmt: skip


def _uses(value: Any) -> Iterator[tuple[str, str]]:
    """The values of `block:` and `model:` anywhere in a value, each with its key."""
    if isinstance(value, dict):
        for kind in ("block", "model"):
            if isinstance(value.get(kind), str):
                yield kind, value[kind]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _uses(item)


def _check_parameters(document: dict[str, Any], tree: Tree, report: Report) -> None:
    blocks = document.get("blocks")
    for name, value in blocks.items() if isinstance(blocks, dict) else ():
        template = read_template(name, value)
        used = referenced_variables(value)
        for index, parameter in enumerate(template.params if template is not None else ()):
            path = ("blocks", name, "params", index)
            span = tree.positions.keys.get((*path, parameter)) or tree.positions.value(path)
            if parameter not in used and span.source is tree.positions.whole.source:
                report.warning(
                    codes.UNUSED_BLOCK_PARAMETER,
                    f"unused parameter `{parameter}` of the block `{name}`",
                    span,
                    help=f"use `${parameter}` in the block, or remove the parameter here and from each `with`",
                )
