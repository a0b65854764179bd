"""The hand-kept part of the catalog: what neither a signature nor a docstring of Keras says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kspec.catalog.entry import Kind

FOLDER = Path(__file__).parent.parent / "corrections"


class Corrections:
    """The corrections of one kind.

    >>> Corrections("layer").type_of("Conv2D", "kernel_size")
    'int>=1|[int>=1;2]'
    """

    def __init__(self, kind: Kind) -> None:
        raw = _read(FOLDER / f"{kind}.yaml")
        self.arguments: dict[str, Any] = raw.get("arguments", {})
        self.calls: dict[str, Any] = raw.get("calls", {})
        self.extra: dict[str, dict[str, Any]] = raw.get("extra", {})
        self.lists: dict[str, Any] = dict.fromkeys(raw.get("lists", ()))
        self.tensors: dict[str, Any] = dict.fromkeys(raw.get("tensors", ()))
        self._either: dict[str, str] = raw.get("either", {})
        self._skip: dict[str, str] = raw.get("skip", {})
        self._entries = _spread(raw.get("entries", {}))
        said = _read(FOLDER / "words" / f"{kind}.yaml")
        self._words: dict[str, str] = said.get("arguments", {})
        self._own_words = _spread(said.get("entries", {}))
        self._summaries: dict[str, str] = said.get("summaries", {})

    def named_entries(self) -> set[str]:
        """Every entry that something is said of."""
        return {*self._entries, *self._own_words, *self._summaries} - set(self.extra)

    def named_arguments(self, entry: str = "") -> set[str]:
        """Every argument that something is said of, of one entry or wherever it occurs."""
        if entry:
            groups = (
                "parameters",
                "constants",
                "skip",
                "hidden",
                "required",
                "lists",
                "tensors",
                "spread",
                "either",
                "never",
            )
            return {name for group in groups for name in self.of(entry, group)} | set(self._own_words.get(entry, {}))
        shared = (self.arguments, self.calls, self.tensors, self.lists, self._either, self._skip, self._words)
        return {name for group in shared for name in group}

    def of(self, entry: str, key: str) -> Any:
        return self._entries.get(entry, {}).get(key, {})

    def refused(self, entry: str) -> str:
        return str(self._entries.get(entry, {}).get("refused", ""))

    def skip(self, entry: str, argument: str) -> str:
        """Why an argument is not offered; empty when it is."""
        own = self.of(entry, "skip")
        shared = "" if argument in self.of(entry, "parameters") else self._skip.get(argument, "")
        return str(own.get(argument, shared))

    def either(self, entry: str) -> dict[str, str]:
        """Parameters of a call that take a tensor or a constant, with the constant's type."""
        return {**self._either, **self.of(entry, "either")}

    def type_of(self, entry: str, argument: str, group: str = "parameters") -> str:
        """The type in our notation; empty where nothing is said."""
        if own := self.of(entry, group).get(argument):
            return str(own).replace("{rank}", _rank(entry))
        shared = {**self.arguments, **(self.calls | self.either(entry) if group == "constants" else {})}
        return str(shared.get(argument, "")).replace("{rank}", _rank(entry))

    def words(self, entry: str, argument: str) -> str:
        """What an argument means; empty where nothing is said."""
        return str(self._own_words.get(entry, {}).get(argument, self._words.get(argument, "")))

    def summary(self, entry: str) -> str:
        """What an entry is; empty where nothing is said."""
        return str(self._summaries.get(entry, ""))


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, or without a value, which YAML would take in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"{node.start_mark}: twice: {', '.join(sorted(twice))}")
        if empty := [key.value for key, value in node.value if value.value == ""]:
            raise ValueError(f"{node.start_mark}: no value: {', '.join(empty)}")
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader) if path.exists() else {}
    return found


def _spread(entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A key may name several entries, `Dice, Tversky`, and an entry be named by several keys."""
    found: dict[str, dict[str, Any]] = {}
    for names, value in entries.items():
        for name in names.split(", "):
            mine = found.setdefault(name, {})
            for key, given in value.items():
                mine[key] = {**mine.get(key, {}), **given} if isinstance(given, dict) else given
    return found


def _rank(entry: str) -> str:
    digits = re.search(r"(\d)D", entry)
    return digits[1] if digits else "1..3"


@cache
def corrections(kind: Kind) -> Corrections:
    return Corrections(kind)
