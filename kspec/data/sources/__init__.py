"""The data sources.

To add a source, write one module here with `read` (and `names`, if a header tells its columns), add one line to
`SOURCES`, and add its field to `Data` in `kspec/language/data.py`.
"""

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
"""By source, a module with `read(setting, request) -> Table | None` and optionally `names(setting, request)`."""


def read(source: str, setting: Any, request: Request) -> Table | None:
    """Reads the table of a source; None if there are errors."""
    table: Table | None = import_module(SOURCES[source]).read(setting, request)
    return table


def names(source: str, setting: Any, request: Request) -> list[str]:
    """Reads the column names of a source without its rows; empty if it has none or cannot be read."""
    read_names = getattr(import_module(SOURCES[source]), "names", None)
    columns: list[str] = read_names(setting, request) if read_names else []
    return columns
