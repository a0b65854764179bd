"""Reads other data for a trained model: the same columns, imputed and labelled as in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.analysis.per_output import minimized_outputs
from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping, map_columns, window_columns
from kspec.data.context import Context, InvalidData
from kspec.data.expressions.derivation import Derivation, derive_new
from kspec.data.expressions.slices import add_slices
from kspec.data.files.columns import read_file_columns
from kspec.data.files.image_targets import read_image_targets
from kspec.data.given_rows import GivenContext, GivenRows, table_of_rows
from kspec.data.index_check import ValueCheck, inputs_by_row
from kspec.data.kept_columns import keep_columns
from kspec.data.lists.inference import fill_padding, read_other_lists
from kspec.data.lists.mapping import cut_lists
from kspec.data.lists.pairing import warn_of_unpaired_lists
from kspec.data.missing.imputation import Policies
from kspec.data.missing.indicators import add_new_indicators
from kspec.data.missing.new_gaps import fill_new
from kspec.data.missing.row_order import order_columns
from kspec.data.missing.unusable_rows import UnusableRows, add_bad_inputs, add_bad_numbers, add_undecodable
from kspec.data.named_columns import require_columns
from kspec.data.network_specs import InputSpec, OutputSpec
from kspec.data.new_data_notes import unused_note, unweighted_note
from kspec.data.new_source import resolve_source
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.storage.disk_space import DiskFull
from kspec.data.storage.mapped_arrays import counted, table_arrays, taken, true_rows
from kspec.data.table import Table
from kspec.data.targets.actual_values import ActualValues
from kspec.data.targets.encoding import TargetEncoding
from kspec.data.targets.ignored import ignored_in_new, without_any_target
from kspec.data.targets.new_targets import NewTargets, refuse_targets
from kspec.data.targets.text_encoding import encode_others
from kspec.data.types import DataSplit
from kspec.data.windows.inference import (
    series_of_other_data,
    split_of_other_data,
    windows_of_other_data,
    without_place,
)
from kspec.data.windows.series import Series
from kspec.diagnostics import Report, Source, Span, codes
from kspec.language import Spec
from kspec.language.csv_options import CsvOptions
from kspec.language.data import Data
from kspec.language.missing import IGNORE
from kspec.language.window import Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN = 12


def load_for_prediction(
    source: str | Mapping[str, Any] | GivenRows,
    spec: Spec,
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    encodings: Mapping[str, TargetEncoding],
    fitted: Mapping[str, Any],
    report: Report,
    *,
    need_targets: bool = False,
    place: tuple[str | int, ...] | None = None,
    values: ValueCheck | None = None,
    examine: Callable[[Table], None] | None = None,
) -> DataSplit | None:
    """Reads other data with the same columns, and treats it as the training data were.

    Args:
        source: A path, relative to the spec's folder if `place` is stated, else to the working directory; or a `data`
            section with only a source, such as `{"csv": "new.csv"}`; or rows in memory.
        spec: The spec of the model.
        inputs: The shape and dtype of each input.
        outputs: The names of the outputs.
        encodings: By output, the encoding of its target in training.
        fitted: As in `Dataset.fitted`.
        report: Receives every problem.
        need_targets: Whether each target of training must be there, as for an evaluation.
        place: The setting that names the data, such as `("predict", "data")`; None for data named on the command line,
            which may lie anywhere.
        values: What the layers of the model can take.
        examine: As in `Request`.

    Returns:
        The examples, without rows that lack a value that the model needs; None if there are errors.
    """
    argument = None
    if place is None and isinstance(source, str):
        argument = Span(Source("--data", source), 1, 1, 1, len(source) + 1)
    if isinstance(source, GivenRows):
        context: Context = GivenContext(spec, report, None, is_new=True, files=source.files)
    else:
        context = Context(spec, report, place, argument, is_new=True)
    request = Request(context, inputs, outputs, spec.document.data_seed, for_prediction=not need_targets, values=values)
    request.examine = examine
    try:
        with table_arrays():
            return load_request(source, request, encodings, fitted)
    except InvalidData:
        return None
    except DiskFull as full:
        context.disk_full(full)
        return None


def load_request(
    source: str | Mapping[str, Any] | GivenRows,
    request: Request,
    encodings: Mapping[str, TargetEncoding],
    fitted: Mapping[str, Any],
) -> DataSplit:
    """Reads other data with the same columns, and treats it as the training data were.

    Args:
        source: As in `load_for_prediction`.
        request: What is read.
        encodings: By output, the encoding of its target in training.
        fitted: As in `Dataset.fitted`.

    Raises:
        InvalidData: If there are errors.
    """
    context, data = request.context, request.context.spec.document.data
    if isinstance(source, GivenRows):
        table = context.require(table_of_rows(source, context))
    else:
        table = _read(source, request, fitted)
    table.row_splits = None
    table = table if request.revise is None else request.revise(table, context)
    derivation = _derive(table, data, fitted, request)
    table = derivation.table
    keep_columns(table, context, are_needed=request.for_prediction)
    if data is not None:
        read_file_columns(table, data, context, fitted.get("rates"))
        inputs = fitted.get("columns", {}).get("inputs", {})
        add_new_indicators(table, data, {name for columns in inputs.values() for name in columns})
    if request.examine is not None:
        request.examine(table)
    mapping = _map_columns(table, data, fitted, request)
    outputs = {name: _output_spec(encoding) for name, encoding in encodings.items()}
    read_image_targets(table, mapping, outputs, context, optional=request.for_prediction)
    context.stop_on_errors()
    read_other_lists(table, mapping, context, for_prediction=request.for_prediction)
    window, untimed = None if data is None else data.window, ""
    if window is not None:
        table, untimed = without_place(table, window)
    targets = NewTargets(table, mapping, encodings, window.horizon if window is not None else 0)
    read_columns = [*derivation.types, *window_columns(window), *order_columns(mapping.input_columns, data)]
    unused, numbers, rows = unused_note(table, mapping, read_columns), table.row_numbers(), UnusableRows(table)
    actual = None
    if request.for_prediction:
        actual, mapping.weights = ActualValues(table, mapping, targets), {}
    unweighted = unweighted_note(mapping, fitted, request)
    tables = source.tables(numbers) if isinstance(source, GivenRows) else None
    series = None if window is None else series_of_other_data(table, window, fitted, context, tables)
    fill_new(table, mapping, data, series, fitted, context)
    if window is not None and series is not None:
        split = _windows(table, mapping, window, series, request, targets, actual, numbers)
        split.notes = [note for note in (untimed, *split.notes, unweighted, unused) if note]
        return split
    ignored = {} if request.for_prediction else ignored_in_new(table, mapping, data)
    rows.add(without_any_target(ignored, mapping, table.rows), "no target")
    _leave_out(rows, mapping, encodings, request)
    arrays = TableArrays(table.take(rows.kept), mapping, request.inputs, context)
    arrays.absent = {name: absent[rows.kept] for name, absent in ignored.items()}
    context.stop_on_errors()
    add_undecodable(rows, arrays, mapping.input_columns)
    _require_rows(rows, mapping.input_columns, mapping, request)
    fill_padding(arrays, encodings)
    if actual is not None:
        actual.complete(arrays, rows.kept)
    else:
        refuse_targets(targets, arrays, rows.kept, context)
    warn_of_unpaired_lists(arrays.table, mapping, context)
    unknown = [*_check_values(rows, arrays, mapping, request), *cut_lists(arrays.table, mapping)]
    split = arrays.split(counted(0, arrays.table.rows), taken(numbers, rows.kept))
    encode_others(split, {name: each.encoder for name, each in encodings.items() if mapping.is_encoded(name)})
    split.left_out = numbers[~rows.kept].tolist()
    split.reasons = [each._replace(rows=taken(numbers, each.rows)) for each in rows.left_out]
    split.kept_of_left_out = {name: texts[~rows.kept] for name, texts in table.kept.items()}
    left_out = f"left out {', '.join(rows.reasons)}" if rows.reasons else ""
    notes = (
        *derivation.notes,
        left_out,
        *arrays.notes,
        *unknown,
        *(actual.notes if actual is not None else ()),
        unweighted,
        unused,
    )
    split.notes = [note for note in notes if note]
    return split


def _read(source: str | Mapping[str, Any], request: Request, fitted: Mapping[str, Any]) -> Table:
    """The table of a file, or of another source; the arguments are those of `load_request`."""
    context = request.context
    kind, setting = context.require(resolve_source(source, context.spec.document.data, context))
    if "width" in fitted and isinstance(setting, CsvOptions) and not setting.header and setting.names is None:
        setting = setting.model_copy(update={"names": [f"c{number}" for number in range(fitted["width"])]})
    return context.require(read(kind, setting, request))


def _output_spec(encoding: TargetEncoding) -> OutputSpec:
    """What training knew of an output."""
    settings, ignored = encoding.settings, encoding.settings.ignored_label
    shape = encoding.shape if encoding.is_known else None
    return OutputSpec(settings.task, settings.head.units, ignored=ignored, shape=shape)


def _derive(table: Table, data: Data | None, fitted: Mapping[str, Any], request: Request) -> Derivation:
    """The table with the new columns of training; an evaluation filters its rows as training did."""
    if data is None:
        return Derivation(table)
    columns = fitted.get("columns", {})
    needed = [name for names in columns.get("inputs", {}).values() for name in names]
    if not request.for_prediction:
        needed += [name for names in columns.get("targets", {}).values() for name in names]
    types, is_evaluated = fitted.get("types", {}), not request.for_prediction
    derivation = derive_new(table, data, types, needed, request.context, with_filter=is_evaluated)
    if is_evaluated:
        derivation.types |= add_slices(derivation.table, request.context, types)
    return derivation


def _windows(
    table: Table,
    mapping: ColumnMapping,
    window: Window,
    series: Series,
    request: Request,
    targets: NewTargets,
    actual: ActualValues | None,
    numbers: Array,
) -> DataSplit:
    """The examples of other data that are windows.

    Args:
        table: The table.
        mapping: Its columns.
        window: The setting.
        series: Its rows, in order.
        request: What is read.
        targets: The targets, read as training had them.
        actual: The targets of predictions, which may be absent; None for an evaluation.
        numbers: The number of each row in the file.

    Raises:
        InvalidData: If there are errors.
    """
    import numpy

    context = request.context
    arrays, anchors, notes = windows_of_other_data(table, mapping, window, series, request, actual)
    if actual is not None:
        actual.complete(arrays, series.order)
    else:
        refuse_targets(targets, arrays, series.order, context)
    split = split_of_other_data(arrays, mapping, window, series, anchors, taken(numbers, series.order))
    if request.values is not None:
        by_row = inputs_by_row(arrays.inputs, mapping, request.values.graph)
        used = numpy.unique(anchors[:, numpy.newaxis] - numpy.arange(window.length))
        notes += request.values.run(by_row, arrays.table, mapping, context, used)
        context.stop_on_errors()
    split.notes = [*notes, *(actual.notes if actual is not None else ())]
    return split


def _leave_out(
    rows: UnusableRows, mapping: ColumnMapping, encodings: Mapping[str, TargetEncoding], request: Request
) -> None:
    """Leaves out the rows without a value that the model needs, or with one that its inputs cannot take.

    Args:
        rows: Receives the rows.
        mapping: The columns of each input and output.
        encodings: By output, the encoding of its target in training.
        request: What is read.

    Raises:
        InvalidData: If each row has a gap.
    """
    targets = {} if request.for_prediction else mapping.targets
    data = request.context.spec.document.data
    policies = Policies(None if data is None else data.missing)
    own = [column for columns in targets.values() for column in columns if policies.fill_of(column) != IGNORE]
    needed = [*mapping.input_columns, *own]
    rows.add_unreadable(needed)
    rows.add_gaps(needed)
    _require_rows(rows, needed, mapping, request)
    add_bad_inputs(rows, mapping, request.inputs)
    for name, columns in targets.items():
        labels = encodings[name].labels if name in encodings else None
        for column in columns if labels is None else ():
            add_bad_numbers(rows, column, "float64")


def _require_rows(rows: UnusableRows, needed: Sequence[str], mapping: ColumnMapping, request: Request) -> None:
    """Reports that each row has a gap.

    Args:
        rows: The rows that are left out.
        needed: The columns that must have a value.
        mapping: The columns of each input.
        request: What is read.

    Raises:
        InvalidData: If each row has one.
    """
    if rows.kept.any():
        return
    found = [rows.table.columns[name] for name in needed]
    columns = [column.name for column in found if column.missing.any() or column.unreadable is not None]
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    needs = "an evaluation" if any(name not in mapping.input_columns for name in columns) else "the model"
    message = f"every row lacks a value that {needs} needs: {', '.join(f'`{name}`' for name in columns[:SHOWN])}"
    can_fill = any(name in mapping.input_columns for name in columns)
    request.context.error(
        codes.MISSING_VALUES,
        message + more,
        request.context.source_path,
        help="fill the gaps in the file"
        + (", or train with a `missing:` policy for the inputs" if can_fill else ": an evaluation needs targets"),
    )
    raise InvalidData


def _check_values(rows: UnusableRows, arrays: TableArrays, mapping: ColumnMapping, request: Request) -> list[str]:
    """Leaves out the rows with a value that a layer cannot take, which is an error if no other is left.

    Args:
        rows: Receives the rows.
        arrays: The arrays of the rows that are kept; loses those rows.
        mapping: The columns of each input and output.
        request: What is read.

    Returns:
        A note for each lookup that meets unknown values.
    """
    import numpy

    if request.values is None:
        return []
    context, places = request.context, true_rows(rows.kept)
    refused = request.values.refused(arrays.inputs, arrays.table, mapping, context)
    if refused and not numpy.any([bad for bad, _ in refused], axis=0).all():
        for bad, reason in refused:
            everywhere = numpy.zeros(len(rows.kept), bool)
            everywhere[places] = bad
            rows.add(everywhere, reason, rule=codes.INVALID_EMBEDDING_INDEX)
        arrays.take(rows.kept[places])
    unknown = request.values.run(arrays.inputs, arrays.table, mapping, context)
    context.stop_on_errors()
    return unknown


def _map_columns(table: Table, data: Data | None, fitted: Mapping[str, Any], request: Request) -> ColumnMapping:
    """The columns of training; if these are unknown, the columns that the spec's `data` section names."""
    context = request.context
    if "columns" not in fitted:
        data = data or Data.model_validate({"synthetic": {}})
        return context.require(map_columns(table, data, request.inputs, request.outputs, context))
    mapping = ColumnMapping.from_json(fitted["columns"])
    needed = [*mapping.input_columns, *window_columns(None if data is None else data.window)]
    absent = require_columns(needed, mapping.targets, table, context, for_prediction=request.for_prediction)
    mapping.targets = {name: columns for name, columns in mapping.targets.items() if name not in absent}
    context.stop_on_errors()
    trained = {*mapping.targets, *minimized_outputs(context.spec.document.compile.loss, request.outputs)}
    mapping.weights = {
        name: column for name, column in mapping.weights.items() if column in table.columns and name in trained
    }
    mapping.places = dict.fromkeys((*mapping.inputs, *mapping.targets), context.source_path or ())
    return mapping
