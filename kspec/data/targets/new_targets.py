"""The targets of other data for a trained model: labels and shapes that training did not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.analysis.task_inference import CATEGORICAL_LOSSES, HINGE_LOSSES, loss_name
from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.profile.profiling import not_probabilities
from kspec.data.table import NUMERIC, Column, Table
from kspec.data.targets.encoding import TargetEncoding
from kspec.data.targets.labels import Labels
from kspec.data.targets.shapes import misfit
from kspec.data.targets.yes_no import as_boolean
from kspec.data.value_checks import by_row, non_finite, read_numbers
from kspec.diagnostics import Rule, codes, did_you_mean

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

CORRECTION = "correct the data: the model takes what it was trained on"
ONE_HOT = Labels("integer", ["0", "1"])
SHOWN = 12
SHOWN_VALUES = 3


class TargetProblem(NamedTuple):
    """Values of a target that training did not have.

    Args:
        output: The output.
        rows: Which rows of the arrays have them, shape (n,).
        reason: What they are, in a few words.
        rule: The code of the error.
        message: The error, which names the rows.
        help: What to do.
        label: A few words after the underline.
    """

    output: str
    rows: Array
    reason: str
    rule: Rule
    message: str
    help: str = CORRECTION
    label: str = ""


class NewTargets:
    """Reads targets as training had them, and finds what training did not have.

    Args:
        table: The table; the columns of targets are replaced by labels of the kind that training had.
        mapping: The columns of each output.
        encodings: By output, the encoding of its target in training.
        horizon: The rows of a target, of windows; 0 for a single one.
    """

    def __init__(
        self, table: Table, mapping: ColumnMapping, encodings: Mapping[str, TargetEncoding], horizon: int = 0
    ) -> None:
        self._mapping = mapping
        self._horizon = horizon
        self._encodings = encodings
        self._unread: dict[str, Array] = {}
        for name, columns in mapping.targets.items():
            labels = None if mapping.is_encoded(name) else self.labels(name)
            for number, column in enumerate(columns):
                if labels is not None and column not in mapping.input_columns:
                    read = _read_labels(table.columns[column], labels.of_column(number))
                    table.columns[column], self._unread[column] = read

    def labels(self, name: str) -> Labels | None:
        """The labels of an output's target in training; None if it had none."""
        return self._encodings[name].labels if name in self._encodings else None

    def encoding(self, name: str) -> TargetEncoding | None:
        """The encoding of an output's target in training; None if it had no target."""
        return self._encodings.get(name)

    def columns(self, name: str, table: Table) -> list[Column]:
        """The columns of an output's target."""
        return [table.columns[column] for column in self._mapping.targets[name]]

    def problems(self, name: str, arrays: TableArrays, kept: Array) -> list[TargetProblem]:
        """What is wrong with the target of an output.

        Args:
            name: The output.
            arrays: The arrays of the rows that are kept.
            kept: Which rows of the table these are, shape (rows,).
        """
        import numpy

        if self._mapping.is_encoded(name):
            return []
        raw, table, labels = arrays.targets[name], arrays.table, self.labels(name)
        columns = self.columns(name, table)
        if raw.dtype.kind not in "fiub" and (labels is None or labels.kind != "text"):
            return [_text_problem(name, columns[0], raw, table)]
        encoding = self._encodings.get(name)
        if encoding is None:
            return []
        if reason := misfit(encoding, raw, self._horizon):
            everywhere, message = numpy.ones(len(raw), bool), f"the target of `{name}` has {reason}"
            return [TargetProblem(name, everywhere, f"it has {reason}", codes.DATA_SHAPE_MISMATCH, message)]
        if labels is None:
            return []
        problems = []
        for number, column in enumerate(columns):
            values = raw if len(columns) == 1 else raw[:, number]
            missing = column.missing.reshape(-1, *[1] * (values.ndim - 1))
            unknown = labels.are_unknown(values)
            if column.name in self._unread:
                unknown |= self._unread[column.name][kept].reshape(missing.shape)
            unknown &= ~missing
            if unknown.any():
                own = ONE_HOT if labels.kind == "column" else labels.of_column(number)
                problems.append(_label_problem(name, column, unknown, own, table))
        if labels.kind == "column" and not problems:
            return _one_hot_problems(name, encoding, columns, raw, table)
        return problems


def unscalable(
    columns: Sequence[str], raw: Array, encoding: TargetEncoding | None, table: Table
) -> Iterator[TargetProblem]:
    """Values of a target that its logarithmic scale cannot take.

    Args:
        columns: The columns of the target.
        raw: The target, shape (rows, …).
        encoding: Its encoding in training.
        table: The table, to name rows.
    """
    import numpy

    scaling = None if encoding is None else encoding.settings.scaling
    if encoding is None or scaling is None or scaling.is_affine or raw.dtype.kind not in "fiub":
        return
    low = by_row(raw <= 0)
    if low.any():
        rows = numpy.flatnonzero(low)
        message = f"{', '.join(f'`{name}`' for name in columns)} must be positive for its loss, and is not in "
        name = encoding.settings.name
        yield TargetProblem(name, low, "it is not positive", codes.UNSCALABLE_TARGET, message + table.locate(rows))


