"""Writes a commented spec for lists with a label for each item: words and their tags."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from kspec.analysis.data_profile import ColumnProfile
from kspec.data.lists.columns import split_texts
from kspec.data.profile.item_hints import ItemHints, item_hints
from kspec.data.table import Column, Table
from kspec.rewrite.array_layers import LONGEST, token_layers, token_setting, token_shape
from kspec.rewrite.file_layers import NewLayer
from kspec.rewrite.spec_writer import SpecWriter, TableFacts
from kspec.rewrite.table_inference import TableRoles
from kspec.syntax.yaml_flow import to_yaml

MOST_TAGS = 100
FEW_WORDS = 3
"""The median number of words from which texts can be sentences, and sentences have tags."""
PAIRED = 0.95
"""The share of rows in which there are as many tags as words."""
_TAGS = re.compile(r"(^|_)(tags?|labels?|pos|ner|chunks?|slots?|y|targets?)(_|$)", re.IGNORECASE)


class TaggedLists(NamedTuple):
    """A table of lists with a label for each item.

    Args:
        items: The column of items, such as words.
        tags: The column of their labels.
        sep: What separates them in a cell; None of lists.
        hints: What is known of the items.
    """

    items: str
    tags: str
    sep: str | None
    hints: ItemHints


def find_tags(table: Table, target: str | None) -> TaggedLists | None:
    """The columns of items and of their labels; None if there are none.

    Args:
        table: The table.
        target: The column to predict, if the user named it.
    """
    lists = {name: column for name, column in table.columns.items() if _has_items(column)}
    found = _pair(lists, target, None)
    if found is not None or lists:
        return found
    texts = {
        name: split_texts(column, " ")
        for name, column in table.columns.items()
        if column.kind == "text" and column.values.ndim == 1 and not column.missing.any()
    }
    split = {name: column for name, column in texts.items() if _has_items(column, FEW_WORDS)}
    return _pair(split, target, " ")


def _has_items(column: Column, fewest: int = 1) -> bool:
    """Whether a column has lists of single texts or indices, at least half of them of some length.

    Args:
        column: The column.
        fewest: That length.
    """
    import numpy

    hints = item_hints(column)
    if hints is None or hints.width or hints.kind == "float" or column.missing.any():
        return False
    is_text = hints.kind == "text" or column.kind == "list"
    return is_text and bool(numpy.median([len(row) for row in column.values]) >= fewest)


def _pair(columns: dict[str, Column], target: str | None, sep: str | None) -> TaggedLists | None:
    """The items and labels among columns of lists; None if no two belong together.

    Args:
        columns: The columns.
        target: The column to predict, if the user named it.
        sep: As in `TaggedLists`.
    """
    hints = {name: found for name, column in columns.items() if (found := item_hints(column)) is not None}
    tags = [name for name, own in hints.items() if own.distinct <= MOST_TAGS and own.are_repeated and own.distinct > 1]
    tags.sort(key=lambda name: _TAGS.search(name) is None)
    for name in [target] if target is not None else tags:
        if name not in tags:
            continue
        others = [other for other in columns if other != name and _are_paired(columns[name], columns[other])]
        others = [other for other in others if hints[other].distinct >= hints[name].distinct or target is not None]
        if others:
            items = max(others, key=lambda other: (hints[other].kind == "text", hints[other].distinct))
            return TaggedLists(items, name, sep, hints[items])
    return None


def _are_paired(one: Column, other: Column) -> bool:
    """Whether the lists of two columns have the same lengths."""
    same = sum(len(a) == len(b) for a, b in zip(one.values, other.values, strict=True))
    return same >= PAIRED * len(one.values)


def tags_spec(facts: TableFacts, found: TaggedLists) -> str:
    """The text of a spec that labels each item of a list.

    Args:
        facts: The table.
        found: Its columns of items and labels.
    """
    target = facts.profile.column(found.tags)
    assert target is not None
    roles = TableRoles(target, "", "multiclass_classification", f"has a label for each item of `{found.items}`")
    for column in facts.profile.columns:
        if column.name not in (found.items, found.tags):
            roles.unused[column.name] = "it is no list of items or labels"
    return _TagsWriter(facts, roles, found).write()


class _TagsWriter(SpecWriter):
    def __init__(self, facts: TableFacts, roles: TableRoles, found: TaggedLists) -> None:
        super().__init__(facts, roles)
        self.found = found
        self.length = min(found.hints.longest, LONGEST)
        self.input = self.name(found.items)
        items: list[ColumnProfile] = [column for column in facts.profile.columns if column.name == found.items]
        self.inputs[self.input] = (items, token_shape(found.hints, self.length))

    def _data(self) -> None:
        sep: dict[str, Any] = {} if self.found.sep is None else {"sep": self.found.sep}
        setting = {"column": self.found.items, **token_setting(self.found.hints, self.length), **sep}
        self.add_long(f"  inputs: {to_yaml({self.input: setting})}")
        self.add_long(f"  targets: {to_yaml({self.output: {'column': self.found.tags, **sep}})}")
        self.split()

    def _layers(self) -> None:
        self.add()
        self.add("layers:")
        layers = token_layers(self.found.hints, self.name)
        layers += [NewLayer("Bidirectional", "{layer: {LSTM: {units: 32, return_sequences: true}}}")]
        layers += [NewLayer("Dropout", "{rate: 0.2}")]
        self.chain(layers, self.input, "")
        self.entry("Dense", f"{{units: {{classes_of: {self.output}}}, activation: softmax}}", "", self.output, True)

    def _training(self) -> None:
        self.compile()
        self.fit(epochs=50, batch_size=16, patience=8)
