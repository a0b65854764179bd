"""Writes a commented spec for pictures of short texts, such as captchas: a network that reads them by CTC."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from kspec.analysis.data_profile import DataProfile
from kspec.data.profile.hints import ColumnHints
from kspec.data.table import Table
from kspec.rewrite.file_layers import BYTE, NewLayer
from kspec.rewrite.spec_writer import SpecWriter, TableFacts
from kspec.rewrite.table_inference import TableRoles
from kspec.syntax.yaml_flow import to_yaml

SHORTEST, LONGEST_LABEL = 2, 20
MOST_LETTERS = 100
OFTEN = 4
"""How often a letter of the alphabet occurs in the mean."""
TALLEST, WIDEST = 64, 256
"""The sides of a picture that is read."""
_NAMED = re.compile(r"(^|_)(label|text|captcha|word|code|plate|transcription|transcript|string|number)(_|$)", re.I)


def find_label(table: Table, profile: DataProfile, hints: Mapping[str, ColumnHints], target: str | None) -> str | None:
    """The column of the texts that pictures show; None if there is none.

    Args:
        table: The table.
        profile: Its profile.
        hints: By column, what the order of its rows tells.
        target: The column to predict, if the user named it.
    """
    pictures = [column.name for column in profile.columns if column.type == "image"]
    if len(pictures) != 1:
        return None
    labels = [
        column.name
        for column in profile.columns
        if column.type in ("text", "integer")
        and target in (None, column.name)
        and (target is not None or _NAMED.search(column.name))
        and not hints.get(column.name, ColumnHints()).is_row_number
        and (column.distinct or 0) * 2 > profile.rows - column.missing
        and not column.missing
        and _are_labels(table.columns[column.name].texts().tolist())
    ]
    return labels[0] if labels else None


def _are_labels(texts: list[Any]) -> bool:
    """Whether texts are short, of letters that recur, and no numbers in a row."""
    words = [str(text) for text in texts]
    if any(not SHORTEST <= len(word) <= LONGEST_LABEL or " " in word for word in words):
        return False
    letters = Counter("".join(words))
    if len(letters) > MOST_LETTERS or sum(letters.values()) < OFTEN * len(letters):
        return False
    numbers = sorted(int(word) for word in words if word.isdecimal())
    return len(numbers) < len(words) or numbers[-1] - numbers[0] >= 2 * len(numbers)


def captcha_spec(facts: TableFacts, label: str) -> str:
    """The text of a spec that reads the text in a picture.

    Args:
        facts: The table.
        label: The column of the texts.
    """
    target = facts.profile.column(label)
    assert target is not None
    roles = TableRoles(target, "", "multiclass_classification", "is the text in the picture")
    for column in facts.profile.columns:
        if column.type == "image":
            roles.files.append(column)
        elif column is not target:
            roles.unused[column.name] = "the picture does not show it"
    return _CaptchaWriter(facts, roles).write()


class _CaptchaWriter(SpecWriter):
    def __init__(self, facts: TableFacts, roles: TableRoles) -> None:
        super().__init__(facts, roles)
        size = height, width = facts.shapes[roles.files[0].name][:2]
        shrunk = min(1.0, TALLEST / height, WIDEST / width)
        self.height, self.width = (max(4, round(side * shrunk / 4) * 4) for side in size)
        self.input = self.name(roles.files[0].name)
        self.inputs[self.input] = (roles.files, f"{{shape: [{self.height}, {self.width}, 1]}}")

    def _data(self) -> None:
        self.add(f"  inputs: {to_yaml(self.column(self.roles.files[0].name))}")
        through = {"TextVectorization": {"split": "character", "standardize": None}}
        label = {"column": self.column(self.roles.target.name), "through": through}
        self.add_long(f"  targets: {to_yaml({self.output: label})}")
        self.split()

    def _layers(self) -> None:
        convolution = "{{filters: {}, kernel_size: 3, padding: same, activation: relu}}"
        layers = [
            NewLayer("Rescaling", f"{{scale: {BYTE}}}", "from 0 to 255 to from 0 to 1"),
            NewLayer("Conv2D", convolution.format(32)),
            NewLayer("MaxPooling2D"),
            NewLayer("Conv2D", convolution.format(64)),
            NewLayer("MaxPooling2D", "{pool_size: [2, 1]}"),
            NewLayer("Permute", "{dims: [2, 1, 3]}", "a step for each place from left to right"),
            NewLayer("Reshape", f"{{target_shape: [{self.width // 2}, {self.height // 4 * 64}]}}"),
            NewLayer("Dense", "{units: 64, activation: relu}"),
            NewLayer("Dropout", "{rate: 0.2}"),
            NewLayer("Bidirectional", "{layer: {LSTM: {units: 64, return_sequences: true}}}"),
        ]
        self.add()
        self.add("layers:")
        self.chain(layers, self.input, "")
        self.add(f"  - Dense: {{units: {{classes_of: {self.output}}}}}", "a unit for each letter, and the blank")
        self.add(f"    name: {self.output}")

    def _training(self) -> None:
        self.compile("loss: ctc")
        self.fit(epochs=100, batch_size=16, patience=10)
