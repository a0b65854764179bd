"""Writes a commented spec for a table, from the profile of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from kspec.analysis.data_profile import DataProfile
from kspec.data.computed_columns import NewColumn, free_name, identifier
from kspec.data.profile.hints import ColumnHints
from kspec.data.table import NOT_NAMED, Table
from kspec.rewrite.array_layers import array_input
from kspec.rewrite.from_array_masks import array_masks_spec, find_array_masks
from kspec.rewrite.from_captchas import captcha_spec, find_label
from kspec.rewrite.from_cells import with_lists_in_cells
from kspec.rewrite.from_lists import find_tags, tags_spec
from kspec.rewrite.from_masks import masks_spec
from kspec.rewrite.from_series import series_spec
from kspec.rewrite.init import InitRefused
from kspec.rewrite.series_inference import FEWEST, find_series, measure_series
from kspec.rewrite.spec_writer import FEW_ROWS, SpecWriter, TableFacts
from kspec.rewrite.table_inference import TableRoles, infer_columns, require_inputs
from kspec.rewrite.target_inference import are_named_classes
from kspec.syntax.yaml_flow import to_yaml

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
    path: str | Mapping[str, Any],
    choices: Choices = NOTHING,
    *,
    options: Mapping[str, Any] | None = None,
    hints: Mapping[str, ColumnHints] | None = None,
    notes: Mapping[str, str] | None = None,
    columns: Mapping[str, NewColumn] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    table: Table | None = None,
    where: str = "",
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
        where: The condition for its rows; empty if the file has no others.

    Returns:
        The text of the spec.

    Raises:
        InitRefused: If there is nothing to predict, or nothing to predict it from.
    """
    facts = TableFacts(profile, path, options or {}, hints or {}, notes or {}, columns or {}, shapes or {}, where)
    if profile.rows < 2:
        raise InitRefused("the table has one row, from which nothing can be learned")
    if (special := _special_spec(facts, choices, table)) is not None:
        return special
    series = None if table is None else find_series(table, choices.time)
    roles = infer_columns(profile, choices.target, facts.hints, task=choices.task, time=choices.time, series=series)
    if table is not None:
        roles.unused |= {name: reason for name, reason in table.unusable.items() if reason != NOT_NAMED}
    if series is not None and table is not None and roles.task == "regression":
        past = _without_parts(facts, roles)
        window = measure_series(table, series, past)
        if window is not None:
            return series_spec(facts, past, window)
    if len(profile.columns) == 1:
        raise InitRefused(f"the table has one column, which is too short for a series: that needs {FEWEST} numbers")
    if table is not None:
        facts = with_lists_in_cells(facts, roles, table)
    require_inputs(profile, roles)
    return _Writer(_with_classes(facts, roles), roles).write()


def _special_spec(facts: TableFacts, choices: Choices, table: Table | None) -> str | None:
    """The spec of a table whose target has more than a value in each row; None for others.

    Args:
        facts: The table.
        choices: What the user has named.
        table: Its rows.
    """
    profile, target = facts.profile, choices.target
    if profile.source == "files" and "mask" in facts.path:
        return masks_spec(facts)
    if table is None or choices.task is not None:
        return None
    if (label := find_label(table, profile, facts.hints, target)) is not None:
        return captcha_spec(facts, label)
    if (tags := find_tags(table, target)) is not None:
        return tags_spec(facts, tags)
    if (masks := find_array_masks(profile, target)) is not None:
        return array_masks_spec(facts, *masks)
    return None


def _with_classes(facts: TableFacts, roles: TableRoles) -> TableFacts:
    """The table with the integers of a target whose classes are floats, such as 1.0 and 2.0."""
    target = roles.target
    if roles.task == "regression" or target.name in facts.columns or not are_named_classes(target):
        return facts
    name = free_name(f"{target.name}_number", [column.name for column in facts.profile.columns])
    new = NewColumn(name, f"cast({identifier(target.name)} as integer)", "classes written as 1.0")
    return facts._replace(columns={**facts.columns, target.name: new})


