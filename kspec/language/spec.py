"""A parsed spec: its typed document, its plain values, and their places in the text."""

from __future__ import annotations

import copy
import html
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from kspec.diagnostics import Diagnostic, Path, Positions, Source
from kspec.expand.instructions import Expansion
from kspec.language.document import Document
from kspec.language.entry import Entry
from kspec.language.network import Input, Network
from kspec.syntax.path_policy import PathPolicy, Permissions


@dataclass(slots=True, repr=False)
class Spec:
    """A structurally valid model spec.

    `repr(spec)` is its name and number of layers, `str(spec)` is its YAML text, and a notebook shows that text.

    Args:
        document: The typed document.
        values: The plain values, with overrides applied and expressions computed, but blocks and repeats unexpanded.
        positions: The places of all values, with entries expanded.
        source_positions: The same with entries unexpanded, as in the text.
        source: The file's name and text.
        overrides: The `--set` arguments that have been applied.
        diagnostics: Warnings found so far.
        permissions: What the user allows the spec to do.
        networks: All networks with their entries expanded, by their path in the document: sub-models in their order,
            then `()`, the spec's own.
        expansions: How the entries of a network are expanded; networks with nothing to expand are left out.
        is_partial: Whether it lacks invalid values, which have been reported.
        is_trained: Whether its trained model is saved, so that nothing reads its initial weights.
    """

    document: Document
    values: dict[str, Any]
    positions: Positions
    source_positions: Positions
    source: Source
    overrides: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    permissions: Permissions = field(default_factory=Permissions)
    networks: dict[Path, Network] = field(default_factory=dict)
    expansions: dict[Path, Expansion] = field(default_factory=dict)
    is_partial: bool = False
    is_trained: bool = False

    @property
    def name(self) -> str:
        """The spec's `name`, or that of its file."""
        if self.document.name:
            return self.document.name
        stem = File(self.source.name).stem.removesuffix(".kspec")
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", stem).strip("_.-") or "spec"

    @property
    def folder(self) -> File:
        """The folder that input paths are relative to."""
        return File(os.path.abspath(self.source.name)).parent

    @property
    def paths(self) -> PathPolicy:
        """What the spec may read and write."""
        return PathPolicy(self.folder, self.permissions)

    def standalone_values(self) -> dict[str, Any]:
        """A copy of its values that needs no other file: what it uses of included files is copied into it."""
        values = copy.deepcopy(self.values)
        values.pop("include", None)
        if not self.expansions and "models" not in values:  # nothing left to compute
            values.pop("vars", None)
        used_blocks = {name for expansion in self.expansions.values() for name in expansion.used_blocks}
        for word, names in {"blocks": used_blocks, "models": self.called_models()}.items():
            for name in list(values.get(word) or ()):
                if name not in names and self.source_positions.key((word, name)).source is not self.source:
                    del values[word][name]
            if not values.get(word):
                values.pop(word, None)
        return values

    def entry(self, path: Path) -> Entry:
        """The entry of a node, by its path: `("layers", 2)`, `("models", "encoder", "layers", 0)`."""
        index = path[-1]
        assert isinstance(index, int)
        return self.networks[path[:-2]].layers[index]

    def input(self, path: Path) -> Input:
        """An input, by its path: `("inputs", "image")`."""
        return self.networks[path[:-2]].inputs[str(path[-1])]

    def trainable(self, network_path: Path) -> bool | None:
        """The `trainable` setting of a network: false for a frozen sub-model; None if not set."""
        if not network_path:
            return None
        setting = self.document.models[str(network_path[1]).partition("/")[0]].trainable
        return self.networks[network_path].trainable if setting is None else setting

    def defines_layers_of(self, model: str) -> bool:
        """Whether the spec itself defines the layers of a sub-model."""
        sub_model = self.document.models.get(model)
        return sub_model is not None and sub_model.layers is not None

    def is_application(self, network_path: Path) -> bool:
        """Whether a network is a model of `keras.applications`."""
        sub_model = self.document.models.get(str(network_path[1])) if network_path else None
        return sub_model is not None and sub_model.application is not None

    def called_models(self) -> set[str]:
        """The sub-models that any entry calls."""
        return {
            name
            for network in self.networks.values()
            for entry in network.layers
            for name in ((entry.head,) if entry.kind == "model" else models_in(entry.arguments))
        }

    def __repr__(self) -> str:
        count = len(self.networks[()].layers)
        return f"Spec({self.name!r}, {count} layer{'' if count == 1 else 's'})"

    def __str__(self) -> str:
        return self.source.text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def models_in(arguments: Any) -> Iterator[str]:
    """The sub-models in a layer's arguments: `TimeDistributed: {layer: {model: encoder}}`."""
    if isinstance(arguments, dict):
        if len(arguments) == 1 and isinstance(arguments.get("model"), str):
            yield arguments["model"]
        arguments = list(arguments.values())
    for item in arguments if isinstance(arguments, list) else ():
        yield from models_in(item)
