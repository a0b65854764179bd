"""Text → `Spec`: the passes that parse, override, expand and validate it."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from kspec.diagnostics import Path, Positions, Report, Source, codes
from kspec.diagnostics.budget import LAYERS, SUB_MODELS, BudgetExceeded, limited, spend
from kspec.expand.expansion import EXPANSION_RULES, expand
from kspec.expand.frame import as_mapping, entries_of
from kspec.expand.include import include
from kspec.expand.instructions import Expansion
from kspec.expand.networks import PARTS, Networks, networks
from kspec.expand.overrides import apply_overrides
from kspec.expand.unused_definitions import report_unused_definitions
from kspec.expand.variables import TEMPLATES, compute, substitute
from kspec.language import external_models
from kspec.language.document import Document, Shared
from kspec.language.network import Network
from kspec.language.spec import Spec
from kspec.language.validate import validate
from kspec.syntax import Tree, can_be_read, parse, read_source
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import is_macro
from kspec.syntax.path_policy import PathPolicy, Permissions


def load_file(
    path: Source | str | os.PathLike[str], overrides: Iterable[str] = (), permissions: Permissions | None = None
) -> Spec:
    """Read a spec from a file.

    Args:
        path: The file, or its name and text.
        overrides: Values to override, as `"name=value"` or `"name+=value"`.
        permissions: What the spec may do beyond being data; nothing by default.

    Raises:
        SpecError: If the spec is invalid, with all problems.
    """
    report = Report()
    source = path if isinstance(path, Source) else read_source(path, report)
    spec = None if source is None else load_source(source, report, tuple(overrides), permissions)
    if spec is None and source is not None and not report.has_errors:
        report_no_network(source, report)
    report.raise_errors()
    assert spec is not None
    return spec


def report_no_network(source: Source, report: Report) -> None:
    """Report that a file is a library for other specs to include, where a spec is expected."""
    report.diagnostics.clear()  # elsewhere this is an info; here it is an error
    report.error(
        codes.MISSING_KEY,
        f"`{source.name}` is not a spec: it has neither `inputs` nor `layers`",
        help=f"use a spec that includes it: `include: [{File(source.name).name}]`",
    )


def load_source(
    source: Source, report: Report, overrides: tuple[str, ...] = (), permissions: Permissions | None = None
) -> Spec | None:
    """Read a spec from a text.

    Args:
        source: The text and its file name; relative paths in it are relative to that file's folder.
        report: Receives every problem.
        overrides: Values to override, as `"name=value"` or `"name+=value"`.
        permissions: What the spec may do beyond being data; nothing by default.

    Returns:
        The spec, without its invalid values if it is partial; None if no network can be checked without these, or if
        the text is a library for other specs to include.
    """
    with limited():
        tree = parse(source, report) if can_be_read(source, report) else None
        if tree is None:
            return None
        state = _State(source, tree, report, overrides, permissions or Permissions())
        try:
            for run_pass in PASSES:
                run_pass(state)
        except BudgetExceeded as error:
            report.end(error)
            return None
        return state.spec()


@dataclass(slots=True)
class _State:
    """What the passes read and fill in.

    Args:
        complete: Whether every included file could be read.
        unknowable: Codes that mean nothing here: the missing name may be in a part that could not be read.
        external: Networks that come from files or from `keras.applications`, by sub-model.
        networks: Plain values of all networks, by their path in the document.
        expansions: The expanded entries of those networks that have something to expand.
        positions: The places of all values, with entries expanded.
        document: The validated document; None if nothing of it can be checked, or if it is a library.
        typed: The validated sub-models, by their path; None for one of which nothing can be checked.
        is_partial: Whether the document or a sub-model lacks invalid values.
    """

    source: Source
    tree: Tree
    report: Report
    overrides: tuple[str, ...]
    permissions: Permissions
    complete: bool = True
    unknowable: tuple[str, ...] = ()
    external: external_models.Networks = field(default_factory=dict)
    networks: Networks = field(default_factory=dict)
    expansions: dict[Path, Expansion] = field(default_factory=dict)
    document: Document | None = None
    typed: dict[Path, Network | None] = field(default_factory=dict)
    is_partial: bool = False

    @property
    def policy(self) -> PathPolicy:
        """What included files and files of sub-models may be read."""
        folder = File(os.path.abspath(self.source.name)).parent
        return PathPolicy(folder, self.permissions._replace(network=False))

    @property
    def positions(self) -> Positions:
        return next((expansion.positions for expansion in self.expansions.values()), self.tree.positions)

    @property
    def is_library(self) -> bool:
        """Whether the file defines blocks or sub-models for specs to include, and no network of its own."""
        values = self.tree.value
        return (
            isinstance(values, dict)
            and not values.keys().isdisjoint(TEMPLATES)
            and (values.keys() <= Shared.model_fields.keys())
        )

    def expanded(self, network_path: Path) -> dict[str, Any]:
        """The plain values of a network, with its entries expanded."""
        network, expansion = self.networks[network_path], self.expansions.get(network_path)
        if expansion is None:
            return network
        return {**network, "layers": expansion.entries or ["Identity"]}  # none where expansion failed, with an error

    def spec(self) -> Spec | None:
        if self.document is None or None in self.typed.values() or None in self.external.values():
            return None
        document = self.document
        own = Network.model_construct(inputs=document.inputs, layers=document.layers, outputs=document.outputs)
        sub_models = {path: network for path, network in self.typed.items() if network is not None}
        return Spec(
            document=document,
            values=self.tree.value,
            positions=self.positions,
            source_positions=self.tree.positions,
            source=self.source,
            overrides=self.overrides,
            diagnostics=tuple(self.report.sorted()),
            permissions=self.permissions,
            networks={**sub_models, (): own},
            expansions=self.expansions,
            is_partial=self.is_partial,
        )


def _include_files(state: _State) -> None:
    before = state.report.errors
    include(state.tree, state.report, state.policy)
    state.complete = not state.report.has_errors
    if not state.complete:
        of_includes = () if state.report.errors == before else (codes.UNDEFINED_VARIABLE,)
        state.unknowable = (codes.UNKNOWN_BLOCK, *of_includes)


def _apply_overrides(state: _State) -> None:
    apply_overrides(state.tree, state.overrides, state.report)


def _substitute_variables(state: _State) -> None:
    substitute(state.tree, state.report)


def _read_external_models(state: _State) -> None:
    files = external_models.networks_of_files(state.tree, state.report, state.policy)
    state.external = files | external_models.networks_of_applications(state.tree)


def _collect_networks(state: _State) -> None:
    state.networks = networks(state.tree, state.external, state.report)


def _expand_entries(state: _State) -> None:
    for path, network in state.networks.items():
        entries, inputs = entries_of(network), as_mapping(network.get("inputs"))
        own = 0 if any(map(is_macro, entries)) else len(entries)  # expansion counts the others
        spend(LAYERS, own + len(inputs), state.tree.positions.key((*path, "layers")))
    spend(SUB_MODELS, len(state.networks), state.tree.positions.key(("models",)))
    state.expansions = expand(state.tree, state.networks, state.report)


def _report_unused(state: _State) -> None:
    if state.complete:
        report_unused_definitions(state.tree, state.report, shared=state.is_library)


def _validate_document(state: _State) -> None:
    values = _document_values(state)
    # what seems to be missing may be in a part that could not be read
    state.report.diagnostics[:] = [problem for problem in state.report if problem.code not in state.unknowable]
    is_sound = all(problem.code in EXPANSION_RULES for problem in state.report if problem.is_error)
    errors = state.report.errors
    if state.is_library:
        validate(values, state.positions, state.report, Shared)
    else:
        document = validate(values, state.positions, state.report, Document)
        state.document = document if is_sound else None  # entries that cannot be expanded hide nothing in others
    state.is_partial = state.report.errors > errors


def _validate_sub_models(state: _State) -> None:
    errors = state.report.errors
    positions = state.positions.below_each("models")
    for path, network in state.networks.items():
        # one without layers is external, or its error is already reported at the document
        if path and "layers" in network:
            own = positions.get(path) or Positions(state.positions.key(path))
            state.typed[path] = validate(state.expanded(path), own, state.report, Network)
    state.is_partial |= state.report.errors > errors


def _drop_unused(state: _State) -> None:
    """What an invalid entry or definition may use is not unused."""
    networks = [state.document, *state.typed.values()]
    is_sound = all(each is not None and not any(is_failed(entry.head) for entry in each.layers) for each in networks)
    if not state.is_library and not is_sound:
        unused = (codes.UNUSED_BLOCK, codes.UNUSED_BLOCK_PARAMETER)
        state.report.diagnostics[:] = [problem for problem in state.report if problem.code not in unused]


def _report_library(state: _State) -> None:
    if state.is_library and not state.report.has_errors:
        section = next(word for word in TEMPLATES if word in state.tree.value)
        state.report.info(
            codes.MISSING_KEY,
            "this file is a library for specs to include, not a spec; it is checked with the specs that include it",
            state.tree.positions.key((section,)),
            help="a spec also has `kspec`, `inputs` and `layers`",
        )


PASSES: tuple[Callable[[_State], None], ...] = (
    _include_files,
    _apply_overrides,
    _substitute_variables,
    _read_external_models,
    _collect_networks,
    _expand_entries,
    _report_unused,
    _validate_document,
    _validate_sub_models,
    _drop_unused,
    _report_library,
)
"""From a parsed tree to a spec, in this order."""


def _document_values(state: _State) -> Any:
    """The document's values: its own entries expanded, and the settings of its sub-models computed."""
    tree = state.tree
    if not isinstance(tree.value, dict):
        return tree.value
    values = tree.value | state.expanded(())
    models, variables = values.get("models"), values.get("vars")
    variables = variables if isinstance(variables, dict) else {}

    def computed_settings(name: str, model: Any) -> Any:
        if not isinstance(model, dict):
            return model
        settings = {key: copy.deepcopy(item) for key, item in model.items() if key not in PARTS}
        return model | compute(settings, ("models", name), variables, tree, state.report)

    if isinstance(models, dict):
        values["models"] = {name: computed_settings(name, model) for name, model in models.items()}
    return values
