"""The table of training as kspec reads it, for what the exported code must do alike but the arrays do not show."""

from __future__ import annotations

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.policies import row_dropping_columns
from kspec.data.context import Context
from kspec.data.expressions.derivation import derive
from kspec.data.network_specs import input_specs
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.diagnostics import Report


def source_table(info: DatasetInfo) -> tuple[Table, Context]:
    """The table of the source, and the context in which it was read.

    Args:
        info: The training data.
    """
    context = Context(info.spec, Report(), ("data", info.source))
    request = Request(context, input_specs(info.spec), list(info.targets), info.spec.document.data_seed)
    return context.require(read(info.source, getattr(info.data, info.source), request)), context


def training_table(info: DatasetInfo) -> tuple[Table, Context]:
    """The table without dropped rows, with new columns, and the context in which it was read.

    Args:
        info: The training data.
    """
    table, context = source_table(info)
    table = derive(table, info.data, context).table
    for name in row_dropping_columns(info):
        table = table.take(~table.columns[name].missing)
    return table, context
