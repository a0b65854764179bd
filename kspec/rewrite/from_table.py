"""Writes a commented spec for a table, from the profile of its columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.data.column_hints import ColumnHints
from kspec.rewrite.init import MODELINE
from kspec.rewrite.table_inference import ONE_HOT, TableRoles, infer_columns
from kspec.syntax.scalars import resolve
from kspec.syntax.yaml_flow import to_yaml

FEW_ROWS = 10
"""Fewer rows are not split into three."""
MOST_WORDS = 500
"""The longest texts that are read to their end."""
COMMENTS = 40
"""The column where comments stand."""


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
    path: str,
    choices: Choices = NOTHING,
    *,
    options: Mapping[str, Any] | None = None,
    hints: Mapping[str, ColumnHints] | None = None,
    notes: Mapping[str, str] | None = None,
) -> str:
    """Writes a spec for a table.

    Args:
        profile: The profile of the table's columns.
        path: The path of the table as the spec will name it.
        choices: What the user has named; the rest is inferred.
        options: The options of a CSV file.
        hints: By column, what the order of its rows tells.
        notes: By option, why it is set.

    Returns:
        The text of the spec.

    Raises:
        InitRefused: If there is nothing to predict, or nothing to predict it from.
    """
    roles = infer_columns(profile, choices.target, hints, task=choices.task, time=choices.time)
    return _Writer(profile, roles, path, dict(options or {}), hints or {}, notes or {}).text()


_WHY_OPTION = {
    "delimiter": "between values",
    "encoding": "the text is not UTF-8",
    "header": "the first line is data like the others",
    "names": "unique names in place of those of the file",
    "comment": "starts comments",
    "skip_rows": "lines above the table",
    "decimal": "as in 41,5",
    "thousands": "between thousands",
}


class _Writer:
    def __init__(
        self,
        profile: DataProfile,
        roles: TableRoles,
        path: str,
        options: dict[str, Any],
        hints: Mapping[str, ColumnHints],
        notes: Mapping[str, str],
    ) -> None:
        self.profile = profile
        self.roles = roles
        self.path = path
        self.options = options
        self.hints = hints
        self.notes = _WHY_OPTION | dict(notes)
        self.lines: list[str] = []
        self.names: set[str] = set()
        self.output = self._name(roles.target.name)
        self.inputs: dict[str, tuple[list[ColumnProfile], str]] = {}
        if roles.numbers:
            size = len(roles.numbers)
            name = self._name("numbers" if size > 1 or roles.categories or roles.texts else roles.numbers[0].name)
            self.inputs[name] = (roles.numbers, f"{{shape: [{size}]}}")
        for column in (*roles.categories, *roles.texts):
            self.inputs[self._name(column.name)] = ([column], "{shape: [1], dtype: string}")

    def text(self) -> str:
        """The text of the spec."""
        self._head()
        self._data()
        self._inputs()
        self._layers()
        self._training()
        return MODELINE + "\n".join(self.lines) + "\n"

    def _name(self, text: str) -> str:
        """An unused node name, made from a column's name."""
        name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "column"
        name = f"c_{name}" if name[0].isdigit() or resolve(name) != name else name
        count = 1
        free = name
        while free in self.names:
            count += 1
            free = f"{name}_{count}"
        self.names.add(free)
        return free

    def _add(self, line: str = "", comment: str = "") -> None:
        self.lines.append(f"{line:<{COMMENTS - 2}}  # {comment}" if comment else line)

    def _add_long(self, line: str) -> None:
        """Adds a line, wrapped after commas if it is long."""
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        self.lines += textwrap.wrap(line, 110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    def _head(self) -> None:
        columns = len(self.profile.columns)
        self._add(f"# Inferred from {Path(self.path).name}: {self.profile.rows} rows, {columns} columns.")
        self._add("# Correct what does not fit; `kspec check --data` reports mismatches between spec and data.")
        self._add("kspec: 1")
        self._add(f"name: {self._spec_name()}")
        doubt = f"; {self.roles.doubt}" if self.roles.doubt else ""
        self._add(f"task: {self.roles.task}", f"`{self.roles.target.name}` {self.roles.why}{doubt}")
        self._add("seed: 0", "determines split, weights, shuffling and dropout")

    def _spec_name(self) -> str:
        return re.sub(r"[^A-Za-z0-9_-]+", "_", Path(self.path).stem).strip("_-") or "model"

    def _data(self) -> None:
        self._add()
        self._add("data:")
        if self.options:
            self._add("  csv:")
            self._add(f"    path: {to_yaml(self.path)}")
            for key, value in self.options.items():
                why = self.notes.get(key, "") if (key, value) != ("header", True) else "names stand in the first line"
                self._add(f"    {key}: {to_yaml(value)}", why)
        else:
            self._add(f"  {self.profile.source}: {to_yaml(self.path)}")
        for name, reason in self.roles.unused.items():
            self._add(f"  # `{name}` is not used: {reason}")
        self._columns()
        why = f"{self.roles.why_target}; --target names another" if self.roles.why_target else ""
        self._add(f"  targets: {to_yaml(self.roles.target.name)}", why)
        self._missing()
        self._split()

    def _split(self) -> None:
        """The split: in the order of time if the rows are, else with the same share of each class."""
        time = self.roles.time
        if time is not None:
            self._add(f"  split: {{time: {to_yaml(time)}, validation: 0.2, test: 0.2}}", "the last rows are the test")
            return
        stratify = ", stratify: true" if self.roles.task != "regression" else ""
        validation = 0.2 if self.profile.rows >= FEW_ROWS else 0
        self._add(f"  split: {{validation: {validation}, test: 0.2{stratify}}}")

    def _columns(self) -> None:
        if len(self.inputs) > 1:
            self._add("  inputs:")
            for name, (columns, _) in self.inputs.items():
                names = [column.name for column in columns]
                self._add_long(f"    {name}: {to_yaml(names[0] if len(names) == 1 else names)}")
        elif self.roles.unused:
            columns, _ = next(iter(self.inputs.values()))
            self._add_long(f"  inputs: {to_yaml([column.name for column in columns])}")

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
        if rules:
            self._add_long(f"  missing: {to_yaml(rules)}")

    def _inputs(self) -> None:
        self._add()
        self._add("inputs:")
        for name, (_, shape) in self.inputs.items():
            self._add(f"  {name}: {shape}")

    def _layers(self) -> None:
        self._add()
        self._add("layers:")
        parts = [self._encoded(name, columns) for name, (columns, _) in self.inputs.items()]
        if len(parts) > 1:
            self._add("  - Concatenate:")
            self._add_long(f"    from: [{', '.join(parts)}]")
        width = 16 if self.profile.rows < 300 else 32 if self.profile.rows < 50_000 else 128
        self._add(f"  - Dense: {{units: {width}, activation: relu}}")
        self._add("  - Dropout: {rate: 0.1}")
        self._add(f"  - Dense: {{units: {width // 2}, activation: relu}}")
        self._output_layer()

    def _encoded(self, name: str, columns: list[ColumnProfile]) -> str:
        """Adds the layers that turn an input into numbers; returns the name of the last one."""
        several = len(self.inputs) > 1
        column = columns[0]
        if columns == self.roles.numbers:
            node = self._name(f"{name}_scaled")
            comment = "learns mean and variance from the training rows"
            self._entry("Normalization", "", name, node, several, comment)
        elif column in self.roles.texts:
            words, node = self._name(f"{name}_words"), self._name(f"{name}_vector")
            self._entry(
                "TextVectorization",
                f"{{max_tokens: 5000, output_sequence_length: {self._length(column)}}}",
                name,
                words,
                True,
            )
            self._entry("Embedding", f"{{input_dim: {{vocabulary_of: {words}}}, output_dim: 32}}", "", "", False)
            self._entry("GlobalAveragePooling1D", "", "", node, several)
        elif (column.distinct or 0) <= ONE_HOT:
            node = self._name(f"{name}_code")
            comment = "one-hot, vocabulary learned from the training rows"
            self._entry("StringLookup", "{output_mode: one_hot}", name, node, several, comment)
        else:
            code, node = self._name(f"{name}_code"), self._name(f"{name}_vector")
            size = min(32, round((column.distinct or 1) ** 0.5) + 1)
            self._entry("StringLookup", "", name, code, True)
            self._entry("Embedding", f"{{input_dim: {{vocabulary_of: {code}}}, output_dim: {size}}}", "", "", False)
            self._entry("Flatten", "", "", node, several)
        return node

    def _length(self, column: ColumnProfile) -> int:
        """The number of words that nine of ten texts do not exceed, within limits."""
        words = self.hints[column.name].most_words if column.name in self.hints else 100
        return min(max(words, 4), MOST_WORDS)

    def _entry(self, head: str, arguments: str, source: str, name: str, beside: bool, comment: str = "") -> None:
        source = source if len(self.inputs) > 1 else ""
        colon = f": {arguments}" if arguments else ":" if beside and (source or name) else ""
        self._add(f"  - {head}{colon}", comment)
        if beside and source:
            self._add(f"    from: {source}")
        if beside and name:
            self._add(f"    name: {name}")

    def _output_layer(self) -> None:
        task, target = self.roles.task, self.roles.target
        if task == "binary_classification":
            self._add("  - Dense: {units: 1, activation: sigmoid}")
        elif task == "multiclass_classification":
            self._add(f"  - Dense: {{units: {{classes_of: {self.output}}}, activation: softmax}}")
        else:
            self._add("  - Dense: {units: 1}")
            low, high, mean = target.minimum, target.maximum, target.mean
            if low is not None and high is not None and mean is not None and max(abs(low), abs(high)) > 20:
                scale = to_yaml({"scale": _rounded((high - low) / 4), "offset": _rounded(mean)})
                self._add(f"  - Rescaling: {scale}", f"`{target.name}` ranges from {low:g} to {high:g}")
        self._add(f"    name: {self.output}")

    def _training(self) -> None:
        rows = self.profile.rows
        self._add()
        self._add("compile:")
        self._add("  optimizer: {Adam: {learning_rate: 1e-3}}")
        if self.roles.task == "binary_classification":
            self._add("  metrics: [accuracy, AUC]")
        self._add()
        self._add("fit:")
        self._add("  epochs: 50")
        self._add(f"  batch_size: {self._batch_size()}")
        counts = list(self.roles.target.classes.values())
        if self.roles.task != "regression" and counts and min(counts) < sum(counts) / len(counts) / 3:
            self._add("  class_weight: balanced", "one class has far fewer rows than another")
        if rows < FEW_ROWS:
            return
        self._add("  callbacks:")
        self._add("    - EarlyStopping: {monitor: val_loss, patience: 8, restore_best_weights: true}")

    def _batch_size(self) -> int:
        """The batch size: no more than the rows of training."""
        rows = self.profile.rows
        return min(16, max(rows // 2, 1)) if rows < 1000 else 32 if rows < 20_000 else 256


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
