"""A spec that has been read: its typed document, its plain values, and the place of each."""

from __future__ import annotations

import copy
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
    """A model spec, read and structurally sound.

    Args:
        document: The typed document.
        values: Its plain values, overrides applied and expressions computed; blocks and repeats as they are written.
        positions: Where each part of the document stands.
        source: The file's text.
        overrides: The `--set` words applied to it.
        diagnostics: What reading it had to say: warnings alone.
        permissions: What the user allows it.
        networks: By its place in the document, each network as typed, its entries written out: sub-models in their
            order, then `()`, the spec's own.
        expansions: How the entries of a network are written out; those that stand for themselves are left out.
        places: Where its values stand, entries as they are written; None where that is `positions`.
    """

    document: Document
    values: dict[str, Any]
    positions: Positions
    source: Source
    overrides: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    permissions: Permissions = field(default_factory=Permissions)
    networks: dict[Path, Network] = field(default_factory=dict)
    expansions: dict[Path, Expansion] = field(default_factory=dict)
    places: Positions | None = None

    @property
    def written(self) -> Positions:
        """Where each of its values stands; unlike in `positions`, entries count as they are written."""
        return self.places or self.positions

    @property
    def name(self) -> str:
        """The spec's name: as it states, or its file's."""
        if self.document.name:
            return self.document.name
        stem = File(self.source.name).stem.removesuffix(".kspec")
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", stem).strip("_.-") or "spec"

    @property
    def folder(self) -> File:
        """What paths that are read are relative to."""
        return File(os.path.abspath(self.source.name)).parent

    @property
    def paths(self) -> PathPolicy:
        """What the spec may read and write."""
        return PathPolicy(self.folder, self.permissions)

    def standalone_values(self) -> dict[str, Any]:
        """A copy of its values that needs no other file: what it includes and uses stands among the rest."""
        values = copy.deepcopy(self.values)
        values.pop("include", None)
        if not self.expansions and "models" not in values:  # nothing is left to be computed
            values.pop("vars", None)
        used_blocks = {name for expansion in self.expansions.values() for name in expansion.used_blocks}
        for word, names in {"blocks": used_blocks, "models": self.called()}.items():
            for name in list(values.get(word) or ()):
                if name not in names and self.written.key((word, name)).source is not self.source:
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
        """What is said of an input, by its path: `("inputs", "image")`."""
        return self.networks[path[:-2]].inputs[str(path[-1])]

    def frozen(self, network_path: Path) -> bool | None:
        """What is said of all layers of a network: false for a sub-model that is frozen; None where nothing is."""
        if not network_path:
            return None
        said = self.document.models[str(network_path[1]).partition("/")[0]].trainable
        return self.networks[network_path].trainable if said is None else said

    def is_written(self, model: str) -> bool:
        """Whether a sub-model stands in the spec; one that is read from a file is Keras's own."""
        said = self.document.models.get(model)
        return said is not None and said.layers is not None

    def is_application(self, network_path: Path) -> bool:
        """Whether a network is a model of `keras.applications`."""
        said = self.document.models.get(str(network_path[1])) if network_path else None
        return said is not None and said.application is not None

    def called(self) -> set[str]:
        """The sub-models that some entry calls, be it one of a sub-model that nobody calls."""
        return {
            name
            for network in self.networks.values()
            for entry in network.layers
            for name in ((entry.head,) if entry.kind == "model" else models_in(entry.arguments))
        }

    def __repr__(self) -> str:
        return f"Spec({self.name!r}, {len(self.document.layers)} layers)"


def models_in(arguments: Any) -> Iterator[str]:
    """The sub-models that a layer's arguments hold: `TimeDistributed: {layer: {model: encoder}}`."""
    if isinstance(arguments, dict):
        if len(arguments) == 1 and isinstance(arguments.get("model"), str):
            yield arguments["model"]
        arguments = list(arguments.values())
    for item in arguments if isinstance(arguments, list) else ():
        yield from models_in(item)
