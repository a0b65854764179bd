"""Reads other data for a trained model: the same columns, imputed and labelled as in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping, map_columns
from kspec.data.context import Context, InvalidData
from kspec.data.imputation import Policies, check_policies, fill, rows_to_keep
from kspec.data.labels import Labels, UnknownLabel
from kspec.data.sources import read, source_of
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table
from kspec.data.types import DataSplit, InputSpec
from kspec.diagnostics import Report, Source, Span, codes, did_you_mean
from kspec.language import Spec
from kspec.language.data import SOURCES, CsvOptions, Data

SHOWN = 12


def load_for_prediction(
    source: str | Mapping[str, Any],
    spec: Spec,
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    labels: Mapping[str, Labels],
    fitted: Mapping[str, Any],
    report: Report,
    *,
    need_targets: bool = False,
    place: tuple[str | int, ...] | None = None,
) -> DataSplit | None:
    """Reads other data with the same columns, and treats it as the training data were.

    Args:
        source: A path, relative to the spec's folder if `place` is stated, else to the working directory; or a `data`
            section with only a source, such as `{"csv": "new.csv"}`.
        spec: The spec of the model.
        inputs: The shape and dtype of each input.
        outputs: The names of the outputs.
        labels: The vocabularies of the training targets.
        fitted: As in `Dataset.fitted`.
        report: Receives every problem.
        need_targets: Whether each target of training must be there, as for an evaluation.
        place: The setting that names the data, such as `("predict", "data")`; None for data named on the command line,
            which may lie anywhere.

    Returns:
        The examples; None if there are errors.
    """
    argument = None
    if place is None and isinstance(source, str):
        argument = Span(Source("--data", source), 1, 1, 1, len(source) + 1)
    context = Context(spec, report, place, argument)
    try:
        return _load(
            source,
            Request(context, inputs, outputs, spec.document.seed, for_prediction=not need_targets),
            labels,
            fitted,
        )
    except InvalidData:
        return None


def _load(
    source: str | Mapping[str, Any], request: Request, labels: Mapping[str, Labels], fitted: Mapping[str, Any]
) -> DataSplit:
    import numpy

    context, data = request.context, request.context.spec.document.data
    kind, setting = context.require(resolve_source(source, data, context))
    table = context.require(read(kind, setting, request))
    table.row_splits = None
    mapping = _map_columns(table, data, fitted, request)
    _restore_text_labels(table, mapping, labels)
    if request.for_prediction:
        _remove_incomplete_targets(table, mapping)
    policies = Policies(data.missing if data is not None else None)
    kept = rows_to_keep(table, mapping, policies, context.source_path, context)
    fill(table, fitted.get("fill", {}))
    check_policies(table, mapping, policies, kept, context)
    context.stop_on_errors()
    numbers = table.row_numbers()[kept]
    if not kept.all():
        table = table.take(kept)
    arrays = TableArrays(table, mapping, request.inputs, context)
    context.stop_on_errors()
    for name, vocabulary in labels.items():
        if name in arrays.targets:
            _check_labels(name, vocabulary, arrays, table, request)
    return arrays.split(numpy.arange(table.rows), numbers)


def resolve_source(source: str | Mapping[str, Any], data: Data | None, context: Context) -> tuple[str, Any] | None:
    """The kind of a source and its setting.

    Args:
        source: As in `load_for_prediction`.
        data: The spec's `data` section, whose CSV options hold for a path too.
        context: Receives a problem of the source.
    """
    if isinstance(source, str):
        kind = source_of(source)
        if kind is None:
            kind = data.source if data is not None and data.source != "synthetic" else "csv"
        if kind == "csv" and data is not None and isinstance(data.csv, CsvOptions):
            return kind, data.csv.model_copy(update={"path": source})
        return kind, source
    kinds = [key for key in source if key in SOURCES]
    if len(kinds) != 1 or len(source) != 1:
        stray = next((key for key in source if key not in SOURCES), "")
        context.error(
            codes.MISSING_COLUMN_MAPPING,
            "other data must be a path or a mapping with one source",
            context.source_path,
            label=did_you_mean(stray, SOURCES),
            help=f"available sources: {', '.join(SOURCES)}",
        )
        return None
    if context.source_path is not None:
        context.source_path = (*context.source_path, kinds[0])
    return kinds[0], getattr(Data.model_validate(dict(source)), kinds[0])


def _map_columns(table: Table, data: Data | None, fitted: Mapping[str, Any], request: Request) -> ColumnMapping:
    """The columns of training; if these are unknown, the columns that the spec's `data` section names."""
    context = request.context
    if "columns" not in fitted:
        data = data or Data.model_validate({"synthetic": {}})
        return context.require(map_columns(table, data, request.inputs, request.outputs, context))
    mapping = ColumnMapping.from_json(fitted["columns"])
    missing = [column for column in mapping.input_columns if column not in table.columns]
    for name, columns in list(mapping.targets.items()):
        absent = [column for column in columns if column not in table.columns]
        if absent and not request.for_prediction:
            missing += absent
        elif absent:
            del mapping.targets[name]
    missing = list(dict.fromkeys(missing))
    if missing:
        context.error(
            codes.UNKNOWN_COLUMN,
            f"the data lacks column{'s' if len(missing) > 1 else ''} {', '.join(f'`{name}`' for name in missing)}",
            context.source_path,
            label=did_you_mean(missing[0], table.columns) if len(missing) == 1 else "",
            help=f"available columns: {', '.join(list(table.columns)[:SHOWN])}",
        )
    context.stop_on_errors()
    mapping.weights = {
        name: column for name, column in mapping.weights.items() if column in table.columns and name in mapping.targets
    }
    mapping.places = dict.fromkeys((*mapping.inputs, *mapping.targets), context.source_path or ())
    return mapping


def _restore_text_labels(table: Table, mapping: ColumnMapping, labels: Mapping[str, Labels]) -> None:
    """Reads labels as text if they were text in training, even if all of this file's look like numbers."""
    for name, columns in mapping.targets.items():
        vocabulary = labels.get(name)
        column = table.columns[columns[0]]
        if vocabulary is not None and vocabulary.kind == "text" and column.kind in ("integer", "float", "boolean"):
            table.columns[column.name] = Column(
                column.name, "text", column.texts(), column.missing, column.original_texts
            )


def _remove_incomplete_targets(table: Table, mapping: ColumnMapping) -> None:
    """Ignores targets with missing values: predictions do not need them."""
    for name, columns in list(mapping.targets.items()):
        if any(table.columns[column].missing.any() for column in columns):
            del mapping.targets[name]
            mapping.weights.pop(name, None)


def _check_labels(name: str, vocabulary: Labels, arrays: TableArrays, table: Table, request: Request) -> None:
    """Reports labels that training did not have; for predictions, the target is ignored instead."""
    import numpy

    context, raw = request.context, arrays.targets[name]
    try:
        vocabulary.indices(raw)
    except UnknownLabel as error:
        if vocabulary.kind == "integer" and len(vocabulary.names) > 2 and raw.dtype.kind in "if":
            return
        if request.for_prediction:
            del arrays.targets[name]
            return
        context.error(
            codes.UNKNOWN_LABEL,
            f"unknown label `{error.value}` of `{name}` in {table.locate(numpy.flatnonzero(raw == error.value))}",
            context.source_path,
            label=did_you_mean(str(error.value), vocabulary.names),
            help=f"the model was trained on: {', '.join(vocabulary.names[:SHOWN])}",
        )
        raise InvalidData from error
