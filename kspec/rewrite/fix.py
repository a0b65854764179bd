"""Fixes a spec: applies the edits that its diagnostics carry; every other character is kept."""

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
"""A fix may reveal the next problem, with a fix of its own; no real spec needs this many rounds."""

CheckSource = Callable[[Source], "CheckResult"]
"""Checks a text."""

_READABLE = (codes.UNDEFINED_VARIABLE, codes.INVALID_EXPRESSION, codes.INVALID_OVERRIDE)
"""Syntax errors after which a text is still read to its end."""


@dataclass(slots=True)
class Fixed:
    """A text before and after fixing.

    Args:
        before: The text as it was.
        after: The fixed text.
        fixed: The diagnostics that were fixed, in the order applied.
        remaining: The check of the fixed text.
    """

    before: Source
    after: Source
    fixed: list[Diagnostic]
    remaining: CheckResult

    def account(self) -> Iterator[str]:
        """A line for each fixed problem, then their number."""
        name = self.after.name
        for problem in self.fixed:
            line = problem.span.line if problem.span else 1
            yield f"{name}:{line}: fixed {problem.code}: {problem.message}"
        count = len(self.fixed)
        yield f"{name}: {count} problem{'' if count == 1 else 's'} fixed"

    def diff(self) -> str:
        """The changes in the format of `diff -u`."""
        return diff(self.before, self.after.text)


def fix(source: Source, check: CheckSource) -> Fixed:
    """Applies all edits that do not overlap, and repeats until no edit improves the spec.

    An edit that would leave the spec with more errors, or with the same one in other words, is not applied, unless more
    of the spec can be read after it: a misspelt `layers:` hides every problem of the layers.
    """
    return _Fixing(source, check).fixed()


def fix_file(path: str | os.PathLike[str], check: CheckSource) -> Fixed | None:
    """Fixes the text of a file without writing it; None if the file cannot be read."""
    source = read_source(path, Report())
    return None if source is None else fix(source, check)


def write_fixed(fixed: Fixed) -> None:
    """Replaces the file atomically; encoding, byte order mark and permissions are kept.

    Raises:
        OSError: If it cannot be written, or has changed since it was read.
    """
    replace_text(fixed.before, fixed.after.text)


@dataclass(slots=True)
class _Fixing:
    source: Source
    check: CheckSource
    refused: set[tuple[str, ...]] = field(default_factory=set)
    """Edits that did not help, by their diagnostic."""

    def fixed(self) -> Fixed:
        before, fixed = self.source, []
        result = self.check(self.source)
        texts = {self.source.text}
        for _ in range(MAX_ROUNDS):
            batch = self._independent(result.diagnostics)
            if not batch:
                break
            better = self._improved(batch, result, texts)
            if better is not None:
                self.source, result, done = better
                texts.add(self.source.text)
                fixed += done
        return Fixed(before, self.source, fixed, result)

    def _independent(self, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
        """The diagnostics whose edits do not overlap; of two that do, the first: the other waits for the next round."""
        offsets = Offsets(self.source)
        planned: dict[Change, None] = {}
        chosen = []
        for diagnostic in diagnostics:
            edits = offsets.changes(diagnostic.edits)
            if not edits or self._key(diagnostic) in self.refused:
                continue
            new = [edit for edit in edits if edit not in planned]
            if not any(overlap(edit, other) for edit in new for other in planned):
                planned.update(dict.fromkeys(new))
                chosen.append(diagnostic)
        return chosen

    def _improved(
        self, batch: list[Diagnostic], before: CheckResult, texts: set[str]
    ) -> tuple[Source, CheckResult, list[Diagnostic]] | None:
        """The text with the edits of a batch applied, or only some of them if all together make things worse."""
        edits = Offsets(self.source).changes([edit for diagnostic in batch for edit in diagnostic.edits])
        source = Source(self.source.name, applied(self.source.text, edits))
        if source.text not in texts:
            result = self.check(source)
            if _is_improvement(before, result, batch):
                return source, result, batch
        if len(batch) == 1:
            self.refused.add(self._key(batch[0]))
            return None
        half = len(batch) // 2
        return self._improved(batch[:half], before, texts) or self._improved(batch[half:], before, texts)

    def _key(self, diagnostic: Diagnostic) -> tuple[str, ...]:
        line = self.source.line(diagnostic.span.line) if diagnostic.span else ""
        return (diagnostic.code, diagnostic.message, line, *(edit.replacement for edit in diagnostic.edits))


def _is_improvement(before: CheckResult, after: CheckResult, batch: Sequence[Diagnostic]) -> bool:
    if _depth(after) != _depth(before):
        return _depth(after) > _depth(before)
    gone = sum(diagnostic.is_error for diagnostic in batch) if len(batch) > 1 else 0
    if _errors(after) > _errors(before) - gone:
        return False
    return len(after.diagnostics) < len(before.diagnostics) or not _is_still_there(batch, after)


def _is_still_there(batch: Sequence[Diagnostic], after: CheckResult) -> bool:
    """Whether one of the problems remains, perhaps with another message."""
    remaining = {(d.code, d.span.line, d.span.column) for d in after.diagnostics if d.span}
    return any(d.span is not None and (d.code, d.span.line, d.span.column) in remaining for d in batch)


def _errors(result: CheckResult) -> int:
    return sum(diagnostic.is_error for diagnostic in result.diagnostics)


def _depth(result: CheckResult) -> int:
    """How far a text could be read: 1 as YAML, 2 as a spec, 3 as a graph."""
    if any(d.is_error and d.code.startswith("KS0") and d.code not in _READABLE for d in result.diagnostics):
        return 0
    if result.spec is None:
        return 1
    return 2 if result.analysis is None or result.analysis.settings is None else 3
