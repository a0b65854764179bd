"""Writes a commented spec for a table, from the profile of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kspec.analysis.data_profile import DataProfile
from kspec.data.number_columns import NewColumn
from kspec.data.profile.hints import ColumnHints
from kspec.data.table import Table
from kspec.rewrite.from_masks import masks_spec
from kspec.rewrite.from_series import series_spec
from kspec.rewrite.series_inference import find_series, measure_series
from kspec.rewrite.spec_writer import SpecWriter, TableFacts
from kspec.rewrite.table_inference import TableRoles, infer_columns, require_inputs
from kspec.syntax.yaml_flow import to_yaml

FEW_ROWS = 10
"""Fewer rows are not split into three."""
NEAR = 3.0
"""A target trains on its own scale, if its mean is not farther from 0, and its deviation from 1, than this factor."""


class Choices(NamedTuple):
    """What the user has named.

    Args:
        target: The column to predict.
        task: The task of the output.
        time: The column of times.
    """

    target: str | None = None
    task: str | None = None
    time: str | None = None


NOTHING = Choices()


def from_table(
    profile: DataProfile,
    path: str | Mapping[str, str],
    choices: Choices = NOTHING,
    *,
    options: Mapping[str, Any] | None = None,
    hints: Mapping[str, ColumnHints] | None = None,
    notes: Mapping[str, str] | None = None,
    columns: Mapping[str, NewColumn] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    table: Table | None = None,
) -> str:
    """Writes a spec for a table.

    Args:
        profile: The profile of the table's columns.
        path: The path of the table as the spec will name it, or one for each split or column.
        choices: What the user has named; the rest is inferred.
        options: The options of its file.
        hints: By column, what the order of its rows tells.
        notes: By option, why it is set.
        columns: By column, the one that the spec computes from it and uses instead.
        shapes: By column of files, the shape of an input that takes it.
        table: The table, which tells whether it is a series in time.

    Returns:
        The text of the spec.

    Raises:
        InitRefused: If there is nothing to predict, or nothing to predict it from.
    """
    facts = TableFacts(profile, path, options or {}, hints or {}, notes or {}, columns or {}, shapes or {})
    if profile.source == "files":
        return masks_spec(facts)
    series = None if table is None else find_series(table, choices.time)
    roles = infer_columns(profile, choices.target, facts.hints, task=choices.task, time=choices.time, series=series)
    if series is not None and table is not None and roles.task == "regression":
        window = measure_series(table, series, roles)
        if window is not None:
            _leave_out_parts(facts, roles)
            return series_spec(facts, roles, window)
    require_inputs(profile, roles)
    return _Writer(facts, roles).write()


def _leave_out_parts(facts: TableFacts, roles: TableRoles) -> None:
    """Takes the year and the month of a time out of the inputs of a forecast."""
    for new in facts.columns.values():
        for part in new.parts:
            roles.unused[part] = f"`{new.name}` says it"
    roles.numbers = [column for column in roles.numbers if column.name not in roles.unused]
    roles.categories = [column for column in roles.categories if column.name not in roles.unused]


class _Writer(SpecWriter):
    def __init__(self, facts: TableFacts, roles: TableRoles) -> None:
        super().__init__(facts, roles)
        if roles.numbers:
            size = len(roles.numbers)
            others = roles.categories or roles.texts or roles.files
            name = self.name("numbers" if size > 1 or others else roles.numbers[0].name)
            self.inputs[name] = (roles.numbers, f"{{shape: [{size}]}}")
        for column in roles.files:
            shape = ", ".join(str(length) for length in facts.shapes[column.name])
            self.inputs[self.name(column.name)] = ([column], f"{{shape: [{shape}]}}")
        for column in (*roles.categories, *roles.texts):
            self.inputs[self.name(column.name)] = ([column], "{shape: [1], dtype: string}")

    def _data(self) -> None:
        self._columns()
        self.target(scale=self._scale())
        self._missing()
        self._split()

    def _scale(self) -> str:
        """The scale of the target: its own if its numbers are about as large as those of an untrained network."""
        mean, deviation = self.roles.target.mean, self.roles.target.deviation
        if self.roles.task != "regression" or mean is None or not deviation:
            return ""
        return "" if abs(mean) <= NEAR and 1 / NEAR <= deviation <= NEAR else "standard"

    def _split(self) -> None:
        """The split: in the order of time if the rows are, else with the same share of each class."""
        if not isinstance(self.facts.path, str):
            return  # each split has its own files
        time = self.roles.time
        if time is not None:
            self.add(f"  split: {{time: {to_yaml(time)}, validation: 0.2, test: 0.2}}", "the last rows are the test")
            return
        stratify = ", stratify: true" if self.roles.task != "regression" else ""
        if (group := self.roles.group) is not None:
            setting = f"{{group: {to_yaml(group)}, validation: 0.2, test: 0.2{stratify}}}"
            self.add(f"  split: {setting}", "all rows of one are in the same split")
            return
        validation = 0.2 if self.facts.profile.rows >= FEW_ROWS else 0
        self.add(f"  split: {{validation: {validation}, test: 0.2{stratify}}}")

    def _columns(self) -> None:
        if len(self.inputs) > 1:
            self.add("  inputs:")
            for name, (columns, _) in self.inputs.items():
                names = [self.column(column.name) for column in columns]
                self.add_long(f"    {name}: {to_yaml(names[0] if len(names) == 1 else names)}")
        elif self.roles.unused or self.facts.columns:
            columns, _ = next(iter(self.inputs.values()))
            self.add_long(f"  inputs: {to_yaml([self.column(column.name) for column in columns])}")

    def _missing(self) -> None:
        """A policy for each column with missing values, so that the first run does not stop at them."""
        rules: dict[str, Any] = {}
        for column in self.roles.numbers:
            if column.missing:
                rules[column.name] = "most_frequent" if column.type == "boolean" else "median"
        for column in (*self.roles.categories, *self.roles.texts):
            if column.missing:
                rules[column.name] = "unknown"
        if self.roles.target.missing:
            rules[self.roles.target.name] = "drop_row"
        self.missing(rules)

    def _layers(self) -> None:
        self.add()
        self.add("layers:")
        parts = [self.encoded(name, columns) for name, (columns, _) in self.inputs.items()]
        self.concatenate(parts)
        width = 16 if self.facts.profile.rows < 300 else 32 if self.facts.profile.rows < 50_000 else 128
        self.add(f"  - Dense: {{units: {width}, activation: relu}}")
        self.add("  - Dropout: {rate: 0.1}")
        self.add(f"  - Dense: {{units: {width // 2}, activation: relu}}")
        self._output_layer()

    def _output_layer(self) -> None:
        if self.roles.task == "binary_classification":
            self.add("  - Dense: {units: 1, activation: sigmoid}")
        elif self.roles.task == "multiclass_classification":
            self.add(f"  - Dense: {{units: {{classes_of: {self.output}}}, activation: softmax}}")
        else:
            self.add("  - Dense: {units: 1}")
        self.add(f"    name: {self.output}")

    def _training(self) -> None:
        self.add()
        self.add("compile:")
        self.add("  optimizer: {Adam: {learning_rate: 1e-3}}")
        if self.roles.task == "binary_classification":
            self.add("  metrics: [accuracy, AUC]")
        counts = list(self.roles.target.classes.values())
        is_rare = self.roles.task != "regression" and counts and min(counts) < sum(counts) / len(counts) / 3
        weight = [("class_weight: balanced", "one class has far fewer rows than another")] if is_rare else []
        patience = 8 if self.facts.profile.rows >= FEW_ROWS else 0
        self.fit(epochs=50, batch_size=self._batch_size(), patience=patience, more=weight)

    def _batch_size(self) -> int:
        """The batch size: no more than the rows of training."""
        rows = self.facts.profile.rows
        return min(16, max(rows // 2, 1)) if rows < 1000 else 32 if rows < 20_000 else 256
