"""Suppressed diagnostics: `# kspec: ignore[KS403]` on a line, and the codes that are selected or ignored.

Errors of syntax, structure, graph and shapes are always reported: such a spec cannot run. Warnings and notes can be
ignored, and so can all diagnostics about semantics (KS4) and data (KS5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kspec.diagnostics import Diagnostic, Report, Source, Span, codes, did_you_mean
from kspec.lint.config import Config, suggest_code

MAX_COMMENTS = 2000
"""How many comments of a text count; others are passed over."""
_MARK = re.compile(r"#[ \t]*kspec:[ \t]*(?P<word>[A-Za-z]+)[ \t]*(?:\[(?P<codes>[^\]\r\n]*)\])?")


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment for kspec.

    Args:
        word: What it asks for; only `ignore` is known.
        word_span: The place of the word.
        codes: Each code as written, with its place; empty for all codes.
    """

    word: str
    word_span: Span
    codes: tuple[tuple[str, Span], ...]


def suppress(
    diagnostics: Iterable[Diagnostic], source: Source, config: Config | None = None, complete: Sequence[str] = ()
) -> list[Diagnostic]:
    """Removes the diagnostics that the user ignores, and adds those about the ignore comments themselves.

    Args:
        diagnostics: Everything found in a spec.
        source: The text of the spec.
        config: The codes that are selected and ignored.
        complete: Prefixes of the codes that have been checked for completely: unused comments for these are reported.

    Returns:
        The remaining diagnostics, sorted.
    """
    config = config or Config()
    report = Report(list(diagnostics))
    _check_comments(source, report)
    if complete:
        _report_unused(source, report, complete)
    return [
        d for d in report.sorted() if not can_be_ignored(d) or (_is_selected(d.code, config) and not _is_ignored(d))
    ]


def can_be_ignored(diagnostic: Diagnostic) -> bool:
    """Whether a user may ignore a diagnostic."""
    return not diagnostic.is_error or diagnostic.code[:3] in ("KS4", "KS5")


def _is_selected(code: str, config: Config) -> bool:
    """Whether the settings select a code: the longest matching prefix decides."""
    select = [""] if config.select is None else config.select
    selected = max((len(prefix) for prefix in select if code.startswith(prefix)), default=None)
    ignored = max((len(prefix) for prefix in config.ignore if code.startswith(prefix)), default=-1)
    return selected is not None and selected > ignored


def _is_ignored(diagnostic: Diagnostic) -> bool:
    """Whether a comment on a diagnostic's line, or on the first line of its entry, ignores it."""
    if diagnostic.code == codes.UNUSED_IGNORE_COMMENT:
        return False
    return any(_covers(comment, diagnostic.code) for comment in _comments_at(diagnostic.span))


def _comments_at(span: Span | None) -> list[_Comment]:
    """The comments that apply to a place."""
    if span is None or not (comments := _comments(span.source)):
        return []
    from kspec.syntax.entries import items_around

    lines = {span.line} | {item.start.line for item in items_around(span)}
    return [comments[line] for line in sorted(lines) if line in comments]


def _covers(comment: _Comment, code: str) -> bool:
    if comment.word != "ignore":
        return False
    return not comment.codes or any(prefix and code.startswith(prefix) for prefix, _ in comment.codes)


def _check_comments(source: Source, report: Report) -> None:
    for comment in _comments(source).values():
        if comment.word != "ignore":
            label = did_you_mean(comment.word, ["ignore"])
            if label:
                report.warning(
                    codes.UNUSED_IGNORE_COMMENT,
                    f"unknown kspec comment `{comment.word}`",
                    comment.word_span,
                    label=label,
                    help="write `# kspec: ignore[KS208]`",
                )
            continue
        for word, span in comment.codes:
            if not codes.matches(word):
                report.warning(
                    codes.UNUSED_IGNORE_COMMENT,
                    f"unknown code `{word}` in an ignore comment",
                    span,
                    label=suggest_code(word),
                    help="write the code of the message to ignore, as in `# kspec: ignore[KS208]`",
                )


def _report_unused(source: Source, report: Report, complete: Sequence[str]) -> None:
    """Reports comments, and codes in them, that no diagnostic needs."""
    needed: dict[Span, list[str]] = {}
    for each in report:
        for comment in _comments_at(each.span) if can_be_ignored(each) else ():
            needed.setdefault(comment.word_span, []).append(each.code)
    for comment in _comments(source).values():
        if comment.word != "ignore":
            continue
        here = needed.get(comment.word_span, [])
        if not comment.codes and not here and "" in complete:
            report.warning(
                codes.UNUSED_IGNORE_COMMENT,
                "unused ignore comment: there is nothing to ignore here",
                comment.word_span,
                help="remove the comment",
            )
        for word, span in comment.codes:
            known = codes.matches(word) and word.startswith(tuple(complete))
            if known and not any(code.startswith(word) for code in here):
                report.warning(
                    codes.UNUSED_IGNORE_COMMENT,
                    f"unused ignore comment: no {word} is reported here",
                    span,
                    help="remove it",
                )


@lru_cache(maxsize=4)
def _comments(source: Source) -> Mapping[int, _Comment]:
    """The comments for kspec, by line."""
    if "kspec:" not in source.text or not _MARK.search(source.text):
        return {}
    from kspec.syntax.comments import comment_column

    comments: dict[int, _Comment] = {}
    for number, line in enumerate(source.lines, start=1):
        column = comment_column(source, number) if "kspec:" in line else None
        mark = None if column is None else _MARK.search(line, column)
        if mark is not None:
            comments[number] = _comment(source, number, mark)
            if len(comments) == MAX_COMMENTS:
                break
    return comments


def _comment(source: Source, number: int, mark: re.Match[str]) -> _Comment:
    def place(start: int, end: int) -> Span:
        return Span(source, number, start + 1, number, end + 1)

    offset = mark.start("codes")
    words = [
        (word[0], place(offset + word.start(), offset + word.end()))
        for word in re.finditer(r"[^\s,]+", mark["codes"] or "")
    ]
    return _Comment(mark["word"], place(mark.start("word"), mark.end("word")), tuple(words))
