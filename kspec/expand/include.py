"""`include`: the variables, blocks and sub-models of other files, brought into a document; its own win."""

from __future__ import annotations

import os
from pathlib import Path as File
from typing import Any

from kspec.diagnostics import Path, Report, Span, codes, nearest
from kspec.syntax.parse import Tree, parse
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.source import read_source

SHARED = ("vars", "blocks", "models")
"""What one file can take from another."""
_OTHER = ("kspec", "name", "description", "include")
"""What may stand in an included file beside that."""


def include(tree: Tree, report: Report, policy: PathPolicy) -> None:
    """Adds to a document what its `include` names, as if it stood above its own.

    Args:
        policy: What the document may read.
    """
    if isinstance(tree.value, dict) and "include" in tree.value:
        _Including(report, policy).into(tree, (os.path.realpath(tree.positions.whole.source.name),))


class _Including:
    def __init__(self, report: Report, policy: PathPolicy) -> None:
        self.report = report
        self.policy = policy

    def into(self, tree: Tree, way: tuple[str, ...]) -> None:
        """Takes in what a document includes, the files' own includes first.

        Args:
            way: The files that include one another down to this one, itself last.
        """
        said = tree.value.get("include")
        items: list[tuple[Any, Path]] = [(said, ("include",))] if isinstance(said, str) else []
        if isinstance(said, list):
            items = [(item, ("include", index)) for index, item in enumerate(said)]
        taken: dict[str, dict[str, Any]] = {word: {} for word in SHARED}
        for item, path in items:
            other = self._read(item, tree, path, way) if isinstance(item, str) else None
            if other is None:
                continue
            for word in SHARED:
                given = other.value.get(word)
                for name, value in given.items() if isinstance(given, dict) else ():
                    taken[word][name] = value
                    self._take_places(tree, other, (word, name), own=tree.value.get(word))
        for word, found in taken.items():
            own = tree.value.get(word)
            if found and (own is None or isinstance(own, dict)):
                tree.value[word] = {**found, **(own or {})}

    def _read(self, text: str, tree: Tree, path: Path, way: tuple[str, ...]) -> Tree | None:
        span = tree.positions.value(path)
        file = File(os.path.abspath(span.source.name)).parent / text
        target = os.path.realpath(file)
        problem = self.policy.reading_problem(text, file)
        if problem is not None:
            problem.report(self.report, span)
            return None
        if target in way:
            circle = " → ".join(f"`{File(name).name}`" for name in (*way[way.index(target) :], target))
            self._error(f"`{text}` includes itself", span, help=f"the way there: {circle}")
            return None
        if not file.is_file():
            known = [entry.name for entry in file.parent.iterdir()] if file.parent.is_dir() else []
            meant = nearest(file.name, known)
            self._error(f"file `{text}` not found", span, label=f"did you mean `{meant}`?" if meant else "")
            return None
        reading = Report()
        source = read_source(_shown(file), reading)
        for found in reading:
            self._error(f"`{text}` cannot be included: {found.message}", span, help=found.help)
        other = None if source is None else parse(source, self.report)
        if other is None:
            return None
        if not isinstance(other.value, dict):
            self._error(f"`{text}` is no mapping of sections", span, help="it holds `vars:`, `blocks:` and `models:`")
            return None
        for key in other.value:
            if key not in (*SHARED, *_OTHER):
                self._error(f"`{key}` of another file cannot be included", other.positions.key((key,)),
                            help=f"what can be shared: {', '.join(SHARED)}")  # fmt: skip
        self.into(other, (*way, target))
        return other

    def _take_places(self, tree: Tree, other: Tree, path: Path, own: Any) -> None:
        """Brings the places of what is taken in, where the document has none of that name itself."""
        if isinstance(own, dict) and path[-1] in own:
            return
        for word in ("keys", "values", "variables"):
            places, theirs = getattr(tree.positions, word), getattr(other.positions, word)
            for old in [old for old in places if old[:2] == path]:
                del places[old]
            places.update({old: place for old, place in theirs.items() if old[:2] == path})
        tree.positions.keys.setdefault(path[:1], other.positions.key(path[:1]))

    def _error(self, message: str, span: Span, **more: Any) -> None:
        self.report.error(codes.INVALID_INCLUDE, message, span, **more)


def _shown(file: File) -> str:
    """A file as one would name it: relative, where it lies below the working directory."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative
