"""Holds the rows of other data against the contract of a run, while they are read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from kspec.analysis.index_limits import lookups
from kspec.contract.document import Contract
from kspec.contract.judge import judge_columns
from kspec.contract.judgement import Judgement
from kspec.contract.table_columns import columns_of_table
from kspec.data.table import Table
from kspec.diagnostics import codes
from kspec.ir import Graph
from kspec.runs.run_contract import CONTRACT, contract_at

SHOWN = 5


class NewRows:
    """What is unusual in rows that are predicted; without a contract, nothing.

    Args:
        folder: The run folder.
        graph: The network.
        contract: The contract, if it has been read.

    Attributes:
        judgement: The result, once the rows are read.
    """

    def __init__(self, folder: Path, graph: Graph, contract: Contract | None = None) -> None:
        has_one = contract is None and os.path.lexists(folder / CONTRACT)
        self.contract = contract_at(folder) if has_one else contract
        self.judgement: Judgement | None = None
        self._graph = graph

    def examine(self, table: Table) -> None:
        """Judges the rows of a table."""
        if self.contract is not None:
            columns = columns_of_table(table, self.contract)
            self.judgement = judge_columns(self.contract, columns, table.rows)

    def notes(self) -> list[str]:
        """A line for each column with unusual values; gaps and lookups have theirs already."""
        if self.judgement is None or self.contract is None:
            return []
        looked_up = {column for each in lookups(self._graph) for column in self._columns(each.source.name)}
        known = Judgement(self.judgement.count, drift=self.judgement.drift)
        used = ~self.judgement.refused
        known.problems = [
            replace(each, rows=each.rows & used)
            for each in self.judgement.problems
            if each.rule == codes.BEYOND_TRAINING_RANGE
            or (each.rule == codes.UNSEEN_CATEGORY and each.column not in looked_up)
        ]
        known.problems = [each for each in known.problems if each.rows.any()]
        lines = list(known.lines())
        more = len(lines) - SHOWN
        return lines[:SHOWN] + ([f"{more} more columns have unusual values"] if more > 0 else [])

    def _columns(self, name: str) -> list[str]:
        assert self.contract is not None
        return self.contract.inputs[name].columns if name in self.contract.inputs else []
