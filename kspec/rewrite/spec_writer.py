"""Writes the lines of a new spec."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.data.computed_columns import NewColumn
from kspec.data.profile.hints import ColumnHints
from kspec.language.source_files import SPLITS
from kspec.rewrite.array_layers import ArrayInput
from kspec.rewrite.file_layers import NewLayer, file_layers
from kspec.rewrite.init import MODELINE
from kspec.rewrite.table_inference import ONE_HOT, TableRoles
from kspec.syntax.scalars import resolve
from kspec.syntax.yaml_flow import to_yaml

MOST_WORDS = 500
"""The longest texts that are read to their end."""
FEW_ROWS = 10
"""Fewer rows are not split into three."""
SELF_READ = ("images", "texts", "audio", "files")
"""Sources that decode their files by themselves."""
COMMENTS = 40
"""The column where comments stand."""
_WHY_OPTION = {
    "delimiter": "between values",
    "encoding": "the text is not UTF-8; --encoding names another",
    "header": "the first line is data like the others",
    "names": "unique names in place of those of the file",
    "comment": "starts comments",
    "skip_rows": "lines above the table",
    "decimal": "as in 41,5",
    "thousands": "between thousands",
}


def _expression(text: str) -> str:
    """An expression in YAML, without quotes around those that it has itself, where it can stand so."""
    if not re.search(r": |:$| #|[\n\t]|^[^a-z]", text):
        return text
    return f"'{text}'" if text.startswith('"') and not re.search(r"['\n\t]", text) else to_yaml(text)


class TableFacts(NamedTuple):
    """What is known of a table.

    Args:
        profile: Its profile.
        path: Its path as the spec will name it, or one for each split or column.
        options: The options of its file.
        hints: By column, what the order of its rows tells.
        notes: By option, why it is set.
        columns: By column, the one that the spec computes from it and uses instead.
        shapes: By column of files, the shape of its input.
        where: The condition for the rows of the table; empty if the file has no others.
        separators: By column, what separates the categories or numbers in its cells.
    """

    profile: DataProfile
    path: str | Mapping[str, Any]
    options: Mapping[str, Any]
    hints: Mapping[str, ColumnHints]
    notes: Mapping[str, str]
    columns: Mapping[str, NewColumn]
    shapes: Mapping[str, Sequence[int]]
    where: str = ""
    separators: Mapping[str, str] = MappingProxyType({})

    def has_categories_in_cells(self, name: str) -> bool:
        """Whether the cells of a column hold several categories, and none is missing, since an empty one has a word."""
        items = self.hints[name].items
        return name in self.separators and items is not None and items.kind == "text"

    @property
    def parts(self) -> list[str]:
        """The splits that have their own files or arrays."""
        named: Mapping[str, Any] = self.options if isinstance(self.path, str) else self.path
        return [split for split in SPLITS if split in named]

    @property
    def file(self) -> Path:
        """The file or folder, or that of the first one."""
        path: Any = self.path
        while not isinstance(path, str):
            path = next(iter(path.values()))
        is_one = path is self.path and "*" not in path
        return Path(path) if is_one else Path(path.partition("{")[0].partition("*")[0] + "-").parent


class SpecWriter:
    """Writes what every spec of a table has.

    Args:
        facts: The table.
        roles: The roles of its columns.
    """

    def __init__(self, facts: TableFacts, roles: TableRoles) -> None:
        self.facts = facts
        self.roles = roles
        self.lines: list[str] = []
        self.names: set[str] = set()
        self.output = self.name(roles.target.name)
        self.new: list[NewColumn] = []
        self.inputs: dict[str, tuple[list[ColumnProfile], str]] = {}
        self.arrays: dict[str, ArrayInput] = {}

    @property
    def has_branches(self) -> bool:
        """Whether layers must name the node before them."""
        return len(self.inputs) > 1

    def write(self) -> str:
        """The text of the spec."""
        self.head()
        self.source()
        self._data()
        self._inputs()
        self._layers()
        self._training()
        return MODELINE + "\n".join(self.lines) + "\n"

    def _data(self) -> None:
        raise NotImplementedError

    def _inputs(self) -> None:
        self.add()
        self.add("inputs:")
        for name, (_, shape) in self.inputs.items():
            self.add(f"  {name}: {shape}")

    def _layers(self) -> None:
        raise NotImplementedError

    def _training(self) -> None:
        raise NotImplementedError

    def column(self, name: str) -> str:
        """The column that a spec reads instead of one of the table, where it computes one."""
        new = self.facts.columns.get(name)
        return name if new is None else new.name

    def name(self, text: str) -> str:
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

    def add(self, line: str = "", comment: str = "") -> None:
        """Adds a line."""
        self.lines.append(f"{line:<{COMMENTS - 2}}  # {comment}" if comment else line)

    def add_long(self, line: str) -> None:
        """Adds a line, wrapped after commas if it is long."""
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        self.lines += textwrap.wrap(line, 110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    def head(self) -> None:
        """What stands above the data."""
        columns = len(self.facts.profile.columns) - sum(bool(new.parts) for new in self.facts.columns.values())
        counted = f"{self.facts.profile.rows} rows, {columns} column{'s' * (columns != 1)}"
        self.add(f"# Inferred from {self.facts.file.name}: {counted}.")
        self.add("# Correct what does not fit; `kspec check --data` reports mismatches between spec and data.")
        self.add("kspec: 1")
        self.add(f"name: {self._spec_name()}")
        doubt = f"; {self.roles.doubt}" if self.roles.doubt else ""
        self.add(f"task: {self.roles.task}", f"`{self.roles.target.name}` {self.roles.why}{doubt}")
        self.add("seed: 0", "determines split, weights, shuffling and dropout")

    def _spec_name(self) -> str:
        return re.sub(r"[^A-Za-z0-9_-]+", "_", self.facts.file.stem).strip("_-") or "model"

    def source(self) -> None:
        """The source with its options, and the columns that are not used."""
        notes = _WHY_OPTION | dict(self.facts.notes)
        self.add()
        self.add("data:")
        if self.facts.options:
            self.add(f"  {self.facts.profile.source}:")
            self.add(f"    path: {to_yaml(self.facts.path)}")
            for key, value in self.facts.options.items():
                why = notes.get(key, "") if (key, value) != ("header", True) else "names stand in the first line"
                self.add(f"    {key}: {to_yaml(value)}", why)
        else:
            self.add(f"  {self.facts.profile.source}: {to_yaml(self.facts.path)}")
        files = {self.column(one.name): one.type for one in self.roles.files}
        if files and self.facts.profile.source not in SELF_READ:
            self.add_long(f"  read: {to_yaml(files)}")
        used = {name for name in self.facts.columns if name not in self.roles.unused or name == self.roles.time}
        new = [*(column for name, column in self.facts.columns.items() if name in used), *self.new]
        if new:
            self.add("  columns:")
            for column in new:
                self.add(f"    {to_yaml(column.name)}: {_expression(column.expression)}", column.why)
        if self.facts.where:
            self.add(f"  where: {_expression(self.facts.where)}", "without the totals below the table")
        for name, reason in self.roles.unused.items():
            use = "no input" if name == self.roles.time else "not used"
            self.add(f"  # `{name}` is {use}: {reason}")

    def encoded(self, name: str, columns: Sequence[ColumnProfile]) -> str:
        """Adds the layers that turn an input of rows into numbers; returns the name of the last one.

        Args:
            name: The input.
            columns: Its columns.
        """
        several, column = self.has_branches, columns[0]
        if columns is self.roles.numbers:
            node = self.name(f"{name}_scaled")
            comment = "learns mean and variance from the training rows"
            self.entry("Normalization", "", name, node, several, comment)
        elif column in self.roles.files:
            node = self.name(f"{name}_vector")
            self.chain(file_layers(column.type, self.facts.shapes[column.name]), name, node)
        elif name in self.arrays:
            node = self.name(f"{name}_vector")
            self.chain(self.arrays[name].layers, name, node)
        elif column in self.roles.texts:
            words, node = self.name(f"{name}_words"), self.name(f"{name}_vector")
            self.entry(
                "TextVectorization",
                f"{{max_tokens: 5000, output_sequence_length: {self._length(column)}}}",
                name,
                words,
                True,
            )
            self.entry("Embedding", f"{{input_dim: {{vocabulary_of: {words}}}, output_dim: 32}}", "", "", False)
            self.entry("GlobalAveragePooling1D", "", "", node, several)
        elif (column.distinct or 0) <= ONE_HOT:
            node = self.name(f"{name}_code")
            comment = "one-hot, vocabulary learned from the training rows"
            self.entry("StringLookup", "{output_mode: one_hot}", name, node, several, comment)
        else:
            code, node = self.name(f"{name}_code"), self.name(f"{name}_vector")
            size = min(32, round((column.distinct or 1) ** 0.5) + 1)
            self.entry("StringLookup", "", name, code, True)
            self.entry("Embedding", f"{{input_dim: {{vocabulary_of: {code}}}, output_dim: {size}}}", "", "", False)
            self.entry("Flatten", "", "", node, several)
        return node

    def chain(self, layers: Sequence[NewLayer], source: str, node: str) -> None:
        """Adds layers that follow one another.

        Args:
            layers: The layers.
            source: The node before the first.
            node: The name of the last, which is written where the network has branches.
        """
        for number, layer in enumerate(layers):
            name = layer.name or (node if number == len(layers) - 1 and self.has_branches else "")
            source = source if not number else ""
            self.entry(layer.head, layer.arguments, source, name, bool(source or name), layer.comment)

    def concatenate(self, parts: Sequence[str]) -> None:
        """Joins several nodes; nothing for one, which the next layer follows."""
        if len(parts) > 1:
            self.add("  - Concatenate:")
            self.add_long(f"    from: [{', '.join(parts)}]")

    def target(self, *, scale: str = "") -> None:
        """The target, and why it is that.

        Args:
            scale: On which scale it trains; empty for its own.
        """
        name = to_yaml(self.column(self.roles.target.name))
        why = f"{self.roles.why_target}; --target names another" if self.roles.why_target else ""
        if scale:
            self.add("  targets:")
            self.add(f"    {self.output}: {{column: {name}, scale: {scale}}}", why)
        else:
            self.add(f"  targets: {name}", why)

    def missing(self, rules: Mapping[str, Any]) -> None:
        """What gaps take, by column, so that the first run does not stop at them."""
        if rules:
            self.add_long(f"  missing: {to_yaml({self.column(name): rule for name, rule in rules.items()})}")

    def split(self, more: str = "") -> None:
        """The split by chance, beside the splits that have their own files or arrays.

        Args:
            more: Further settings, with a comma before them.
        """
        if not self.facts.parts:
            validation = 0.2 if self.facts.profile.rows >= FEW_ROWS else 0
            self.add(f"  split: {{validation: {validation}, test: 0.2{more}}}")
        elif "validation" not in self.facts.parts:
            self.add(f"  split: {{validation: 0.2{more}}}", "of the training split")

    def compile(self, *more: str) -> None:
        """The optimizer, and further lines of `compile`."""
        self.add()
        self.add("compile:")
        self.add("  optimizer: {Adam: {learning_rate: 1e-3}}")
        for line in more:
            self.add(f"  {line}")

    def fit(self, *, epochs: int, batch_size: int, patience: int, more: Sequence[tuple[str, str]] = ()) -> None:
        """How the network is trained.

        Args:
            epochs: The most epochs.
            batch_size: The rows of a batch.
            patience: After how many epochs without a better loss training stops; 0 if it never does.
            more: Other lines of `fit`, with comments.
        """
        self.add()
        self.add("fit:")
        self.add(f"  epochs: {epochs}")
        self.add(f"  batch_size: {batch_size}")
        for line, comment in more:
            self.add(f"  {line}", comment)
        if patience:
            self.add("  callbacks:")
            stop = f"{{monitor: val_loss, patience: {patience}, restore_best_weights: true}}"
            self.add(f"    - EarlyStopping: {stop}")

    def _length(self, column: ColumnProfile) -> int:
        """The number of words that nine of ten texts do not exceed, within limits."""
        words = self.facts.hints[column.name].most_words if column.name in self.facts.hints else 100
        return min(max(words, 4), MOST_WORDS)

    def entry(self, head: str, arguments: str, source: str, name: str, beside: bool, comment: str = "") -> None:
        """Adds a layer.

        Args:
            head: The layer.
            arguments: Its arguments; empty for none.
            source: The node before it, which is named where the network has branches.
            name: Its name; empty for none.
            beside: Whether `source` and `name` are written.
            comment: What stands behind it.
        """
        source = source if self.has_branches else ""
        colon = f": {arguments}" if arguments else ":" if beside and (source or name) else ""
        self.add(f"  - {head}{colon}", comment)
        if beside and source:
            self.add(f"    from: {source}")
        if beside and name:
            self.add(f"    name: {name}")
