"""A section of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kspec.report.chart import Chart, Table

SHORT = 10
"""The most rows of a table that stands before charts."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a report.

    Args:
        id: Its address in the page.
        title: Its heading.
        notes: What is to be known, a sentence each.
        tables: By caption.
        charts: Its charts.
        template: The template of what else it shows; empty for nothing else.
        values: What that template needs.
        references: The runs of which the reader chooses the one that others are compared with; empty for no choice.
    """

    id: str
    title: str
    notes: list[str] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    charts: list[Chart] = field(default_factory=list)
    template: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    references: Sequence[str] = ()

    @property
    def short_tables(self) -> dict[str, Table]:
        """The tables that stand before the charts."""
        return {name: table for name, table in self.tables.items() if len(table.rows) <= SHORT or not self.charts}

    @property
    def long_tables(self) -> dict[str, Table]:
        """The tables that stand below the charts."""
        return {name: table for name, table in self.tables.items() if name not in self.short_tables}
