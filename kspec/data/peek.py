"""A look at a table that no spec names yet: its columns, their types and values."""

from __future__ import annotations

import os

from kspec.data.context import Context
from kspec.data.profiling import profile_table
from kspec.data.sources import read
from kspec.data.sources.request import Request, likely_delimiter
from kspec.diagnostics import Positions, Report, Source, Span
from kspec.profile import DataProfile
from kspec.spec import Document, Spec
from kspec.spec.data import CsvOptions

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


def peek(path: str | os.PathLike[str], report: Report) -> tuple[DataProfile, CsvOptions | None] | None:
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


def _no_spec() -> Spec:
    """A spec that says nothing: reading needs one for the places of problems alone."""
    source = Source("", "")
    values = {"kspec": 1, "inputs": {"x": {"shape": [1]}}, "layers": ["Flatten"]}
    return Spec(Document.model_validate(values), values, Positions(Span(source, 1, 1, 1, 1)), source)
