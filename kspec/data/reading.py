"""Reads the training data of a spec: source → columns → imputation → splits → arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.index_limits import lookups
from kspec.data.arrays import TableArrays
from kspec.data.balancing import balance
from kspec.data.columns import ColumnMapping, map_columns
from kspec.data.context import Context, InvalidData
from kspec.data.expressions.derivation import Derivation, derive
from kspec.data.expressions.slices import add_slices
from kspec.data.files.columns import read_file_columns
from kspec.data.files.image_targets import read_image_targets
from kspec.data.files.sounds import sample_rates
from kspec.data.index_check import ValueCheck, inputs_by_row
from kspec.data.kept_columns import keep_columns
from kspec.data.lists.mapping import cut_lists, learn_lengths, plan_lists, read_lists, refuse_other_lists
from kspec.data.lists.pairing import warn_of_unpaired_lists
from kspec.data.mapping_checks import check_has_target, check_synthetic
from kspec.data.missing.imputation import Policies, check_names, check_policies, fill, fit_fills, rows_to_keep
from kspec.data.missing.indicators import add_indicators, take_indicators
from kspec.data.missing.neighbor_fill import check_filled, fill_from_neighbors
from kspec.data.missing.usual_values import usual_values
from kspec.data.network_specs import InputSpec, OutputSpec
from kspec.data.parallel import meanwhile
from kspec.data.profile.class_counts import ClassCounts
from kspec.data.profile.doubts import find_copies, find_drift
from kspec.data.profile.profiling import of_lists, of_windows, profile_splits, profile_table
from kspec.data.profile.series import series_column
from kspec.data.profile.training_columns import training_columns
from kspec.data.shared_table import SharedTable, copy_of
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.split import Splits, split_rows
from kspec.data.storage.disk_space import DiskFull
from kspec.data.storage.mapped_arrays import joined, taken, true_rows
from kspec.data.storage.store import stored
from kspec.data.table import Column, Table
from kspec.data.targets.class_coverage import check_classes
from kspec.data.targets.ignored import ignored_targets, set_placeholders, without_any_target
from kspec.data.targets.labels import Labels
from kspec.data.targets.scales import learn_scales
from kspec.data.targets.target_labels import labels_of
from kspec.data.targets.yes_no import read_yes_no_targets
from kspec.data.types import Dataset
from kspec.data.windows.examples import window_splits
from kspec.data.windows.row_splits import draw_rows, ordered_rows, row_parts
from kspec.data.windows.series import Series, series_of
from kspec.diagnostics import Report
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.csv_options import CsvOptions
from kspec.language.data import Data
from kspec.language.source_files import SPLITS


def load(
    spec: Spec,
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    report: Report,
    *,
    output_specs: Mapping[str, OutputSpec] | None = None,
    graph: Graph | None = None,
    keep: bool = False,
    shared: SharedTable | None = None,
) -> Dataset | None:
    """Reads a spec's data, maps columns to inputs and outputs, imputes missing values, and splits.

    Args:
        spec: A spec with a `data` section.
        inputs: The shape and dtype of each input.
        outputs: The names of the outputs.
        report: Receives every problem, at its place in the spec.
        output_specs: What is known of the outputs: it shapes synthetic targets, and tells which targets are classes.
        graph: The network, whose layers limit the values of the inputs.
        keep: Whether a table that is not large is stored, too.
        shared: The table, if several runs share it.

    Returns:
        The splits; None if there are errors.
    """
    data = spec.document.data
    assert data is not None
    context = Context(spec, report, ("data", data.source))
    try:
        values = None if graph is None else ValueCheck(graph, is_training=True)
        request = Request(context, inputs, outputs, spec.document.data_seed, output_specs or {}, values=values)
        return stored(data, request, lambda: _load(data, request, shared), keep=keep)
    except InvalidData:
        return None
    except DiskFull as full:
        context.disk_full(full)
        return None


def _load(data: Data, request: Request, shared: SharedTable | None) -> Dataset:
    derivation, mapping = (shared or SharedTable()).of(data, request, lambda: _read_table(data, request))
    table, used = copy_of(derivation.table), mapping.uses(data)
    values = table.rows * len(table.columns)
    with meanwhile(lambda: profile_table(table, data.source, use=used), values) as table_profile:
        return _dataset(data, request, derivation, mapping, table_profile)


def _dataset(
    data: Data,
    request: Request,
    derivation: Derivation,
    mapping: ColumnMapping,
    table_profile: Callable[[], DataProfile],
) -> Dataset:
    """The data set of a table.

    Args:
        data: The `data` section.
        request: What is read.
        derivation: The table, with new columns and without filtered rows; gaps are filled in place.
        mapping: Which column feeds what.
        table_profile: Returns the profile of the table as it was before.
    """
    context, table, used = request.context, derivation.table, mapping.uses(data)
    policies = Policies(data.missing)
    in_use = (*mapping.input_columns, *mapping.target_columns, *mapping.stratify, *data.split.columns)
    ignored = ignored_targets(table, mapping, policies) if data.window is None else {}
    useless = without_any_target(ignored, mapping, table.rows)
    kept = rows_to_keep(table, in_use, policies, useless, ("data", "missing"), context)
    check_policies(table, mapping, policies, kept, context)
    series = None if data.window is None else series_of(table, data.window, context)
    numbers, dropped = table.row_numbers(), int((~kept).sum())
    if dropped:
        numbers = taken(numbers, kept)
        table = table.take(kept)
        series = None if series is None else series.without(kept)
    drawn = context.require(_split(table, mapping, series, request, data))
    splits = drawn.rows
    keep_columns(table, context, are_needed=context.spec.document.predict.data is None)
    fills = fit_fills(table, mapping.input_columns, policies, splits["train"], context)
    usual = usual_values(table, mapping, policies, fills, splits["train"], request)
    graph = None if request.values is None else request.values.graph
    training = training_columns(table, mapping, data, splits["train"], request.inputs, graph)
    fill_from_neighbors(table, mapping.input_columns, policies, data, series, context, splits)
    check_filled(table, mapping.input_columns, policies, fills, context)
    fill(table, fills)
    ignored = ignored_targets(table, mapping, policies)
    set_placeholders(table, mapping, ignored, splits["train"])
    if series is not None:
        ignored = {name: taken(rows, series.order) for name, rows in ignored.items()}
        table, numbers = table.arranged(series.order), taken(numbers, series.order)
        splits = _in_order(splits, series)
    learn_lengths(table, mapping, splits["train"], request.inputs, request.output_specs, context)
    warn_of_unpaired_lists(table, mapping, context)
    arrays = TableArrays(table, mapping, request.inputs, context)
    context.stop_on_errors()
    arrays.absent = ignored
    labels = _labels(table, mapping, arrays, request)
    scales = learn_scales(data, table, mapping, arrays.targets, splits["train"], request.output_specs, context, ignored)
    counts = ClassCounts(arrays, labels, splits, ignored)
    check_classes(table, mapping, arrays, labels, splits, request.output_specs, context, counts)
    context.stop_on_errors()
    read_columns = {*used, *derivation.types, *table.kept}
    is_numbered = isinstance(data.csv, CsvOptions) and not data.csv.header and data.csv.names is None
    own = {*table.columns} - {*data.columns, *table.sources}
    width = {"width": len(own) + len(table.unusable)} if is_numbered else {}
    notes = [*arrays.notes, *cut_lists(table, mapping), *_check_values(arrays, mapping, splits, request)]
    shuffled = series_column(table, data, splits) if series is None else ""
    profile = of_lists(table_profile(), table, mapping)
    profile = profile_splits(profile, splits, arrays, labels, counts, shuffled)
    ahead = 0 if data.window is None else data.window.horizon
    profile = replace(profile, copies=find_copies(table, mapping, ahead), drift=find_drift(table, mapping, splits))
    fitted: dict[str, Any] = {
        "fill": fills,
        "usual": usual,
        "columns": mapping.to_json(),
        "types": derivation.types,
        **sample_rates(table),
        **width,
    }
    if scales:
        fitted["scales"] = {name: scaling.to_json() for name, scaling in scales.items()}
    if series is None or data.window is None:
        parts = {name: arrays.split(rows, numbers) for name, rows in splits.items()}
    else:
        parts = window_splits(arrays, mapping, data.window, series, splits, numbers, context)
        profile = of_windows(profile, parts, series.holes)
        fitted["window"] = {"step": series.step}
        if data.splits_by_default_in_time and table.row_splits is None:
            by = f"in time, by `{data.window.time}`" if data.window.time else "in the order of the rows"
            series.notes.insert(0, f"split {by}: the last fifth is the test, the fifth before it validation")
        notes = [*series.notes, *([series.holes] if series.holes else []), *notes]
    words = ""
    if data.balance is not None:
        words = balance(data.balance, parts["train"], labels, request.output_specs, request.seed, context)
        context.stop_on_errors()
        profile = replace(profile, parts=profile.parts | {"train": parts["train"].epoch})
    return Dataset(
        splits=parts,
        labels=labels,
        fitted=fitted,
        profile=profile,
        training=training,
        fingerprint=table.fingerprints,
        unused=[name for name in (*table.columns, *table.unusable) if name not in read_columns],
        dropped=dropped,
        filters=derivation.notes,
        left_out=drawn.left_out,
        balance=words,
        last=dict(drawn.last),
        vocabularies=request.values.vocabularies if request.values else {},
        notes=notes,
    )


def _split(table: Table, mapping: ColumnMapping, series: Series | None, request: Request, data: Data) -> Splits | None:
    """The rows of each split; windows that share no row are drawn whole.

    Args:
        table: The table.
        mapping: Its columns.
        series: Its rows in order, of windows.
        request: What is read.
        data: The `data` section.
    """
    if series is not None and data.splits_by_default_in_time and table.row_splits is None:
        return Splits(ordered_rows(series, data.split.fractions))
    if series is not None and data.window is not None and not data.split.way and table.row_splits is None:
        return Splits(draw_rows(series, data.window, data.split.fractions, request.seed))
    return split_rows(table, data, _strata(table, mapping, request), request.seed, request.context)


def _in_order(splits: Mapping[str, Any], series: Series) -> dict[str, Any]:
    """The rows of each split in the order of the series."""
    parts = taken(row_parts(splits, series.rows), series.order)
    return {name: true_rows(parts == SPLITS.index(name)) for name in splits}


def _check_values(
    arrays: TableArrays, mapping: ColumnMapping, splits: Mapping[str, Any], request: Request
) -> list[str]:
    """Reports values that a layer cannot take; returns a note for each lookup that meets unknown categories."""
    if request.values is None:
        return []
    import numpy

    inputs = inputs_by_row(arrays.inputs, mapping, request.values.graph)
    request.values.learn(inputs, splits["train"])
    others = [rows for name, rows in splits.items() if name != "train" and any(lookups(request.values.graph))]
    rows = joined(others) if others else numpy.zeros(0, int)
    rows.sort()
    notes = request.values.run(inputs, arrays.table, mapping, request.context, rows)
    request.values.train = None  # the disk would have to write the file that holds it
    return notes


def _read_table(data: Data, request: Request) -> tuple[Derivation, ColumnMapping]:
    """The table of the source, with new columns and without filtered rows, and which column feeds what."""
    context = request.context
    if not request.inputs or not request.outputs:  # they could not be resolved, which has been reported
        raise InvalidData
    check_synthetic(data, context)
    derivation = derive(context.require(read(data.source, getattr(data, data.source), request)), data, context)
    table = derivation.table
    derivation.types |= add_slices(table, context, {})
    read_file_columns(table, data, context)
    add_indicators(table, data, request.outputs, context)
    mapping = context.require(map_columns(table, data, request.inputs, request.outputs, context))
    take_indicators(table, mapping, data, request.inputs, context)
    read_image_targets(table, mapping, request.output_specs, context)
    context.stop_on_errors()
    plan_lists(table, mapping, data, None if request.values is None else request.values.graph)
    refuse_other_lists(table, mapping, context)
    read_lists(table, mapping)
    read_yes_no_targets(table, mapping, request.output_specs)
    check_names(data.missing, table, context)
    check_has_target(table, mapping, request)
    context.stop_on_errors()
    return derivation, mapping


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
    known = dict(request.output_specs)
    if mapping.windows:  # labels are those of rows, each of which is a position of a window
        known = {name: each._replace(rank=each.rank and max(2, each.rank - 1)) for name, each in known.items()}
    labels = {
        name: labels_of([table.columns[column] for column in columns], arrays.targets[name], known.get(name))
        for name, columns in mapping.targets.items()
        if not mapping.is_encoded(name)
    }
    return {name: vocabulary for name, vocabulary in labels.items() if vocabulary is not None}
