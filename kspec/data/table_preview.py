"""A look at a table: of one that no spec names yet the whole profile, of one that a spec names its columns' names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kspec.analysis.data_profile import DataProfile
from kspec.data.context import Context
from kspec.data.profiling import profile_table
from kspec.data.sources import SOURCES, names, read
from kspec.data.sources.read_request import Request, likely_delimiter
from kspec.diagnostics import Positions, Report, Source, Span
from kspec.language import Document, Spec
from kspec.language.data import CsvOptions, Data

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


def profile_file(path: str | os.PathLike[str], report: Report) -> tuple[DataProfile, CsvOptions | None] | None:
    """The profile of a CSV or Parquet file, and how the CSV is written where that is not the usual way.

    Args:
        path: The file, relative to the working directory.
        report: Gets what is wrong with it.

    Returns:
        None where the file cannot be read. The options have the delimiter that the first line speaks for; they are None
        for Parquet, and for a CSV with commas in UTF-8.
    """
    name = os.fspath(path)
    context = Context(_no_spec(), report, None)
    files = context.find(name)
    if files is None:
        return None
    stem = name.lower().removesuffix(".gz")
    if not stem.endswith(TEXT_SUFFIXES):
        kind = "npz" if stem.endswith(".npz") else "parquet"
        table = read(kind, name, Request(context, {}, []))
        return None if table is None else (profile_table(table, kind), None)
    options = CsvOptions.model_validate({"path": name, "delimiter": likely_delimiter(files[0])})
    table = read("csv", options, Request(context, {}, []))
    if table is None:
        return None
    return profile_table(table, "csv"), options if options.delimiter != "," else None


def column_names(name: str, data: Any) -> list[str]:
    """The columns of the table that a spec's `data:` names, read off the file's head; empty where that cannot be.

    Args:
        name: The spec's file: paths are relative to its folder, and lie below it or the working directory.
        data: The plain value of `data:`, which may be half written.
    """
    source = next((word for word in SOURCES if isinstance(data, Mapping) and data.get(word)), None)
    if source is None:
        return []
    try:
        given = getattr(Data.model_validate({source: data[source]}), source)
        return names(source, given, Request(Context(_no_spec(name), Report(), ("data", source)), {}, []))
    except (ValueError, OSError):
        return []


def _no_spec(name: str = "") -> Spec:
    """A spec that says nothing: reading needs one for its folder, and the places of problems."""
    source = Source(name, "")
    values = {"kspec": 1, "inputs": {"x": {"shape": [1]}}, "layers": ["Flatten"]}
    return Spec(Document.model_validate(values), values, Positions(Span(source, 1, 1, 1, 1)), source)
