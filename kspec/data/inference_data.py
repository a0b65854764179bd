"""Other data for a model that has been trained: the same columns, filled and labelled as in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kspec.data.columns import Mapped, map_columns
from kspec.data.context import Context
from kspec.data.imputation import Policies, check_policies, fill, rows_to_drop
from kspec.data.labels import Labels
from kspec.data.sources import SOURCES, read
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table
from kspec.data.types import DataSplit, InputSpec
from kspec.diagnostics import codes, did_you_mean
from kspec.language.data import CsvOptions, Data

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".npz": "npz",
} | dict.fromkeys(PICTURES, "images")


def load_again(
    source: str | Mapping[str, Any],
    context: Context,
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    labels: Mapping[str, Labels],
    fitted: Mapping[str, Any],
    need_targets: bool,
) -> DataSplit | None:
    """The examples of other data as one part; None with the reasons in the report."""
    data = context.spec.document.data
    asked = source_of(source, data, context)
    if asked is None:
        return None
    kind, given = asked
    request = Request(context, inputs, outputs, context.spec.document.seed, for_prediction=not need_targets)
    table = read(kind, given, request)
    if table is None:
        return None
    table.parts = None
    mapped = _mapped(table, data, fitted, inputs, outputs, need_targets, context)
    if mapped is None:
        return None
    _as_in_training(table, mapped, labels)
    policies = Policies(data.missing if data is not None else None)
    fed = list(dict.fromkeys(column for columns in mapped.inputs.values() for column in columns))
    if not need_targets:
        _leave_out_incomplete(table, mapped)
    targets = list(dict.fromkeys(column for columns in mapped.targets.values() for column in columns))
    kept = ~rows_to_drop(table, [*fed, *targets], policies)
    if not kept.any():
        context.error(
            codes.EMPTY_SPLIT, "every row has a missing value, and `drop_row` leaves none", context.source_path
        )
        return None
    fill(table, fitted.get("fill", {}))
    if not check_policies(table, dict.fromkeys([*fed, *targets]), targets, policies, kept, context):
        return None
    numbers = table.row_numbers()[kept]
    table = table.take(kept) if not kept.all() else table
    return _part(table, mapped, inputs, labels, numbers, need_targets, context)


def source_of(source: str | Mapping[str, Any], data: Data | None, context: Context) -> tuple[str, Any] | None:
    """The kind of source and its setting."""
    if isinstance(source, str):
        kind = SUFFIXES.get(Path(source.removesuffix(".gz")).suffix.lower())
        if kind is None:
            kind = data.source if data is not None and data.source != "synthetic" else "csv"
        given: Any = source
        if kind == "csv" and data is not None and isinstance(data.csv, CsvOptions):
            given = data.csv.model_copy(update={"path": source})
        return kind, given
    named = [key for key in source if key in SOURCES]
    if len(named) != 1 or len(source) != 1:
        stray = next((key for key in source if key not in SOURCES), "")
        context.error(
            codes.MISSING_COLUMN_MAPPING,
            "other data is a path, or a mapping of one source",
            context.source_path,
            label=did_you_mean(stray, SOURCES),
            help=f"the sources: {', '.join(SOURCES)}",
        )
        return None
    made = Data.model_validate(dict(source))
    if context.source_path is not None:
        context.source_path = (*context.source_path, named[0])
    return named[0], getattr(made, named[0])


def _mapped(
    table: Table,
    data: Data | None,
    fitted: Mapping[str, Any],
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    need_targets: bool,
    context: Context,
) -> Mapped | None:
    """The columns that training used; where that is not known, those that the spec's `data:` names."""
    if "columns" not in fitted:
        if data is None:
            data = Data.model_validate({"synthetic": {}})
        return map_columns(table, data, inputs, outputs, context)
    mapped = Mapped.from_json(fitted["columns"])
    missing = [c for columns in mapped.inputs.values() for c in columns if c not in table.columns]
    for name, columns in list(mapped.targets.items()):
        absent = [column for column in columns if column not in table.columns]
        if absent and need_targets:
            missing += absent
        elif absent:
            del mapped.targets[name]
    for column in dict.fromkeys(missing):
        context.error(codes.UNKNOWN_COLUMN, f"there is no column `{column}`, which the model was trained with",
                      context.source_path, label=did_you_mean(column, table.columns),
                      help=f"the columns: {', '.join(list(table.columns)[:12])}")  # fmt: skip
    mapped.weights = {
        name: column for name, column in mapped.weights.items() if column in table.columns and name in mapped.targets
    }
    mapped.places = dict.fromkeys((*mapped.inputs, *mapped.targets), context.source_path or ())
    return None if missing else mapped


def _as_in_training(table: Table, mapped: Mapped, labels: Mapping[str, Labels]) -> None:
    """Labels that were text in training are text here too, though all of this file's may look like numbers."""
    for name, columns in mapped.targets.items():
        vocabulary = labels.get(name)
        column = table.columns[columns[0]]
        if vocabulary is not None and vocabulary.kind == "text" and column.kind in ("integer", "float", "boolean"):
            table.columns[column.name] = Column(column.name, "text", column.texts(), column.missing, column.written)


def _leave_out_incomplete(table: Table, mapped: Mapped) -> None:
    """For predictions alone, a target that is not there in each row is as good as none."""
    for name, columns in list(mapped.targets.items()):
        if any(table.columns[column].missing.any() for column in columns):
            del mapped.targets[name]
            mapped.weights.pop(name, None)


def _part(
    table: Table,
    mapped: Mapped,
    inputs: Mapping[str, InputSpec],
    labels: Mapping[str, Labels],
    numbers: Any,
    need_targets: bool,
    context: Context,
) -> DataSplit | None:
    import numpy

    from kspec.data.reading import Arrays, count_errors

    before = count_errors(context.report)
    kept = numpy.ones(table.rows, bool)
    arrays = Arrays(table, mapped, inputs, kept, context)
    if count_errors(context.report) > before:
        return None
    for name, vocabulary in labels.items():
        if name in arrays.targets and not _known_labels(name, vocabulary, arrays, table, need_targets, context):
            return None
    return arrays.part(numpy.arange(table.rows), numbers)


def _known_labels(
    name: str, vocabulary: Labels, arrays: Any, table: Table, need_targets: bool, context: Context
) -> bool:
    """Whether training knew each label; those it did not are an error where they are needed."""
    import numpy

    from kspec.data.labels import UnknownLabel

    raw = arrays.targets[name]
    try:
        vocabulary.indices(raw)
    except UnknownLabel as error:
        if vocabulary.kind == "integer" and len(vocabulary.names) > 2 and raw.dtype.kind in "if":
            return True
        if not need_targets:
            del arrays.targets[name]
            return True
        rows = numpy.flatnonzero(raw == error.value)
        context.error(
            codes.UNKNOWN_LABEL,
            f"the model knows no label `{error.value}` of `{name}`, which is in {table.where(rows)}",
            context.source_path,
            label=did_you_mean(str(error.value), vocabulary.names),
            help=f"it was trained on {', '.join(vocabulary.names[:12])}",
        )
        return False
    return True
