"""Where examples come from. A new source is one file with a `read`, and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kspec.data.sources.read_request import Request
from kspec.data.table import Table

SOURCES = {
    "csv": "kspec.data.sources.csv",
    "parquet": "kspec.data.sources.parquet",
    "npz": "kspec.data.sources.npz",
    "images": "kspec.data.sources.images",
    "synthetic": "kspec.data.sources.synthetic",
}
"""Source → module with `read(given, request) -> Table | None`; those of tables also have `names`, which looks at the
head of a file alone."""


def read(source: str, given: Any, request: Request) -> Table | None:
    """The table of a source; None with the reasons in the report."""
    table: Table | None = import_module(SOURCES[source]).read(given, request)
    return table


def names(source: str, given: Any, request: Request) -> list[str]:
    """The names of a source's columns, without reading it; empty where it has none or cannot be read."""
    find = getattr(import_module(SOURCES[source]), "names", None)
    found: list[str] = find(given, request) if find else []
    return found
