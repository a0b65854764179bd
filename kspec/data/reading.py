"""Reading a spec's data, from source to parts; and other data for the same model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.arrays import input_array, target_array, weight_array
from kspec.data.class_coverage import check_classes
from kspec.data.columns import Mapped, map_columns
from kspec.data.context import Context
from kspec.data.imputation import Policies, check_names, check_policies, fill, fit_fills, rows_to_drop
from kspec.data.labels import Labels, labels_of
from kspec.data.profiling import profile_parts, profile_table
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.split import split_rows
from kspec.data.table import Table
from kspec.data.types import Dataset, DataSplit, InputSpec, OutputSpec
from kspec.diagnostics import Report, Source, Span, codes
from kspec.language import Spec
from kspec.language.data import Data

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def load(
    spec: Spec,
    inputs: Mapping[str, InputSpec],
    outputs: Sequence[str],
    report: Report,
    *,
    output_specs: Mapping[str, OutputSpec] | None = None,
) -> Dataset | None:
    """Reads a spec's data, gives each input and output its columns, treats what is missing, and splits.

    Args:
        inputs: What each input takes.
        outputs: The names of the outputs.
        report: Gets every problem, at its place in the spec.
        answers: What is known of outputs: synthetic targets are made to fit, and a class that training lacks is only
            looked for where a target is one of classes.

    Returns:
        The parts; None where there were errors.
    """
    data = spec.document.data
    assert data is not None
    context = Context(spec, report, ("data", data.source))
    request = Request(context, inputs, outputs, spec.document.seed, output_specs or {})
    errors = count_errors(report)
    if not _columns_can_be_named(data, context):
        return None
    table = read(data.source, getattr(data, data.source), request)
    if table is None:
        return None
    mapped = map_columns(table, data, inputs, outputs, context)
    if mapped is None or not check_names(data.missing, table, context):
        return None
    if not mapped.targets:
        context.error(
            codes.MISSING_COLUMN_MAPPING,
            "no output has a target: there is nothing to learn from",
            ("data",),
            key=True,
            help=f"say which column it is: `targets: {next(reversed(table.columns))}`",
        )
        return None
    profile = profile_table(table, data.source, use=mapped.uses(data))
    policies = Policies(data.missing)
    fed = _distinct(mapped.inputs)
    targets = _distinct(mapped.targets)
    kept = ~rows_to_drop(table, [*fed, *targets], policies)
    if not kept.any():
        context.error(
            codes.EMPTY_SPLIT, "every row has a missing value, and `drop_row` leaves none", ("data", "missing")
        )
        return None
    sound = check_policies(table, dict.fromkeys([*fed, *targets]), targets, policies, kept, context)
    numbers = table.row_numbers()
    if not kept.all():
        dropped = int((~kept).sum())
        table, numbers, kept = table.take(kept), numbers[kept], kept[kept]
    else:
        dropped = 0
    stratify = table.columns[mapped.stratify] if mapped.stratify else None
    split = split_rows(table, data, stratify, spec.document.seed, context)
    if split is None or not sound:
        return None
    fills = fit_fills(table, fed, policies, split["train"], context)
    fill(table, fills)
    arrays = Arrays(table, mapped, inputs, kept, context)
    if count_errors(report) > errors:
        return None
    labels = _labels(table, mapped)
    check_classes(table, mapped, labels, split, output_specs or {}, context)
    if count_errors(report) > errors:
        return None
    profile = profile_parts(profile, split, arrays.inputs, arrays.targets, labels)
    used = mapped.uses(data)
    return Dataset(
        splits={name: arrays.part(rows, numbers) for name, rows in split.items()},
        labels=labels,
        fitted={"fill": fills, "columns": mapped.to_json()},
        profile=profile,
        fingerprint=table.fingerprints,
        unused=[name for name in (*table.columns, *table.unusable) if name not in used],
        dropped=dropped,
    )


def _columns_can_be_named(data: Data, context: Context) -> bool:
    """Synthetic examples fit the inputs and outputs by themselves: there are no columns to name."""
    if data.source != "synthetic":
        return True
    for key in ("inputs", "targets", "weights", "missing"):
        if getattr(data, key) is not None:
            context.error(
                codes.MISSING_COLUMN_MAPPING,
                f"synthetic examples have no columns that `{key}` could name",
                ("data", key),
                key=True,
                help=f"leave out `{key}`: they are made to fit each input and output",
            )
            return False
    return True


def count_errors(report: Report) -> int:
    return sum(problem.is_error for problem in report)


def _distinct(feeds: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(column for columns in feeds.values() for column in columns))


def _labels(table: Table, mapped: Mapped) -> dict[str, Labels]:
    found = {}
    for name, columns in mapped.targets.items():
        labels = labels_of(table.columns[columns[0]]) if len(columns) == 1 else None
        if labels is not None:
            found[name] = labels
    return found


class Arrays:
    """The arrays of a whole table, before it is divided."""

    def __init__(
        self, table: Table, mapped: Mapped, inputs: Mapping[str, InputSpec], kept: Array, context: Context
    ) -> None:
        self.table = table
        self.inputs = {name: input_array(name, takes, table, mapped, kept, context) for name, takes in inputs.items()}
        self.targets = {name: target_array(name, table, mapped, kept, context) for name in mapped.targets}
        self.weights = {name: weight_array(name, table, mapped, kept, context) for name in mapped.weights}

    def part(self, rows: Array, numbers: Array) -> DataSplit:
        whole = len(rows) == self.table.rows
        names = self.table.names
        return DataSplit(
            rows=numbers[rows],
            inputs={name: array if whole else array[rows] for name, array in self.inputs.items()},
            targets={name: array if whole else array[rows] for name, array in self.targets.items()},
            weights={name: array if whole else array[rows] for name, array in self.weights.items()},
            names=None if names is None else [names[int(row)] for row in rows],
        )


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
    """Other data with the same columns, treated as the training data were.

    Args:
        source: A path (relative to the spec's folder where `place` is given, else to the working directory), or a
            `data` section that names a source alone, such as `{"csv": "new.csv"}`.
        labels: The vocabularies of the training data.
        fitted: As in `Dataset.fitted`.
        need_targets: For evaluation: each target that training had must be there.
        place: Where the spec names it, such as `("predict", "data")`; None for what the command line names, which may
            lie anywhere.
    """
    from kspec.data.inference_data import load_again

    named = (
        Span(Source("--data", source), 1, 1, 1, len(source) + 1) if place is None and isinstance(source, str) else None
    )
    context = Context(spec, report, place, named)
    return load_again(source, context, inputs, outputs, labels, fitted, need_targets)