def _read_labels(column: Column, labels: Labels) -> tuple[Column, Array]:
    """A column with labels of the kind that training had, and the rows with another text or infinity, shape (n,).

    Args:
        column: The column.
        labels: Its labels in training.
    """
    import numpy

    if labels.kind == "text" and column.kind in NUMERIC:
        column = Column(column.name, "text", column.texts(), column.missing, column.original_texts)
    if column.kind in NUMERIC and (infinite := non_finite(column)).any():
        finite = numpy.where(infinite, 0, column.values)
        return Column(column.name, column.kind, finite, column.missing, column.texts), infinite
    if labels.kind == "text" or column.kind != "text":
        return column, numpy.zeros(len(column.missing), bool)
    if labels.kind == "boolean":
        return as_boolean(column, labels.names)
    numbers = read_numbers(column)
    if numbers is None:
        nothing = numpy.zeros(len(column.missing))
        return Column(column.name, "float", nothing, column.missing, column.texts), ~column.missing
    read, unread = numbers
    infinite = non_finite(read)
    read.values[infinite] = 0
    return read, unread | infinite


def _text_problem(name: str, column: Column, raw: Array, table: Table) -> TargetProblem:
    """Text in arrays, where training had numbers."""
    import numpy

    reason = f'`{column.name}` has text: "{str(raw.ravel()[0])[:40]}"'
    rows = numpy.ones(len(raw), bool)
    message = f"{reason} in {table.locate(numpy.flatnonzero(rows))}, where the model was trained on numbers"
    return TargetProblem(name, rows, reason, codes.INCOMPATIBLE_DATA_TYPE, message)


def _one_hot_problems(
    name: str, encoding: TargetEncoding, columns: Sequence[Column], raw: Array, table: Table
) -> list[TargetProblem]:
    """Rows that are not one-hot, where the loss expects it.

    Args:
        name: The output.
        encoding: The encoding of its target.
        columns: The columns of its target.
        raw: Its target, whose last axis is the classes.
        table: The table, to name the rows.
    """
    import numpy

    if loss_name(encoding.settings.loss) not in CATEGORICAL_LOSSES - HINGE_LOSSES:
        return []
    wrong = not_probabilities(raw)
    for column in columns:
        wrong &= ~column.missing.reshape(-1, *[1] * (wrong.ndim - 1))
    if not wrong.any():
        return []
    example = ", ".join(f"{value:g}" for value in raw[wrong][0][:SHOWN].tolist())
    example += ", …" if raw.shape[-1] > SHOWN else ""
    rows = by_row(wrong)
    such_as = ", such as" if rows.sum() > 1 else ":"
    message = f"the target of `{name}` is not one-hot in {table.locate(numpy.flatnonzero(rows))}{such_as} {example}"
    reason = f"not one-hot{such_as} {example}"
    return [TargetProblem(name, rows, reason, codes.TARGET_ENCODING_MISMATCH, message)]


def _label_problem(name: str, column: Column, unknown: Array, labels: Labels, table: Table) -> TargetProblem:
    """Labels that training did not have.

    Args:
        name: The output.
        column: A column of its target.
        unknown: Which of its values are no labels, in the shape of its values.
        labels: The labels of the column in training.
        table: The table, to name the rows.
    """
    import numpy

    spelled = column.texts() if unknown.ndim == 1 else column.values
    values = list(dict.fromkeys(map(str, spelled[unknown].tolist())))
    shown = ", ".join(f"`{value[:40]}`" for value in values[:SHOWN_VALUES])
    more = f" and {len(values) - SHOWN_VALUES} more" if len(values) > SHOWN_VALUES else ""
    reason = f"unknown label{'s' if len(values) > 1 else ''} {shown}{more} of `{column.name}`"
    rows = by_row(unknown)
    known = ", ".join(labels.names[:SHOWN])
    known += f" and {len(labels.names) - SHOWN} more" if len(labels.names) > SHOWN else ""
    return TargetProblem(
        name,
        rows,
        reason,
        codes.UNKNOWN_LABEL,
        f"{reason} in {table.locate(numpy.flatnonzero(rows))}",
        f"the model was trained on: {known}",
        did_you_mean(values[0], labels.names) if len(values) == 1 else "",
    )


def refuse_targets(targets: NewTargets, arrays: TableArrays, kept: Array, context: Context) -> None:
    """Reports targets that training did not have, such as other labels.

    Args:
        targets: The targets.
        arrays: The arrays of the rows that are kept.
        kept: Which rows of the table these are, shape (rows,).
        context: Receives the errors.

    Raises:
        InvalidData: If there are some.
    """
    for name in arrays.targets:
        problems = targets.problems(name, arrays, kept)
        if not problems:
            columns = [column.name for column in targets.columns(name, arrays.table)]
            problems = list(unscalable(columns, arrays.targets[name], targets.encoding(name), arrays.table))
        for problem in problems:
            context.error(problem.rule, problem.message, context.source_path, label=problem.label, help=problem.help)
    context.stop_on_errors()
