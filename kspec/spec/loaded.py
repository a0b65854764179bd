"""A spec that has been read: its typed document, its plain values, and the place of each."""

from __future__ import annotations

import copy
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kspec.diagnostics import Diagnostic, Positions, Source
from kspec.spec.document import Document
from kspec.syntax import Expansion


class Permissions(NamedTuple):
    """What a spec may do beyond being data; the user grants it, never the spec."""

    code: bool = False
    outside: bool = False
    network: bool = False


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
        expansion: How its entries are written out; None where they stand for themselves.
        places: Where its values stand, entries as they are written; None where that is `positions`.
    """

    document: Document
    values: dict[str, Any]
    positions: Positions
    source: Source
    overrides: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    permissions: Permissions = field(default_factory=Permissions)
    expansion: Expansion | None = None
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
        stem = Path(self.source.name).stem.removesuffix(".kspec")
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", stem).strip("_.-") or "spec"

    @property
    def folder(self) -> Path:
        """What paths that are read are relative to."""
        return Path(os.path.abspath(self.source.name)).parent

    def standalone_values(self) -> dict[str, Any]:
        """A copy of its values that needs no other file: what it includes and uses stands among the rest."""
        values = copy.deepcopy(self.values)
        values.pop("include", None)
        if self.expansion is None:  # nothing is left to be computed
            values.pop("vars", None)
        used = self.expansion.used if self.expansion is not None else set()
        for name in list(values.get("blocks") or ()):
            if name not in used and self.written.key(("blocks", name)).source is not self.source:
                del values["blocks"][name]
        if not values.get("blocks"):
            values.pop("blocks", None)
        return values

    def __repr__(self) -> str:
        return f"Spec({self.name!r}, {len(self.document.layers)} layers)"
