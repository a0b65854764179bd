"""What a user does not want to hear: `# kspec: ignore[KS403]` on a line, codes that are selected or ignored.

Errors of syntax, structure, graph and shapes are always told: what they speak of cannot run. Warnings and notes can be
silenced, and so can the rules of meaning (KS4) and of the data (KS5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kspec.diagnostics import Diagnostic, Report, Source, Span, codes, did_you_mean
from kspec.lint.config import Config, is_known, meant

_MARK = re.compile(r"#[ \t]*kspec:[ \t]*(?P<word>[A-Za-z]+)[ \t]*(?:\[(?P<codes>[^\]\r\n]*)\])?")


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment that speaks to us.

    Args:
        codes: Each as written, with its place; empty for all codes.
    """

    word: str
    word_span: Span
    codes: tuple[tuple[str, Span], ...]


def silence(
    diagnostics: Iterable[Diagnostic], source: Source, config: Config | None = None, complete: Sequence[str] = ()
) -> list[Diagnostic]:
    """The diagnostics that remain, sorted; and what is wrong with the comments that should silence some.

    Args:
        source: The text of the spec.
        config: The codes that are selected and ignored.
        complete: How the codes begin of which all there is has been found, so that a comment for others is of no use.
    """
    config = config or Config()
    report = Report(list(diagnostics))
    _check_comments(source, report)
    if complete:
        _tell_of_no_use(source, report, complete)
    return [d for d in report.sorted() if not can_be_silenced(d) or (_is_wanted(d.code, config) and not _is_ignored(d))]


def can_be_silenced(diagnostic: Diagnostic) -> bool:
    """Whether a user may say that it does not matter."""
    return not diagnostic.is_error or diagnostic.code[:3] in ("KS4", "KS5")


def _is_wanted(code: str, config: Config) -> bool:
    """Of what selects it and what ignores it, the longer wins."""
    select = [""] if config.select is None else config.select
    selected = max((len(word) for word in select if code.startswith(word)), default=None)
    ignored = max((len(word) for word in config.ignore if code.startswith(word)), default=-1)
    return selected is not None and selected > ignored


def _is_ignored(diagnostic: Diagnostic) -> bool:
    """Whether a comment on its line, or on the first of the entry that it stands in, silences it."""
    if diagnostic.code == codes.UNUSED_IGNORE_COMMENT:  # a comment does not silence what is said of it
        return False
    return any(_covers(comment, diagnostic.code) for comment in _comments_at(diagnostic.span))


def _comments_at(span: Span | None) -> list[_Comment]:
    """The comments that speak of a place."""
    if span is None or not (comments := _comments(span.source)):
        return []
    from kspec.syntax.entries import items

    place = (span.line, span.column)
    lines = {span.line} | {item.start.line for item in items(span.source) if item.start <= place <= item.end}
    return [comments[line] for line in sorted(lines) if line in comments]


def _covers(comment: _Comment, code: str) -> bool:
    if comment.word != "ignore":
        return False
    return not comment.codes or any(word and code.startswith(word) for word, _ in comment.codes)


def _check_comments(source: Source, report: Report) -> None:
    for comment in _comments(source).values():
        if comment.word != "ignore":
            label = did_you_mean(comment.word, ["ignore"])
            if label:
                report.warning(
                    codes.UNUSED_IGNORE_COMMENT,
                    f"`{comment.word}` says nothing to kspec",
                    comment.word_span,
                    label=label,
                    help="write `# kspec: ignore[KS208]`",
                )
            continue
        for word, span in comment.codes:
            if not is_known(word):
                report.warning(
                    codes.UNUSED_IGNORE_COMMENT,
                    f"no code is called `{word}`, so this silences nothing",
                    span,
                    label=meant(word),
                    help="write the code that the message begins with, as in `# kspec: ignore[KS208]`",
                )


def _tell_of_no_use(source: Source, report: Report, complete: Sequence[str]) -> None:
    """Warns of comments, and of codes in them, that silence nothing any more."""
    found = [(each.code, comment) for each in report if can_be_silenced(each) for comment in _comments_at(each.span)]
    for comment in _comments(source).values():
        if comment.word != "ignore":
            continue
        here = [code for code, other in found if other == comment]
        if not comment.codes and not here and "" in complete:
            report.warning(
                codes.UNUSED_IGNORE_COMMENT,
                "there is nothing here to silence",
                comment.word_span,
                help="take the comment out",
            )
        for word, span in comment.codes:
            known = is_known(word) and word.startswith(tuple(complete))
            if known and not any(code.startswith(word) for code in here):
                report.warning(
                    codes.UNUSED_IGNORE_COMMENT, f"there is no {word} here to silence", span, help="take it out"
                )


@lru_cache(maxsize=4)
def _comments(source: Source) -> Mapping[int, _Comment]:
    """The comments that speak to us, by line."""
    if "kspec:" not in source.text or not _MARK.search(source.text):
        return {}
    from kspec.syntax.comments import comment_column

    found: dict[int, _Comment] = {}
    for number, line in enumerate(source.lines, start=1):
        for mark in _MARK.finditer(line) if "kspec:" in line else ():
            column = comment_column(source, number)
            if column is not None and column <= mark.start():
                found[number] = _comment(source, number, mark)
                break
    return found


def _comment(source: Source, number: int, mark: re.Match[str]) -> _Comment:
    def place(start: int, end: int) -> Span:
        return Span(source, number, start + 1, number, end + 1)

    offset = mark.start("codes")
    codes = [
        (word[0], place(offset + word.start(), offset + word.end()))
        for word in re.finditer(r"[^\s,]+", mark["codes"] or "")
    ]
    return _Comment(mark["word"], place(mark.start("word"), mark.end("word")), tuple(codes))
