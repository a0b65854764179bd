"""A table that is read once for several runs."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from kspec.data.columns import ColumnMapping
from kspec.data.expressions.derivation import Derivation
from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.language.data import Data


class SharedTable:
    """The table of a spec with its new columns, and which column feeds what, as the first run has read them.

    A run that reads something else reads it anew, and later ones share that; splits may differ.
    """

    def __init__(self) -> None:
        self._read: tuple[Derivation, ColumnMapping] | None = None
        self._key = ""
        self._context: dict[str, list[Any]] = {}
        self._opened: dict[str, list[int]] = {}

    def of(
        self, data: Data, request: Request, read: Callable[[], tuple[Derivation, ColumnMapping]]
    ) -> tuple[Derivation, ColumnMapping]:
        """A table that belongs to the caller, who may fill its gaps.

        Args:
            data: The `data` section.
            request: What is read.
            read: Reads the table, the first time.
        """
        context, key = request.context, _key(data, request)
        if self._read is None or self._key != key:
            self._read, self._key = read(), key
            self._opened = dict(context.opened)
            self._context = {"found": list(context.found), "warnings": list(context.warnings)}
        else:
            context.opened |= self._opened
            context.found += self._context["found"]
            context.warnings += self._context["warnings"]
        derivation, mapping = self._read
        own = replace(derivation, table=copy_of(derivation.table), types=dict(derivation.types))
        return replace(own, notes=list(derivation.notes)), deepcopy(mapping)


def _key(data: Data, request: Request) -> str:
    """What the table depends on: all that is read, for which inputs and outputs, but not how it is split."""
    settings = data.model_dump(exclude={"split", "seed"})
    seed = request.seed if data.source == "synthetic" else None
    specs = (sorted(request.inputs.items()), request.outputs, sorted(request.output_specs.items()))
    nodes = () if request.values is None else request.values.graph.nodes.values()
    # the class of a layer decides how targets `through` it are read, its arguments which examples are made up for it
    layers = [(node.name, node.head, node.arguments if data.source == "synthetic" else None) for node in nodes]
    return repr((settings, seed, request.for_prediction, specs, layers))


def copy_of(table: Table) -> Table:
    """A table with columns of its own; arrays are shared, since no reader changes one in place."""
    columns = {name: replace(column) for name, column in table.columns.items()}
    return replace(table, columns=columns, fingerprints=dict(table.fingerprints), kept=dict(table.kept))
