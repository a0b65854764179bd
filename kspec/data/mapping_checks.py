"""Whether the spec names the columns that training needs, and none that the data cannot have."""

from __future__ import annotations

from kspec.analysis.per_output import minimized_outputs, untrained_outputs
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context, InvalidData
from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.diagnostics import codes
from kspec.language.data import Data


def check_synthetic(data: Data, context: Context) -> None:
    """Reports settings that name columns of synthetic data, which has one for each input and output.

    Args:
        data: The `data` section.
        context: Receives the error.

    Raises:
        InvalidData: If there is an error.
    """
    keys = ("columns", "where", "distinct", "inputs", "targets", "weights", "missing")
    for key in keys if data.source == "synthetic" else ():
        if getattr(data, key) not in (None, False, {}):
            context.error(
                codes.MISSING_COLUMN_MAPPING,
                f"synthetic data has no columns for `{key}` to name",
                ("data", key),
                key=True,
                help=f"remove `{key}`: synthetic data always fits the inputs and outputs",
            )
            raise InvalidData


def check_has_target(table: Table, mapping: ColumnMapping, request: Request) -> None:
    """Reports training data of which no column is a target, though the network is trained on one.

    Args:
        table: The table.
        mapping: Its columns.
        request: What is read.
    """
    loss = request.context.spec.document.compile.loss
    are_predicted = untrained_outputs(loss, request.outputs) == set(request.outputs)
    if not mapping.targets and not are_predicted and not minimized_outputs(loss, request.outputs):
        request.context.error(
            codes.MISSING_COLUMN_MAPPING,
            "no output has a target column, so there is nothing to train on",
            ("data",),
            key=True,
            help=f"name the target column: `targets: {next(reversed(table.columns))}`",
        )
