"""Text → `Spec`: parsed, overridden, computed, validated."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from pathlib import Path as File
from typing import Any

from kspec.diagnostics import Path, Report, Source, codes
from kspec.expand.expansion import expand
from kspec.expand.include import include
from kspec.expand.instructions import Expansion
from kspec.expand.networks import PARTS, Networks, networks
from kspec.expand.overrides import apply_overrides
from kspec.expand.unused_definitions import report_unused_definitions
from kspec.expand.variables import TEMPLATES, compute, substitute
from kspec.language.document import Document, Shared
from kspec.language.external_models import networks_of_applications, networks_of_files
from kspec.language.network import Network
from kspec.language.spec import Spec
from kspec.language.validate import validate
from kspec.syntax import Tree, can_be_read, parse, read_source
from kspec.syntax.path_policy import PathPolicy, Permissions


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
    if spec is None and source is not None and not report.has_errors:
        report_no_network(source, report)
    report.raise_errors()
    assert spec is not None
    return spec


def report_no_network(source: Source, report: Report) -> None:
    """Reports a file that holds only what other specs include, where a spec is wanted."""
    report.diagnostics.clear()  # that specs can include it is a note elsewhere, and an error here
    report.error(
        codes.MISSING_KEY,
        f"`{source.name}` is no spec: it has neither `inputs` nor `layers`",
        help=f"name a spec that includes it: `include: [{File(source.name).name}]`",
    )


def load_source(
    source: Source, report: Report, overrides: tuple[str, ...] = (), permissions: Permissions | None = None
) -> Spec | None:
    """Reads a spec from a text that is at hand (an editor's); None where it is no spec, said in the report.

    A file that holds blocks for specs to include is none; what is wrong with it all the same is reported.
    """
    tree = parse(source, report) if can_be_read(source, report) else None
    if tree is None:
        return None
    permissions = permissions or Permissions()
    before = report.errors
    folder = File(os.path.abspath(source.name)).parent
    policy = PathPolicy(folder, permissions._replace(network=False))
    include(tree, report, policy)
    is_whole = not report.has_errors
    untold = (
        ()
        if is_whole
        else (codes.UNKNOWN_BLOCK,)
        if report.errors == before
        else (codes.UNDEFINED_VARIABLE, codes.UNKNOWN_BLOCK)
    )
    apply_overrides(tree, overrides, report)
    substitute(tree, report)
    elsewhere = networks_of_files(tree, report, policy) | networks_of_applications(tree)
    found = networks(tree, elsewhere, report)
    expansions = expand(tree, found, report)
    shared = _is_shared(tree.value)
    if is_whole:
        report_unused_definitions(tree, report, shared=shared)
    positions = next(iter(expansions.values())).positions if expansions else tree.positions
    values = _document_values(tree, found, expansions, report)
    if untold:  # what is not there may be in what could not be read, or included
        report.diagnostics[:] = [problem for problem in report if problem.code not in untold]
    document = None if shared else validate(values, positions, report, Document)
    if shared:
        validate(values, positions, report, Shared)
    typed = {
        network_path: validate(
            _written_out(network, expansions.get(network_path)), positions.below(network_path), report, Network
        )
        for network_path, network in found.items()
        if network_path
        and "layers" in network  # without, it comes from elsewhere, or the document's check says what is wrong
    }
    if shared and not report.has_errors:
        report.info(codes.MISSING_KEY, "this file is no spec: it holds what specs include, and is checked with them",
                    tree.positions.key(next((word,) for word in TEMPLATES if word in tree.value)),
                    help="a spec has `kspec`, `inputs` and `layers`, too")  # fmt: skip
    if document is None or None in typed.values() or None in elsewhere.values():
        return None
    own = Network.model_construct(inputs=document.inputs, layers=document.layers, outputs=document.outputs)
    known = {network_path: network for network_path, network in typed.items() if network is not None}
    return Spec(
        document, tree.value, positions, source, overrides, tuple(report.sorted()), permissions,
        {**known, (): own}, expansions, tree.positions,
    )  # fmt: skip


def _is_shared(values: Any) -> bool:
    """Whether a file holds blocks or sub-models for specs to include, and no network of its own."""
    return (
        isinstance(values, dict) and any(word in values for word in TEMPLATES) and {*values} <= {*Shared.model_fields}
    )


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
