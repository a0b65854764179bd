"""Reads the training data of a spec: source → columns → imputation → splits → arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.analysis.per_output import minimized_outputs, untrained_outputs
from kspec.data.arrays import TableArrays
from kspec.data.class_coverage import check_classes
from kspec.data.columns import ColumnMapping, map_columns
from kspec.data.context import Context, InvalidData
from kspec.data.derivation import Derivation, derive
from kspec.data.imputation import Policies, check_names, check_policies, fill, fit_fills, rows_to_keep
from kspec.data.index_check import ValueCheck
from kspec.data.labels import Labels
from kspec.data.profiling import profile_splits, profile_table
from kspec.data.series import series_column
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.split import split_rows
from kspec.data.table import Column, Table
from kspec.data.target_labels import labels_of
from kspec.data.types import Dataset, InputSpec, OutputSpec
from kspec.data.yes_no import read_yes_no_targets
from kspec.diagnostics import Report, codes
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.csv_options import CsvOptions
from kspec.language.data import Data


def load(
    spec: Spec,
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    report: Report,
    *,
    output_specs: Mapping[str, OutputSpec] | None = None,
    graph: Graph | None = None,
) -> Dataset | None:
    """Reads a spec's data, maps columns to inputs and outputs, imputes missing values, and splits.

    Args:
        spec: A spec with a `data` section.
        inputs: The shape and dtype of each input.
        outputs: The names of the outputs.
        report: Receives every problem, at its place in the spec.
        output_specs: What is known of the outputs: it shapes synthetic targets, and tells which targets are classes.
        graph: The network, whose layers limit the values of the inputs.

    Returns:
        The splits; None if there are errors.
    """
    data = spec.document.data
    assert data is not None
    context = Context(spec, report, ("data", data.source))
    try:
        values = None if graph is None else ValueCheck(graph, is_training=True)
        return _load(data, Request(context, inputs, outputs, spec.document.seed, output_specs or {}, values=values))
    except InvalidData:
        return None


def _load(data: Data, request: Request) -> Dataset:
    context = request.context
    derivation, mapping = _read_table(data, request)
    table = derivation.table
    used = mapping.uses(data)
    profile = profile_table(table, data.source, use=used)
    policies = Policies(data.missing)
    in_use = (*mapping.input_columns, *mapping.target_columns, *mapping.stratify, *data.split.columns)
    kept = rows_to_keep(table, in_use, policies, ("data", "missing"), context)
    check_policies(table, mapping, policies, kept, context)
    numbers, dropped = table.row_numbers()[kept], int((~kept).sum())
    if dropped:
        table = table.take(kept)
    parts = context.require(split_rows(table, data, _strata(table, mapping, request), request.seed, context))
    splits = parts.rows
    fills = fit_fills(table, mapping.input_columns, policies, splits["train"], context)
    fill(table, fills)
    arrays = TableArrays(table, mapping, request.inputs, context)
    context.stop_on_errors()
    labels = _labels(table, mapping, arrays, request)
    check_classes(table, mapping, arrays.targets, labels, splits, request.output_specs, context)
    context.stop_on_errors()
    read_columns = {*used, *derivation.types}
    is_numbered = isinstance(data.csv, CsvOptions) and not data.csv.header and data.csv.names is None
    width = {"width": len(table.columns) - len(data.columns) + len(table.unusable)} if is_numbered else {}
    notes = _check_values(arrays, mapping, splits, request)
    return Dataset(
        splits={name: arrays.split(rows, numbers) for name, rows in splits.items()},
        labels=labels,
        fitted={"fill": fills, "columns": mapping.to_json(), "types": derivation.types, **width},
        profile=profile_splits(
            profile, splits, arrays.inputs, arrays.targets, labels, series_column(table, data, splits)
        ),
        fingerprint=table.fingerprints,
        unused=[name for name in (*table.columns, *table.unusable) if name not in read_columns],
        dropped=dropped,
        filters=derivation.notes,
        left_out=parts.left_out,
        last=dict(parts.last),
        vocabularies=request.values.vocabularies if request.values else {},
        notes=notes,
    )


def _check_values(
    arrays: TableArrays, mapping: ColumnMapping, splits: Mapping[str, Any], request: Request
) -> list[str]:
    """Reports values that a layer cannot take; returns a note for each lookup that meets unknown categories."""
    if request.values is None:
        return []
    import numpy

    request.values.learn(arrays.inputs, splits["train"])
    others = [rows for name, rows in splits.items() if name != "train"]
    rows = numpy.concatenate(others) if others else numpy.zeros(0, int)
    return request.values.run(arrays.inputs, arrays.table, mapping, request.context, numpy.sort(rows))


def _read_table(data: Data, request: Request) -> tuple[Derivation, ColumnMapping]:
    """The table of the source, with new columns and without filtered rows, and which column feeds what."""
    context = request.context
    if not request.inputs or not request.outputs:  # they could not be resolved, which has been reported
        raise InvalidData
    _check_synthetic(data, context)
    derivation = derive(context.require(read(data.source, getattr(data, data.source), request)), data, context)
    table = derivation.table
    mapping = context.require(map_columns(table, data, request.inputs, request.outputs, context))
    read_yes_no_targets(table, mapping, request.output_specs)
    check_names(data.missing, table, context)
    loss = context.spec.document.compile.loss
    are_predicted = untrained_outputs(loss, request.outputs) == set(request.outputs)
    if not mapping.targets and not are_predicted and not minimized_outputs(loss, request.outputs):
        context.error(
            codes.MISSING_COLUMN_MAPPING,
            "no output has a target column, so there is nothing to train on",
            ("data",),
            key=True,
            help=f"name the target column: `targets: {next(reversed(table.columns))}`",
        )
    context.stop_on_errors()
    return derivation, mapping


def _check_synthetic(data: Data, context: Context) -> None:
    """Reports settings that name columns of synthetic data, which has one for each input and output."""
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


def _strata(table: Table, mapping: ColumnMapping, request: Request) -> list[Column]:
    """The columns whose classes the splits keep; `stratify: true` takes those of all targets that are classes.

    Labels by position are left out beside other targets: hardly two examples have the same ones.
    """
    regressions = [name for name, output in request.output_specs.items() if output.task == "regression"]
    numbers = {column for name in regressions for column in mapping.targets.get(name, ())}
    columns = [name for name in mapping.stratify if name not in numbers] or mapping.stratify
    found = [table.columns[name] for name in columns]
    return [column for column in found if column.size == 1] or found


def _labels(table: Table, mapping: ColumnMapping, arrays: TableArrays, request: Request) -> dict[str, Labels]:
    """By output, the labels of a target that can be classes."""
    labels = {
        name: labels_of(
            [table.columns[column] for column in columns], arrays.targets[name], request.output_specs.get(name)
        )
        for name, columns in mapping.targets.items()
    }
    return {name: vocabulary for name, vocabulary in labels.items() if vocabulary is not None}
