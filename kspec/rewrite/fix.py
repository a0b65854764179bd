"""A spec's text → the same with the edits applied that its diagnostics carry; every other character stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kspec.diagnostics import Diagnostic, Report, Source, codes
from kspec.rewrite.atomic_write import diff, replace_text
from kspec.rewrite.edits import Change, Offsets, applied, overlap
from kspec.syntax import read_source

if TYPE_CHECKING:
    from kspec.compiler.check import CheckResult

MAX_ROUNDS = 100
"""What an edit lays bare may have an edit of its own; no sound spec needs as many rounds."""

Look = Callable[[Source], "CheckResult"]
"""What is to be said of a text."""

_STANDING = (codes.UNDEFINED_VARIABLE, codes.INVALID_EXPRESSION, codes.INVALID_OVERRIDE)
"""Codes of the syntax family that a text can have and still be read to its end."""


@dataclass(slots=True)
class Fixed:
    """A text, as it was and as it is.

    Args:
        cured: What the edits were for, in the order applied.
        left: What there is to say of the new text.
    """

    before: Source
    after: Source
    cured: list[Diagnostic]
    left: CheckResult

    def account(self) -> Iterator[str]:
        """A line for each problem that is gone, and how many they are."""
        name = self.after.name
        for problem in self.cured:
            line = problem.span.line if problem.span else 1
            yield f"{name}:{line}: fixed {problem.code}: {problem.message}"
        count = len(self.cured)
        yield f"{name}: {count} problem{'' if count == 1 else 's'} fixed"

    def diff(self) -> str:
        """The changes, as `diff -u` shows them."""
        return diff(self.before, self.after.text)


def fix(source: Source, look: Look) -> Fixed:
    """Applies all edits that do not overlap, again and again until none is left that does good.

    An edit that would leave the spec with more errors than it had, or with the same one in other words, is not applied,
    unless the reader gets further for it: a misspelt `layers:` hides all that is wrong with the layers.
    """
    return _Fixing(source, look).fixed()


def fix_file(path: str | os.PathLike[str], look: Look) -> Fixed | None:
    """The same for a file, which is not written; None where it cannot be read."""
    source = read_source(path, Report())
    return None if source is None else fix(source, look)


def write_fixed(fixed: Fixed) -> None:
    """Puts the new text in the file's place at one stroke; encoding, byte order mark and permissions stay.

    Raises:
        OSError: when it cannot be written, or has changed since it was read.
    """
    replace_text(fixed.before, fixed.after.text)


@dataclass(slots=True)
class _Fixing:
    source: Source
    look: Look
    refused: set[tuple[str, ...]] = field(default_factory=set)
    """Edits that did no good, by what they were for."""

    def fixed(self) -> Fixed:
        before, cured = self.source, []
        seen = self.look(self.source)
        texts = {self.source.text}
        for _ in range(MAX_ROUNDS):
            batch = self._apart(seen.diagnostics)
            if not batch:
                break
            better = self._better(batch, seen, texts)
            if better is not None:
                self.source, seen, done = better
                texts.add(self.source.text)
                cured += done
        return Fixed(before, self.source, cured, seen)

    def _apart(self, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Problems whose edits do not overlap: of two that do, the first; the other's turn comes when it is gone."""
        offsets = Offsets(self.source)
        taken: dict[Change, None] = {}
        chosen = []
        for diagnostic in diagnostics:
            edits = offsets.changes(diagnostic.edits)
            if not edits or self._key(diagnostic) in self.refused:
                continue
            new = [edit for edit in edits if edit not in taken]
            if not any(overlap(edit, other) for edit in new for other in taken):
                taken.update(dict.fromkeys(new))
                chosen.append(diagnostic)
        return chosen

    def _better(
        self, batch: list[Diagnostic], seen: CheckResult, texts: set[str]
    ) -> tuple[Source, CheckResult, list[Diagnostic]] | None:
        """The text with the edits of a batch, or of a part of it where all together do harm."""
        edits = Offsets(self.source).changes([edit for diagnostic in batch for edit in diagnostic.edits])
        source = Source(self.source.name, applied(self.source.text, edits))
        if source.text not in texts:
            found = self.look(source)
            if _does_good(seen, found, batch):
                return source, found, batch
        if len(batch) == 1:
            self.refused.add(self._key(batch[0]))
            return None
        half = len(batch) // 2
        return self._better(batch[:half], seen, texts) or self._better(batch[half:], seen, texts)

    def _key(self, diagnostic: Diagnostic) -> tuple[str, ...]:
        line = self.source.line(diagnostic.span.line) if diagnostic.span else ""
        return (diagnostic.code, diagnostic.message, line, *(edit.replacement for edit in diagnostic.edits))


def _does_good(before: CheckResult, after: CheckResult, batch: Sequence[Diagnostic]) -> bool:
    if _depth(after) != _depth(before):
        return _depth(after) > _depth(before)
    gone = sum(diagnostic.is_error for diagnostic in batch) if len(batch) > 1 else 0
    if _errors(after) > _errors(before) - gone:
        return False
    return len(after.diagnostics) < len(before.diagnostics) or not _is_still_there(batch, after)


def _is_still_there(batch: Sequence[Diagnostic], after: CheckResult) -> bool:
    """Whether one of the problems has only changed its words."""
    said = {(d.code, d.span.line, d.span.column) for d in after.diagnostics if d.span}
    return any(d.span is not None and (d.code, d.span.line, d.span.column) in said for d in batch)


def _errors(seen: CheckResult) -> int:
    return sum(diagnostic.is_error for diagnostic in seen.diagnostics)


def _depth(seen: CheckResult) -> int:
    """How far a text was understood: as YAML, as a spec, as a graph."""
    if any(d.is_error and d.code.startswith("KS0") and d.code not in _STANDING for d in seen.diagnostics):
        return 0
    if seen.spec is None:
        return 1
    return 2 if seen.analysis is None or seen.analysis.settings is None else 3
