"""Text → `Spec`: parsed, overridden, computed, validated."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File
from typing import Any

from kspec.diagnostics import Path, Report, Source
from kspec.spec.document import Document
from kspec.spec.loaded import Permissions, Spec
from kspec.spec.network import Network
from kspec.spec.outside import networks_of_applications, networks_of_files
from kspec.spec.validate import validate
from kspec.syntax import (
    PARTS,
    Expansion,
    Networks,
    Tree,
    apply_overrides,
    can_be_read,
    compute,
    expand,
    include,
    networks,
    parse,
    read_source,
    substitute,
)


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
    folder = File(os.path.abspath(source.name)).parent
    elsewhere = networks_of_files(tree, folder, report, outside=permissions.outside) | networks_of_applications(tree)
    found = networks(tree, elsewhere, report)
    expansions = expand(tree, found, report)
    _warn_of_the_unused(tree, report)
    positions = next(iter(expansions.values())).positions if expansions else tree.positions
    document = validate(_document_values(tree, found, expansions, report), positions, report, Document)
    typed = {
        home: validate(_written_out(network, expansions.get(home)), positions.below(home), report, Network)
        for home, network in found.items()
        if home and "layers" in network  # without, it comes from elsewhere, or the document's check says what is wrong
    }
    if document is None or None in typed.values() or None in elsewhere.values():
        return None
    own = Network.model_construct(inputs=document.inputs, layers=document.layers, outputs=document.outputs)
    known = {home: network for home, network in typed.items() if network is not None}
    return Spec(
        document, tree.value, positions, source, overrides, tuple(report.sorted()), permissions,
        {**known, (): own}, expansions, tree.positions,
    )  # fmt: skip


def _document_values(tree: Tree, found: Networks, expansions: Mapping[Path, Expansion], report: Report) -> Any:
    """The document's values, its own entries written out, what is said of its sub-models computed."""
    if not isinstance(tree.value, dict):
        return tree.value
    values = tree.value | _written_out(found[()], expansions.get(()))
    if isinstance(values.get("models"), dict):
        variables = values.get("vars")
        values["models"] = {
            name: {
                word: item if word in PARTS else compute(copy.deepcopy(item), ("models", name, word),
                                                         variables if isinstance(variables, dict) else {}, tree, report)
                for word, item in model.items()
            } if isinstance(model, dict) else model
            for name, model in values["models"].items()
        }  # fmt: skip
    return values


def _written_out(network: dict[str, Any], expansion: Expansion | None) -> dict[str, Any]:
    """A network with plain entries."""
    if expansion is None:
        return network
    return {**network, "layers": expansion.entries or ["Identity"]}  # where none could be written out, which was told


def _warn_of_the_unused(tree: Tree, report: Report) -> None:
    """Tells blocks and sub-models that nothing uses; those that another file brings in need not all be used."""
    document = tree.value if isinstance(tree.value, dict) else {}
    blocks, models = document.get("blocks"), document.get("models")
    used: set[tuple[str, str]] = set()
    for word, section, phrase in (
        ("block", blocks, "no entry uses the block"),
        ("model", models, "no entry calls the sub-model"),
    ):
        if not isinstance(section, dict) or any(found.code == "KS218" for found in report):  # it may be misspelt
            continue
        used = used or set(_uses([document.get("layers"), blocks, models]))
        for name in section:
            span = tree.positions.key((f"{word}s", name))
            if (word, name) not in used and span.source is tree.positions.whole.source:
                report.warning("KS222", f"{phrase} `{name}`", span, help=f"use it: `- {word}: {name}`")


def _uses(value: Any) -> Iterator[tuple[str, str]]:
    """What stands after `block:` and `model:`, anywhere in a value, with that word."""
    if isinstance(value, dict):
        for word in ("block", "model"):
            if isinstance(value.get(word), str):
                yield word, value[word]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _uses(item)