def _without_parts(facts: TableFacts, roles: TableRoles) -> TableRoles:
    """The roles of a forecast: the year and the month of a time are no inputs."""
    parts = {part: f"`{new.name}` says it" for new in facts.columns.values() for part in new.parts}
    return replace(
        roles,
        unused=roles.unused | parts,
        numbers=[column for column in roles.numbers if column.name not in parts],
        categories=[column for column in roles.categories if column.name not in parts],
    )


class _Writer(SpecWriter):
    def __init__(self, facts: TableFacts, roles: TableRoles) -> None:
        super().__init__(facts, roles)
        if roles.numbers:
            size = len(roles.numbers)
            others = roles.categories or roles.texts or roles.files or roles.arrays
            name = self.name("numbers" if size > 1 or others else roles.numbers[0].name)
            self.inputs[name] = (roles.numbers, f"{{shape: [{size}]}}")
        for column in roles.files:
            shape = ", ".join(str(length) for length in facts.shapes[column.name])
            self.inputs[self.name(column.name)] = ([column], f"{{shape: [{shape}]}}")
        for column in roles.arrays:
            name = self.name(column.name)
            found = array_input(column, facts.hints[column.name].items, self.name)
            if found is not None:
                self.inputs[name], self.arrays[name] = ([column], found.shape), found
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
        stratify = ", stratify: true" if self.roles.task != "regression" else ""
        if self.facts.parts:
            self.split(stratify)
            return
        time = self.roles.time
        if time is not None:
            self.add(f"  split: {{time: {to_yaml(time)}, validation: 0.2, test: 0.2}}", "the last rows are the test")
            return
        if (group := self.roles.group) is not None:
            setting = f"{{group: {to_yaml(group)}, validation: 0.2, test: 0.2{stratify}}}"
            self.add(f"  split: {setting}", "all rows of one are in the same split")
            return
        self.split(stratify)

    def _columns(self) -> None:
        if len(self.inputs) > 1 or self.arrays:
            self.add("  inputs:")
            for name, (columns, _) in self.inputs.items():
                names = [self.column(column.name) for column in columns]
                setting = dict(self.arrays[name].setting) if name in self.arrays else {}
                if columns[0].name in self.facts.separators:
                    setting["sep"] = self.facts.separators[columns[0].name]
                value = {"column": names[0], **setting} if setting else names[0] if len(names) == 1 else names
                self.add_long(f"    {name}: {to_yaml(value)}")
        elif self.roles.unused or self.facts.columns or self.roles.time:
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
        gaps = [column.name for column in self.roles.arrays if column.missing]
        rules |= {name: "drop_row" for name in gaps if not self.facts.has_categories_in_cells(name)}
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
        target = self.roles.target
        if target.type == "array":
            activation = {"regression": "", "multiclass_classification": ", activation: softmax"}
            self.add(
                f"  - Dense: {{units: {target.shape[0]}{activation.get(self.roles.task, ', activation: sigmoid')}}}"
            )
        elif self.roles.task == "binary_classification":
            self.add("  - Dense: {units: 1, activation: sigmoid}")
        elif self.roles.task == "multiclass_classification":
            self.add(f"  - Dense: {{units: {{classes_of: {self.output}}}, activation: softmax}}")
        else:
            self.add("  - Dense: {units: 1}")
        self.add(f"    name: {self.output}")

    def _training(self) -> None:
        self.compile(*["metrics: [accuracy, AUC]"] * (self.roles.task == "binary_classification"))
        counts = list(self.roles.target.classes.values())
        is_rare = self.roles.task != "regression" and counts and min(counts) < sum(counts) / len(counts) / 3
        weight = [("class_weight: balanced", "one class has far fewer rows than another")] if is_rare else []
        patience = 8 if self.facts.profile.rows >= FEW_ROWS else 0
        self.fit(epochs=50, batch_size=self._batch_size(), patience=patience, more=weight)

    def _batch_size(self) -> int:
        """The batch size: no more than the rows of training."""
        rows = self.facts.profile.rows
        return min(16, max(rows // 2, 1)) if rows < 1000 else 32 if rows < 20_000 else 256
