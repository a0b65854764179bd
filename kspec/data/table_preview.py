"""Previews of tables: the profile of a file without a spec, and the column names of a spec's data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kspec.analysis.data_profile import DataProfile
from kspec.data.context import Context
from kspec.data.profiling import profile_table
from kspec.data.sources import names, read, source_of
from kspec.data.sources.read_request import Request, likely_delimiter
from kspec.diagnostics import Positions, Report, Source, Span
from kspec.language import Document, Permissions, Spec
from kspec.language.csv_options import CsvOptions
from kspec.language.data import SOURCES

MAX_FILES = 20_000
"""How many names a glob looks at while somebody types."""


def profile_file(path: str | os.PathLike[str], report: Report) -> tuple[DataProfile, CsvOptions | None] | None:
    """Profiles the file of a table.

    Args:
        path: The file, relative to the working directory.
        report: Receives every problem.

    Returns:
        The profile, and CSV options if the delimiter of the file is not a comma; None if there are errors.
    """
    name = os.fspath(path)
    context = Context(_empty_spec("spec.yaml"), report, None)
    files = context.find(name, None)
    if files is None:
        return None
    kind = source_of(name) or "parquet"
    if kind != "csv":
        table = read(kind, name, Request(context, {}, []))
        return None if table is None else (profile_table(table, kind), None)
    options = CsvOptions.model_validate({"path": name, "delimiter": likely_delimiter(files[0], context)})
    table = read("csv", options, Request(context, {}, []))
    if table is None:
        return None
    return profile_table(table, "csv"), options if options.delimiter != "," else None


def column_names(name: str, data: Any, permissions: Permissions) -> list[str]:
    """The columns of a spec's data, from the header of the file; empty if it cannot be read.

    Args:
        name: The file of the spec.
        data: The plain value of `data:`, which may be incomplete.
        permissions: What the spec may read.
    """
    source = next((word for word in SOURCES if isinstance(data, Mapping) and data.get(word)), None)
    if source is None:
        return []
    try:
        spec = _empty_spec(name, {source: data[source], "limits": {"files": MAX_FILES}})
        spec.permissions = permissions
        request = Request(Context(spec, Report(), ("data", source)), {}, [])
        return names(source, getattr(spec.document.data, source), request)
    except (ValueError, OSError):
        return []


def _empty_spec(name: str = "", data: Any = None) -> Spec:
    """A minimal spec: reading needs its folder and its positions."""
    source = Source(name, "")
    places = Positions(Span(source, 1, 1, 1, 1))
    values = {"kspec": 1, "inputs": {"x": {"shape": [1]}}, "layers": ["Flatten"], "data": data}
    return Spec(Document.model_validate(values), values, places, places, source)
