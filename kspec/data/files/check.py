"""Checks the patterns of `files:`, and the columns that the spec names, without reading a file."""

from __future__ import annotations

from typing import Any

from kspec.data.columns import map_columns
from kspec.data.context import Context
from kspec.data.files.columns import contents, read_file_columns
from kspec.data.sources.files import join_files, names
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table
from kspec.data.training_data import input_specs
from kspec.diagnostics import Report
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.file_columns import file_patterns


def check_files(spec: Spec, graph: Graph, report: Report) -> None:
    """Reports patterns that match nothing, files without a partner, and unknown columns.

    Args:
        spec: A spec whose source is `files`.
        graph: Its network.
        report: Receives every problem.
    """
    import numpy

    data = spec.document.data
    assert data is not None
    context = Context(spec, report, ("data", "files"), is_brief=True)
    join_files(file_patterns(data.files), context)
    known, nothing = contents(data), numpy.zeros(0, object)
    columns = [*names(data.files, Request(context, {}, [])), *data.columns]
    kinds: dict[str, Any] = {name: content for name, (content, _) in known.items()}
    no_rows = {name: Column(name, kinds.get(name, "text"), nothing, nothing.astype(bool)) for name in columns}
    table = Table(no_rows, 0, folder=spec.folder)
    read_file_columns(table, data, context)
    inputs = input_specs(spec)
    if inputs and graph.outputs:
        map_columns(table, data, inputs, list(graph.outputs), context)
