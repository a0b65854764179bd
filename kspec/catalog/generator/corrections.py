"""The manual part of the catalog: facts that are in no signature or docstring of Keras."""

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
        texts = _read(FOLDER / "words" / f"{kind}.yaml")
        self._words: dict[str, str] = texts.get("arguments", {})
        self._own_words = _spread(texts.get("entries", {}))
        self._summaries: dict[str, str] = texts.get("summaries", {})

    def named_entries(self) -> set[str]:
        """Every entry with a correction."""
        return {*self._entries, *self._own_words, *self._summaries} - set(self.extra)

    def named_arguments(self, entry: str = "") -> set[str]:
        """Every argument with a correction, of one entry or of all."""
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
        """Why a spec cannot set an argument; empty if it can."""
        own = self.of(entry, "skip")
        shared = "" if argument in self.of(entry, "parameters") else self._skip.get(argument, "")
        return str(own.get(argument, shared))

    def either(self, entry: str) -> dict[str, str]:
        """Arguments of a call that take a tensor or a constant, with the constant's type."""
        return {**self._either, **self.of(entry, "either")}

    def type_of(self, entry: str, argument: str, group: str = "parameters") -> str:
        """The type of an argument that a correction states.

        Args:
            entry: The name of the class or function.
            argument: The argument.
            group: `parameters` for its constructor, `constants` for its call.

        Returns:
            The type in the catalog's notation; empty without a correction.
        """
        if own := self.of(entry, group).get(argument):
            return str(own).replace("{rank}", _rank(entry))
        shared = {**self.arguments, **(self.calls | self.either(entry) if group == "constants" else {})}
        return str(shared.get(argument, "")).replace("{rank}", _rank(entry))

    def words(self, entry: str, argument: str) -> str:
        """The description of an argument; empty without a correction."""
        return str(self._own_words.get(entry, {}).get(argument, self._words.get(argument, "")))

    def summary(self, entry: str) -> str:
        """The description of an entry; empty without a correction."""
        return str(self._summaries.get(entry, ""))


class _Loader(yaml.SafeLoader):
    """Rejects duplicate keys and empty values, which YAML accepts silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"{node.start_mark}: duplicate keys: {', '.join(sorted(twice))}")
        if empty := [key.value for key, value in node.value if value.value == ""]:
            raise ValueError(f"{node.start_mark}: keys without a value: {', '.join(empty)}")
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, Any]:
    corrections: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader) if path.exists() else {}
    return corrections


def _spread(entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Separates keys that name several entries, `Dice, Tversky`; an entry may be named by several keys."""
    spread: dict[str, dict[str, Any]] = {}
    for names, value in entries.items():
        for name in names.split(", "):
            entry = spread.setdefault(name, {})
            for key, fact in value.items():
                entry[key] = {**entry.get(key, {}), **fact} if isinstance(fact, dict) else fact
    return spread


def _rank(entry: str) -> str:
    digits = re.search(r"(\d)D", entry)
    return digits[1] if digits else "1..3"


@cache
def corrections(kind: Kind) -> Corrections:
    return Corrections(kind)
